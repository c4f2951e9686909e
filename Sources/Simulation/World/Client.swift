import Agent
import ControlPlane
import Digest
import Engine
import JSON
import Model

/// Technicians: they call, call again with the same key when no answer comes, and cancel.
final class Client: @unchecked Sendable {
  unowned let site: Site
  var dice: Dice

  static let definition = """
    {"delivery":{"ackWithinMs":10000,"attempts":3,"expiresAfterMs":86400000,"whenOffline":"queue"},\
    "limits":{"killGraceMs":2000,"runMs":20000,"stderrBytes":1048576,"stdoutBytes":1048576},\
    "name":"simulated","recovery":{"attempts":1,"onLostAfterStart":"unknown"},"redact":[],\
    "run":[{"input":{"stdin":"json"},"script":"","when":{},"with":"shell"}],"signalbox":1,\
    "version":"1.0.0"}
    """
  static let digest = "sha256:" + SHA256.hex(of: Array(definition.utf8))

  init(_ site: Site) {
    self.site = site
    dice = site.world.dice.fork()
  }

  var world: World { site.world }

  struct Wish {
    let number: Int
    var endpoint: String
    let behaviour: Int
    let key: String?
    let expiresAfter: Duration
    let ackWithin: Duration
    let attempts: Int
    let isIdempotent: Bool
    let shape: CallShape
    /// The call that it does again, and whether somebody said that it may run twice.
    var retryOf: CallID?
    var session: SessionID?
    var tries = 0
  }

  func begin() {
    var others = dice
    var sessionDice = others.fork()
    beginCalls()
    beginSessions(&sessionDice)
  }

  private func beginCalls() {
    let active = Int(site.plan.active.wholeMicroseconds)
    var at = 0
    for number in 0..<site.plan.calls {
      // Often in bursts, as people and scripts do.
      if !dice.chance(0.5) { at = dice.int(0...active) }
      if site.plan.batchShare > 0, dice.chance(site.plan.batchShare) {
        beginBatch(number, at: .microseconds(at))
        continue
      }
      let wish = wish(number, key: dice.chance(0.4) ? "key-\(number)" : nil)
      world.after(.microseconds(at)) { [weak self] in self?.submit(wish) }
      if wish.key != nil, site.plan.has(.sameKey) {
        let later = dice.chance(0.5) ? 0 : dice.int(0...5_000_000)
        world.after(.microseconds(at + later)) { [weak self] in self?.submit(wish) }
      }
    }
  }

  func wish(_ number: Int, endpoint: String? = nil, key: String? = nil) -> Wish {
    let shape = shape()
    return Wish(
      number: number, endpoint: endpoint ?? "host-\(dice.int(0...(site.plan.hosts - 1)))",
      behaviour: dice.int(0...Int(Int32.max)), key: key,
      expiresAfter: shape.holdsWhenDegraded ? min(expiry(), Self.longestHold) : expiry(),
      ackWithin: .seconds(dice.int(1...10)), attempts: dice.int(1...5),
      isIdempotent: dice.chance(0.3), shape: shape)
  }

  /// A degraded bridge may stay so for an hour, and everything has to be settled sooner.
  private static let longestHold: Duration = .seconds(600)

  /// What a policy may make of a call.
  private func shape() -> CallShape {
    var shape = CallShape()
    place(&shape)
    guard site.plan.hasPolicy else { return shape }
    if dice.chance(0.4) { shape.concurrency = dice.int(1...3) }
    if dice.chance(0.5) { shape.priority = dice.int(-2...2) }
    shape.holdsWhenDegraded = dice.chance(0.2)
    return shape
  }

  /// Where the tool says that it may run, and perhaps which runtime somebody asked for.
  private func place(_ shape: inout CallShape) {
    guard let user = site.plan.users.last, dice.chance(0.6) else { return }
    shape.placement = dice.pick([.any, .any, .session])
    if dice.chance(0.2) { shape.runtime = .session(of: user) }
  }

