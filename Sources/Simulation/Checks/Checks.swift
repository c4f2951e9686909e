import Agent
import ControlPlane
import Engine
import Journal
import Model
import Wire

/// What must hold after every step. Each check names the promise that it holds the product to.
final class Checks {
  unowned let site: Site
  private(set) var ledger = Ledger()
  /// Calls whose acceptance somebody was told of.
  var acceptedCalls: Set<CallID> = []
  private var keys: [String: CallID] = [:]
  var batchKeys: [String: BatchID] = [:]
  private(set) var removedEndpoints: Set<EndpointID> = []
  /// Names of endpoints that two machines are.
  var cloned: Set<String> = []
  private var lowWaters: [EndpointID: CallID] = [:]
  private var looks = 0
  var deaths: [CallID: Bool] = [:]
  /// When the outcomes were on disk.
  var overSince: [CallID: Instant] = [:]

  var contacts = Contacts()

  /// When the control plane first heard of a call from a machine, and of its start there.
  private var heardAt: [HeardOf: Instant] = [:]
  private var heardStartAt: [HeardOf: Instant] = [:]
  /// Of what it was heard that it ran there. An end alone may be that of a call that never began.
  private var heardToRun: Set<HeardOf> = []

  private struct HeardOf: Hashable {
    let call: CallID
    let host: Int
  }

  private struct Word {
    let about: HeardOf
    let isOfStart: Bool
    let isOfRun: Bool
  }

  /// The newest link over which an endpoint said a hello that counts, by its name.
  private var newestHello: [String: UInt64] = [:]
  /// Arrived since the control plane's last commit.
  private var unkept: [Word] = []

  init(_ site: Site) { self.site = site }

  func heard(_ message: Message, from host: Int, over link: UInt64) {
    contacts.heard(message, from: site.hosts[host].name, over: link, at: world.now)
    switch message {
    case .hello(_, let hello):
      // The control plane does not read one that it cannot speak with, nor one that is not proved.
      if hello.protocolVersion != Hello.currentProtocol || mustProve(hello) { return }
      newestHello[site.hosts[host].name] = link
      for held in hello.calls { heard(held, host) }
    // What an older link said after that is not read: the newer one ended it.
    case _ where newestHello[site.hosts[host].name].map { link < $0 } ?? false: break
    case .acknowledge(let word): heard(word.call, word.state, host)
    case .released(let word):
      heard(word.call, word.startedAt == nil ? .released : .started, host)
    case .output(let chunk): heard(chunk.call, .started, host)
    case .finished(let word):
      heard(word.call, .ended, host, ran: !word.report.isAbsence && !word.report.isLost)
    case .reply(_, .state(let held)): heard(held, host)
    case .reply, .offer, .refused, .confirm, .cancel, .probe, .heartbeat, .refusal: break
    }
  }

  private func heard(_ held: HeldCall, _ host: Int) {
    heard(held.call, held.state, host, ran: held.hasBegun)
  }

  /// Whether the hello is not taken before it proves that its journal goes on where the control plane
  /// knows it to be. Nothing of it counts until then.
  private func mustProve(_ hello: Hello) -> Bool {
    guard case .credential(let id, _) = hello.proof, let seen = rows.endpoints[id]?.seen else {
      return false
    }
    return seen.sequence > 0 && hello.head.sequence > seen.sequence && hello.provenRow == nil
  }

  /// It counts when the control plane has it on disk: what dies with it was told to nobody.
  private func heard(_ call: CallID, _ state: CallState, _ host: Int, ran: Bool = false) {
    if state == .absent { return }
    unkept.append(
      Word(
        about: HeardOf(call: call, host: host),
        isOfStart: state != .received && state != .released, isOfRun: ran || state == .started))
  }

  private func keepWords() {
    for word in unkept {
      if heardAt[word.about] == nil { heardAt[word.about] = world.now }
      if word.isOfStart, heardStartAt[word.about] == nil { heardStartAt[word.about] = world.now }
      if word.isOfRun { heardToRun.insert(word.about) }
    }
    unkept.removeAll()
  }

  func controlPlaneDied() { unkept.removeAll() }

