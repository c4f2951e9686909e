import Digest
import JSON
import Model
import Mutants
import Wire

// How a runtime comes (back): who it is, whether its journal still has its memory, and what it says
// of each call it was handed. DESIGN: "delivery, exactly", step 6.

extension Engine {
  mutating func greet(
    _ hello: Hello, _ request: Int, _ link: Link, _ now: Instant, _ effects: inout [EngineEffect]
  ) {
    do {
      try refuseOtherProtocol(hello)
      let (endpoint, credential) = try identify(hello, link, now, &effects)
      try refuseOlder(link, endpoint)
      try admit(hello, request, endpoint, credential, link, now, &effects)
    } catch let refusal as Refusal {
      effects.append(.send(link.id, .refusal(id: request, refusal)))
      closeLink(link.id, refusal.message, now, &effects)
    } catch {
      preconditionFailure("only refusals are thrown here")
    }
  }

  private func refuseOtherProtocol(_ hello: Hello) throws {
    guard
      hello.protocolVersion == Hello.currentProtocol || Mutant.otherProtocolAccepted.isPlanted
    else {
      throw Refusal(
        code: "protocol",
        message: "the control plane speaks protocol \(Hello.currentProtocol), the runtime"
          + " \(hello.protocolVersion); update the older one")
    }
  }

  /// A hello may have been on its way while the endpoint gave its link up, opened another one and went
  /// on there. The journal has grown since, so an old hello would look like one of a rewound journal.
  private func refuseOlder(_ link: Link, _ endpoint: Endpoint) throws {
    guard let newest = endpoint.newestLink, link.id < newest, !Mutant.olderHelloAccepted.isPlanted
    else { return }
    throw Refusal(
      code: "olderLink", message: "the endpoint has opened a newer link since; that one counts")
  }

  // MARK: Identity

  private mutating func identify(
    _ hello: Hello, _ link: Link, _ now: Instant, _ effects: inout [EngineEffect]
  ) throws -> (Endpoint, credential: String?) {
    switch hello.proof {
    case .credential(let id, let secret):
      guard let endpoint = endpoints[id],
        constantTimeEqual(endpoint.credentialHash, SHA256.digest(of: Array(secret.utf8)))
      else {
        throw Refusal(
          code: "notEnrolled",
          message: "this endpoint is not enrolled here, or was removed; join it again with"
            + " \"signalbox-agent run --join-token-file FILE\" and an empty state directory")
      }
      return (endpoint, nil)
    case .joinToken(let token):
      return try join(token, hello, link, now, &effects)
    }
  }

  private mutating func join(
    _ token: String, _ hello: Hello, _ link: Link, _ now: Instant,
    _ effects: inout [EngineEffect]
  ) throws -> (Endpoint, credential: String?) {
    guard constantTimeEqual(joinTokenHash, SHA256.digest(of: Array(token.utf8))) else {
      throw Refusal(
        code: "joinRefused",
        message: "the join token is not the control plane's; copy it anew from its join-token file")
    }
    guard Self.isName(hello.name) else {
      throw Refusal(
        code: "nameRefused",
        message: "an endpoint's name has 1 to 63 letters, digits, dots and hyphens, and begins"
          + " with a letter or digit; choose one with --name")
    }
    if let other = names[hello.name], let known = endpoints[other] {
      // It joined, and was never heard again: its welcome was lost on the way.
      if known.lastContact == nil {
        // The one whose welcome arrived may be the newer one, and its credential has to stay.
        try refuseOlder(link, known)
        return renew(known)
      }
      throw Refusal(
        code: "nameTaken",
        message: "the name \(hello.name) belongs to endpoint \(other); choose another with --name,"
          + " or remove that one with \"signalbox endpoints remove \(hello.name)\"")
    }
    guard endpoints.count < settings.maxEndpoints else {
      throw Refusal(
        code: "limit.endpoints",
        message: "the limit maxEndpoints (\(settings.maxEndpoints)) is met")
    }
    let credential = newSecret()
    let endpoint = Endpoint(
      id: identifiers.next(at: now, random: random.next()), name: hello.name, joinedAt: now,
      credentialHash: SHA256.digest(of: Array(credential.utf8)),
      epoch: identifiers.next(at: now, random: random.next()))
    endpoints[endpoint.id] = endpoint
    names[endpoint.name] = endpoint.id
    return (endpoint, credential)
  }

