import ControlPlane
import Engine
import Model
import Store
import Wire

/// The control plane: its real engine, in its real driver's order (`Batch`), over simulated rows.
final class ControlPlaneProcess: LoopProcess, @unchecked Sendable {
  private unowned let site: Site
  private var batch: Batch?
  private var inbox: [ControlPlane.Input] = []
  private var connections: [UInt64: Connection] = [:]

  init(site: Site, clock: ProcessClock) {
    self.site = site
    super.init(world: site.world, name: "control plane", clock: clock)
    var engine = Engine(
      settings: site.settings, joinTokenHash: Site.joinTokenHash, random: site.world.dice.fork())
    site.rows.resume(&engine, at: now)
    batch = Batch(
      engine: engine, store: SimulatedStore(process: self, site: site), judge: Self.judge,
      visible: { [unowned self] in show($0) }, changed: { _, _ in })
    nudge()
  }

  override var syncTime: Duration { site.syncTime() }
  override var nextDeadline: Instant? { batch?.nextDeadline }
  var engine: Engine? { batch?.engine }

  override func freeze() {
    site.controlHasJumped = true
    super.freeze()
  }

  override func died() {
    site.checks.controlPlaneDied()
    for number in connections.keys.sorted() {
      connections[number]?.closeFromControl("the control plane is gone")
    }
    connections.removeAll()
    inbox.removeAll()
    site.controlPlaneDied()
  }

  /// Breaks the rings, so that a world can be freed.
  func end() {
    batch = nil
    connections = [:]
  }

  // MARK: What comes in

  func post(_ input: ControlPlane.Input) {
    guard isAlive else { return }
    inbox.append(input)
    nudge()
  }

  func opened(_ connection: Connection) {
    connections[connection.number] = connection
    post(.event(.linkOpened(LinkID(connection.number))))
  }

  func hears(_ message: Message, from host: Int, over link: UInt64) {
    site.checks.heard(message, from: host, over: link)
  }

  func received(_ message: Message, over number: UInt64) {
    post(.event(.message(LinkID(number), message)))
  }

  func closed(_ number: UInt64, _ reason: String) {
    connections[number] = nil
    post(.event(.linkClosed(LinkID(number), reason: reason)))
  }

  override func turn() {
    let inputs = inbox
    inbox = []
    do {
      try batch?.turn(inputs, at: now)
    } catch is Crash {
      die("before its commit was known")
    } catch {
      world.violate("the control plane's driver threw: \(error)")
    }
    if isAlive, let engine { site.checks.looked(at: engine) }
  }

  // MARK: What goes out

  private func show(_ effects: [VisibleEffect]) {
    for effect in effects {
      guard boundary() else { return }
      switch effect {
      case .send(let link, let message):
        guard let connection = connections[link.number] else { break }
        site.checks.controlSends(message, over: link.number)
        connection.sendFromControl(message)
      case .close(let link, let reason):
        connections.removeValue(forKey: link.number)?.closeFromControl(reason)
      }
    }
  }

  /// By the simplest of tools: 0 is success, and damaged output is malformed.
  private static let judge: Judge = { _, execution in
    let record = execution.record
    var verdict = Verdict(outcome: .failed, validity: .valid, meaning: "judged")
    switch record.ended {
    case .exit(code: 0):
      verdict.outcome = record.stdout.keptBytes == 0 ? .succeededEmpty : .succeeded
    case .exit, .signal: verdict.outcome = .failed
    case .limit: verdict.outcome = .timedOut
    case .cancelled: verdict.outcome = .cancelled
    }
    // Bytes over 127 are none of this tool's.
    let isGood = execution.isIntact && execution.stdout.allSatisfy { $0 < 128 }
    if !isGood, verdict.outcome == .succeeded || verdict.outcome == .succeededEmpty {
      verdict.outcome = .malformed
      verdict.validity = .malformed
    }
    return verdict
  }
}