  /// Its disk was set back to before anyone had heard that the call is there, or that it began.
  /// - Parameters:
  ///   - setBackAt: when the disk was last set back in a way that counts.
  ///   - agent: when the agent came to life that asked for its start: what was heard before is in its
  ///     welcome.
  private func hasForgotten(
    _ host: Host, _ call: CallID, _ setBackAt: Instant?, since agent: Instant? = nil
  ) -> Bool {
    let key = HeardOf(call: call, host: host.index)
    if let unseen = host.unseenSetBackAt,
      heardStartAt[key].map({ $0 > max(unseen, agent ?? unseen) }) ?? true
    {
      return true
    }
    guard let setBackAt else { return false }
    return heardAt[key].map { $0 > setBackAt } ?? true
  }

  /// A disk that was copied or set back takes with it what it had told nobody. No control plane can
  /// know of a call that ran on it in that time.
  func couldNotBeKnown(_ call: CallID) -> Bool {
    guard let first = ledger.runs[call]?.first, first.host < site.hosts.count else { return false }
    let host = site.hosts[first.host]
    guard let fault = host.memoryFaultAt else { return false }
    if hasForgotten(host, call, host.setBackAt) { return true }
    guard let heard = heardAt[HeardOf(call: call, host: first.host)] else { return true }
    // Two machines that are one endpoint each keep the promise, and only for themselves: both may have
    // had an offer before either was heard.
    return cloned.contains(host.name) || heard > fault
  }

  /// The disk was set back after the call had begun, and nobody was told that it had.
  func ranUnheard(_ call: CallID) -> Bool {
    guard let run = ledger.runs[call]?.first, run.host < site.hosts.count else { return false }
    let host = site.hosts[run.host]
    return host.setBackAt.map { $0 >= run.startedAt } ?? false
      && !heardToRun.contains(HeardOf(call: call, host: run.host))
  }

  var world: World { site.world }
  var rows: StoredRows { site.rows }

  func violate(_ what: String, _ call: CallID? = nil) {
    world.violate(what + (call.map { " (call \($0.text.suffix(6)))" } ?? ""))
  }

  // MARK: Callers

  func accepted(_ id: CallID, _ wish: Client.Wish) {
    if rows.calls[id] == nil { violate("a call was accepted and is not on disk", id) }
    if wish.retryOf != nil { world.mark("done again") }
    acceptedCalls.insert(id)
    world.mark("accepted")
    guard let key = wish.key else { return }
    if let known = keys[key], known != id { violate("one key gave two calls", id) }
    if keys[key] != nil { world.mark("key used again") }
    keys[key] = id
  }

  /// - Parameter host: for which it was.
  func refused(_ error: EngineError, at host: String) {
    world.mark("refused \(error.code)")
    switch error.code {
    case "noSuchEndpoint": break
    // Another endpoint has the name by now: its machine's hello was on the way when it was removed.
    case "idempotencyKeyReused" where site.hosts.contains { $0.name == host && $0.isRetired }: break
    default: violate("a good request was refused: \(error.message)")
    }
  }

  /// Nothing more is asked of its machines.
  private func removed(_ endpoint: EndpointID) {
    removedEndpoints.insert(endpoint)
    let name = rows.endpoints[endpoint]?.name
    for host in site.hosts where host.name == name { host.isRetired = true }
  }

  // MARK: Executors

  /// - Parameter agent: when the agent came to life that asked for it.
  func started(
    _ call: CallID, in runtime: RuntimeName, on host: Host, askedSince agent: Instant?
  ) -> Int {
    let pid = ledger.started(call, on: host.index, at: world.now)
    world.note("\(host.name) starts \(call.text.suffix(6)) as \(pid)")
    world.mark("started")
    if ledger.starts(of: call, on: host.index) > 1,
      !hasForgotten(host, call, host.setBackInEpochAt, since: agent)
    {
      violate("a call was started twice on one machine", call)
    }
    if ledger.starts(of: call) > 1 || rows.calls[call]?.outcome != nil, couldNotBeKnown(call) {
      world.mark("ran on a disk that was set back")
      return pid
    }
    if ledger.starts(of: call) > 1 { violate("a call was started twice", call) }
    guard let stored = rows.calls[call] else {
      violate("a call was started that the control plane does not know", call)
      return pid
    }
    startsInOrder(stored)
    starts(stored, in: runtime, on: host)
    if let outcome = stored.outcome, outcome != .unknown {
      violate("a call was started after its outcome \(outcome.rawValue)", call)
    }
    return pid
  }