  /// Gives an endpoint whose welcome was lost another credential. Nothing was handed to it yet:
  /// offers wait for the first answered heartbeat.
  private mutating func renew(_ known: Endpoint) -> (Endpoint, credential: String?) {
    let credential = newSecret()
    var endpoint = Endpoint(
      id: known.id, name: known.name, joinedAt: known.joinedAt,
      credentialHash: SHA256.digest(of: Array(credential.utf8)), epoch: known.epoch)
    endpoint.waiting = known.waiting
    endpoint.held = known.held
    endpoint.newestCall = known.newestCall
    endpoint.link = known.link
    endpoint.newestLink = known.newestLink
    endpoints[endpoint.id] = endpoint
    return (endpoint, credential)
  }

  private static func isName(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    guard (1...63).contains(bytes.count), isAlphanumeric(bytes[0]) else { return false }
    return bytes.allSatisfy {
      isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
    }
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "A")...UInt8(ascii: "Z"):
      true
    default: false
    }
  }

  /// 256 random bits in hexadecimal.
  private mutating func newSecret() -> String {
    var text = ""
    for _ in 0..<4 {
      let digits = String(random.next(), radix: 16)
      text += String(repeating: "0", count: 16 - digits.count) + digits
    }
    return text
  }

  // MARK: Memory

  private mutating func admit(
    _ hello: Hello, _ request: Int, _ known: Endpoint, _ credential: String?, _ link: Link,
    _ now: Instant, _ effects: inout [EngineEffect]
  ) throws {
    var endpoint = known
    var memoryLost: String?
    switch Self.memory(of: hello, against: endpoint) {
    case .kept: break
    case .askProof(let sequence):
      effects.append(.send(link.id, .reply(id: request, .prove(sequence: sequence))))
      return
    case .new:
      // The first hello, or one before anything was handed over under this epoch.
      endpoint.epoch = identifiers.next(at: now, random: random.next())
    case .lost(let why):
      memoryLost = why
      endpoint.epoch = identifiers.next(at: now, random: random.next())
    }
    supersede(endpoint.link, by: link.id, now, &effects)
    endpoint =
      endpoints[endpoint.id].map { current in
        var current = current
        current.epoch = endpoint.epoch
        return current
      } ?? endpoint
    endpoint.seen = hello.head
    endpoint.runtime = hello.runtime
    endpoint.capacity = hello.capacity
    // One that joined and was never heard again has been away since then.
    let heard = max(endpoint.lastContact ?? endpoint.joinedAt, resumedAt ?? endpoint.joinedAt)
    if now - heard >= settings.paceAfterAway { endpoint.pace = Pace(of: now, settings) }
    if credential == nil { endpoint.lastContact = now }
    endpoint.link = link.id
    endpoint.newestLink = link.id
    endpoints[endpoint.id] = endpoint
    measure(endpoint.id, at: now) { $0.opened() }
    settle(hello, endpoint, memoryLost, now, &effects)
    welcome(endpoint, hello, credential, request, link, now, &effects)
  }

  private enum Memory {
    case kept
    case new
    case askProof(sequence: Int)
    case lost(String)
  }

  private static func memory(of hello: Hello, against endpoint: Endpoint) -> Memory {
    guard let epoch = hello.epoch else {
      return endpoint.seen.sequence == 0 && endpoint.handed.isEmpty
        ? .new : .lost("the endpoint's journal is gone: it presented a new one")
    }
    guard epoch == endpoint.epoch || Mutant.staleEpochAccepted.isPlanted else {
      return .lost("the endpoint's journal is of epoch \(epoch), not of \(endpoint.epoch)")
    }
    let seen = endpoint.seen
    if hello.head.sequence < seen.sequence {
      if Mutant.rewoundJournalAccepted.isPlanted || Mutant.absenceAfterAcknowledgement.isPlanted {
        return .kept
      }
      return .lost(
        "the endpoint's journal was rewound: it ends at row \(hello.head.sequence), and row"
          + " \(seen.sequence) was seen")
    }
    if hello.head.sequence == seen.sequence {
      return hello.head.hash == seen.hash
        ? .kept : .lost("the endpoint's journal has another row \(seen.sequence) than was seen")
    }
    if seen.sequence == 0 { return .kept }
    // A proof of another row was asked for before more was seen.
    guard let row = hello.provenRow, [0, seen.sequence].contains(row.sequence) else {
      return .askProof(sequence: seen.sequence)
    }
    if row.sequence == 0 {
      return .lost("the endpoint's journal does not have row \(seen.sequence) any more")
    }
    return row.hash == seen.hash
      ? .kept : .lost("the endpoint's journal has another row \(seen.sequence) than was seen")
  }

  /// One endpoint has one link: the newer one counts.
  private mutating func supersede(
    _ old: LinkID?, by new: LinkID, _ now: Instant, _ effects: inout [EngineEffect]
  ) {
    guard let old, old != new else { return }
    closeLink(old, "the endpoint opened a newer link", now, &effects)
  }

  // MARK: Calls

  private mutating func settle(
    _ hello: Hello, _ endpoint: Endpoint, _ memoryLost: String?, _ now: Instant,
    _ effects: inout [EngineEffect]
  ) {
    if let memoryLost {
      if Mutant.memoryLossIgnored.isPlanted { return }
      for call in endpoint.handed.sorted() {
        stepCall(call, .memoryLost(reason: memoryLost), now, &effects)
      }
      return
    }
    var unlisted = endpoint.handed
    for held in hello.calls {
      unlisted.remove(held.call)
      guard calls[held.call]?.endpoint == endpoint.id, held.state != .absent else { continue }
      stepCall(held.call, .known(held), now, &effects)
    }
    for call in unlisted.sorted() { stepCall(call, .absent, now, &effects) }
  }

  private mutating func welcome(
    _ owner: Endpoint, _ hello: Hello, _ credential: String?, _ request: Int, _ link: Link,
    _ now: Instant, _ effects: inout [EngineEffect]
  ) {
    guard let endpoint = endpoints[owner.id] else { return }
    let unbegun = hello.unbegun
    var outputs: [CommittedOutput] = []
    for id in endpoint.handed.sorted() {
      guard let call = calls[id], call.output != .none else { continue }
      outputs.append(
        CommittedOutput(
          call: id, stdoutBytes: call.stdoutBytes, stderrBytes: call.stderrBytes))
    }
    effects.append(.saveEndpoint(endpoint.stored))
    effects.append(
      .send(
        link.id,
        .reply(
          id: request,
          .welcome(
            Welcome(
              endpoint: endpoint.id, credential: credential, epoch: endpoint.epoch,
              heartbeat: settings.heartbeat, creditBytes: WireLimits.creditBytes,
              lowWater: endpoint.lowWater, outputs: outputs,
              started: startsHeard(of: unbegun, from: endpoint),
              closed: closed(of: unbegun, from: endpoint))))))
    var state = link
    state.endpoint = endpoint.id
    sendHeartbeat(&state, now, &effects)
    links[link.id] = state
  }

  // MARK: Calls that must not begin

  /// What the runtime takes for not begun, and what is known here to have begun: its disk was set back
  /// to before the start, or the start died with the agent that had told of it.
  private func startsHeard(of unbegun: [CallID], from endpoint: Endpoint) -> [CallID] {
    if Mutant.heardStartForgotten.isPlanted { return [] }
    return unbegun.filter {
      calls[$0]?.endpoint == endpoint.id && calls[$0]?.startWasHeard == true
    }
  }

  /// What the runtime could still begin, and what has its outcome here.
  private func closed(of unbegun: [CallID], from endpoint: Endpoint) -> [CallID] {
    if Mutant.closedCallForgotten.isPlanted { return [] }
    return unbegun.filter { calls[$0]?.endpoint != endpoint.id }
  }
}

extension Hello {
  /// Calls that the runtime has, and that it could start.
  fileprivate var unbegun: [CallID] {
    calls.filter { $0.state == .received || $0.state == .released }.map(\.call)
  }
}