  private func expiry() -> Duration {
    if site.plan.has(.expiryRace), dice.chance(0.5) {
      return dice.skewed(.milliseconds(1), .seconds(10))
    }
    return dice.skewed(.seconds(5), .seconds(1_200))
  }

  func end() {}

  // MARK: Calls

  func submit(_ wish: Wish) {
    guard wish.tries < Self.maxTries else { return }
    var next = wish
    next.tries += 1
    guard let control = site.control else {
      if wish.tries == 0 || wish.key != nil { again(next) }
      return
    }
    let wait = Answer()
    control.post(
      .submit(
        { engine, now in
          guard let endpoint = engine.endpoint(named: wish.endpoint) else {
            wait.hasCome = true
            return nil
          }
          return Self.submission(wish, endpoint.id, now)
        },
        { [weak self] result in
          wait.isAnswered = true
          self?.answered(wish, result)
        }))
    world.after(.seconds(1)) { [weak self] in
      // Not joined yet, or gone: who has a key may ask again, and so may who was not heard at all.
      if !wait.isAnswered, wait.hasCome || wish.key != nil { self?.again(next) }
    }
  }

  static let maxTries = 20

  final class Answer: @unchecked Sendable {
    var hasCome = false
    var isAnswered = false
  }

  private func again(_ wish: Wish) {
    if site.isHealing { return }
    world.after(dice.skewed(.milliseconds(500), .seconds(10))) { [weak self] in
      self?.submit(wish)
    }
  }

  static func submission(
    _ wish: Wish, _ endpoint: EndpointID, _ now: Instant
  ) -> Submission {
    let arguments: JSON = ["behaviour": .int(wish.behaviour)]
    var request = CallRequest(
      tool: "simulated", toolVersion: "1.0.0", digest: digest, arguments: arguments,
      shownArguments: arguments, idempotencyKey: wish.key, by: "technician", acceptedAt: now,
      expiresAt: now + wish.expiresAfter, ackWithin: wish.ackWithin, maxAttempts: wish.attempts,
      idempotent: wish.isIdempotent)
    request.shape = wish.shape
    request.retryOf = wish.retryOf
    request.session = wish.session
    return Submission(endpoint: endpoint, request: request, definition: definition)
  }

  private func answered(_ wish: Wish, _ result: Result<CallID, EngineError>) {
    switch result {
    case .success(let id):
      world.note("call \(id.text.suffix(6)) of \(wish.endpoint) is accepted (wish \(wish.number))")
      site.checks.accepted(id, wish)
      if dice.chance(site.plan.retryShare) { askAgain(id, wish) }
      guard dice.chance(site.plan.has(.cancelRace) ? 0.6 : 0.05) else { return }
      let wait = dice.skewed(.microseconds(50), .seconds(dice.pick([1, 60])))
      world.after(wait) { [weak self] in self?.cancel(id) }
    case .failure(let error) where error.code == "noOpenSession" && wish.session != nil:
      world.mark("refused noOpenSession")
    case .failure(let error): site.checks.refused(error, at: wish.endpoint)
    }
  }

  func cancel(_ id: CallID) {
    world.note("cancel of \(id.text.suffix(6)) is asked for")
    world.mark("cancel asked for")
    site.control?.post(.ask({ .cancel(id, by: "technician", $2) }) { _ in })
  }

  func remove(_ host: Host) -> Bool {
    guard let control = site.control, let identity = host.disk.identity,
      site.hosts.filter({ !$0.isRetired }).count > 1
    else { return false }
    control.post(.ask({ .removeEndpoint(identity.endpoint, $2) }) { _ in })
    return true
  }
}

extension Client.Wish {
  func within(_ session: SessionID, at endpoint: String) -> Self {
    var wish = self
    wish.session = session
    wish.endpoint = endpoint
    return wish
  }
}