  func ended(_ call: CallID, _ record: ExecutionRecord, _ kept: [OutputStream: [UInt8]]) {
    world.note("\(call.text.suffix(6)) ends: \(record.ended)")
    ledger.ended(call, record, kept)
  }

  func executorDied(_ call: CallID, isStarting: Bool, isRunning: Bool, on host: Host) {
    deaths[call] = isStarting
    ledger.executorDied(call)
    guard isRunning, let agent = host.agent, agent.isAlive else { return }
    world.after(Self.lookLimit) { [weak self, weak agent, unowned host] in
      guard let self, let agent, agent.isAlive, !agent.wasPaused, !agent.isStopping,
        !host.hasJumped, host.disk.journal.entries(of: call).last?.kind == .started
      else { return }
      violate("an executor died, and nobody looked for what is left of its call", call)
    }
  }

  /// An agent that runs on looks at the spool well within it.
  private static let lookLimit: Duration = .seconds(10)

  // MARK: The agent

  /// The order to start goes out: only after the release is on disk. What was given up may still begin
  /// where nobody could be told; an agent that came to life later has asked first.
  func agentStarts(_ call: CallID, by agent: AgentProcess) {
    if let over = overSince[call], agent.clock.start > over, !couldNotBeKnown(call) {
      violate("an agent that came to life later started a call that was over", call)
    }
    let progress = agent.host.disk.journal.book.calls[call]
    if progress?.has(.released) != true {
      violate("a start was asked for before its release was on disk", call)
    }
  }

  func journalRefused(_ kind: EntryKind, _ call: CallID, _ reason: String) {
    violate("the journal had to refuse \(kind.rawValue): \(reason)", call)
  }

  func journaled(_ host: Host, from old: JournalFile, to new: JournalFile) {
    for entry in new.entries.suffix(max(0, new.head.sequence - old.head.sequence)) {
      world.mark("journal \(entry.kind.rawValue)")
      guard entry.kind == .released else { continue }
      let received = new.entries(of: entry.call).first { $0.kind == .received }
      guard let received,
        let known = try? Recollection(OpenCall(call: entry.call, entries: [received]))
      else { continue }
      if entry.at > known.expiresAt {
        violate("a call was released after it had expired", entry.call)
      }
    }
  }

  func agentSends(_ message: Message, from host: Host) {
    let journal = host.disk.journal
    switch message {
    case .hello(_, let hello): told(hello.head, by: host)
    case .acknowledge(let word):
      told(word.head, by: host)
      // One that was offered twice may be confirmed in the same commit.
      if word.state != .tombstone, journal.book.calls[word.call] == nil,
        !journal.book.isTombstone(word.call)
      {
        violate("a call was acknowledged that is not in the journal", word.call)
      }
    case .released(let word): told(word.head, by: host)
    case .finished(let word):
      told(word.head, by: host)
      let hasEnd = journal.entries(of: word.call).last?.kind.isEnd ?? false
      if !hasEnd { violate("an end was reported that is not in the journal", word.call) }
      if case .lost = word.report, word.report != .memoryReplaced, host.knowsStart(of: word.call) {
        violate("it began by its journal or its spool, and that is said not to be known", word.call)
      }
      if word.report == .startForgotten { world.mark("a heard start that the disk forgot") }
      world.mark("report \(word.report.label.prefix { $0 != "(" })")
    case .reply(_, .alive(let head, _, _)):
      told(head, by: host)
      if journal.epoch == nil { violate("a heartbeat was answered, and no epoch is on disk") }
    case .refused(let refused): keepsNothing(of: refused, host)
    case .output, .reply, .refusal, .offer, .confirm, .cancel, .probe, .heartbeat: break
    }
  }

  private func told(_ head: JournalHead, by host: Host) {
    if host.disk.journal.row(at: head.sequence)?.hash != head.hash {
      violate("\(host.name) told a head that is not on its disk")
    }
  }

  func looked(at agent: AgentProcess) {
    looks += 1
    guard looks.isMultiple(of: 8) else { return }
    let open = agent.held.filter { $0.state != .ended }
    let running = open.count { $0.state != .received }
    if running > site.plan.slots { violate("\(agent.name) runs \(running) calls") }
    if open.count > site.plan.capacity { violate("\(agent.name) holds \(open.count) calls") }
  }

  // MARK: The control plane

  func controlSends(_ message: Message, over link: UInt64) {
    switch message {
    case .reply(_, .welcome(let welcome)): welcomed(welcome, over: link)
    case .confirm(let confirm):
      for id in confirm.finished {
        if let call = rows.calls[id], call.outcome == nil {
          violate("an end was confirmed that is not on disk", id)
        }
      }
      if let mark = confirm.lowWater { note(mark, confirm.finished.first) }
    case .offer(let offer): offered(offer)
    case .hello, .acknowledge, .refused, .released, .output, .finished, .cancel, .probe, .heartbeat,
      .reply,
      .refusal:
      break
    }
  }

  /// No call below the mark may be offered again.
  private func note(_ mark: CallID, _ about: CallID?) {
    guard let about, let endpoint = rows.calls[about]?.endpoint else { return }
    lowWaters[endpoint] = max(lowWaters[endpoint] ?? mark, mark)
  }

  private func offered(_ offer: Offer) {
    guard let call = rows.calls[offer.call] else {
      return violate("a call was offered that is not on disk", offer.call)
    }
    if call.outcome != nil { violate("a call was offered after its outcome", offer.call) }
    if offer.attempt > call.request.maxAttempts {
      violate("a call was offered more often than it may be", offer.call)
    }
    if let mark = lowWaters[call.endpoint], offer.call < mark {
      violate("a call below the low-water mark was offered", offer.call)
    }
    if offer.attempt > 1 { world.mark("offered again") }
    offered(call, in: offer.runtime ?? .service, attempt: offer.attempt)
  }

  func looked(at engine: Engine) {
    for endpoint in engine.endpoints.values where endpoint.link != nil {
      if endpoint.handed.count > max(site.plan.capacity, engine.settings.maxHandedPerEndpoint) {
        violate("\(endpoint.name) was handed \(endpoint.handed.count) calls")
      }
      if endpoint.unansweredBytes > engine.settings.maxUnansweredOfferBytes * 2 {
        violate("\(endpoint.name) has \(endpoint.unansweredBytes) bytes of unanswered offers")
      }
    }
  }

  /// Before the rows change.
  func committing(_ effect: EngineEffect) {
    switch effect {
    case .insertCall(let call): committing(call)
    case .saveSession(let session): committing(session)
    case .updateCall(let call):
      guard let known = rows.calls[call.id] else { return }
      if known.outcome != nil, known.outcome != call.outcome {
        violate("an outcome was rewritten", call.id)
      }
      if known.delivery != .offered, call.delivery == .offered { handsOver(call) }
    case .transition(let id, let transition):
      world.mark("transition \(transition.kind.rawValue)")
      world.note("\(id.text.suffix(6)) \(transition.kind.rawValue) \(transition.delivery.rawValue)")
      if transition.kind == .offered { offered(id, transition) }
    case .insertBatch, .attempt, .execution, .verdict, .storeOutput, .lateOutput,
      .lateReport,
      .saveEndpoint, .judge, .send, .close, .answer:
      break
    case .deleteEndpoint(let id): removed(id)
    }
  }

  /// After the rows changed.
  func committed(_ effects: [EngineEffect]) {
    keepWords()
    for effect in effects {
      switch effect {
      case .updateCall(let call):
        if call.outcome != nil { ended(call) }
        if call.outcome != nil { isFollowed(call) }
      case .lateReport(_, let id, let report, _):
        if let resolution = rows.resolved[id], resolution == report { resolved(id, by: report) }
      default: break
      }
    }
  }

  // MARK: The end

  func finish() {
    for id in acceptedCalls.sorted() {
      guard let call = rows.calls[id] else {
        violate("an accepted call is lost", id)
        continue
      }
      if call.outcome == nil { violate("an accepted call has no outcome", id) }
    }
  }
}
