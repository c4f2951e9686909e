import Agent
import Bridge
import Model
import Wire

/// What goes over the simulated network of one endpoint, and what is wrong with it.
final class Road: @unchecked Sendable {
  let index: Int
  /// Each direction alone may stand still; what was sent waits, as TCP sends again.
  var isBlockedToAgent = false
  var isBlockedToControl = false
  /// Makes each way longer by so many times.
  var slowness = 1
  var connections: [Connection] = []

  init(index: Int) { self.index = index }

  func heal() {
    isBlockedToAgent = false
    isBlockedToControl = false
    slowness = 1
    // Each connection tries again by a timer of its own, so what waited in an older one may come later.
    for connection in connections { connection.flowAgain() }
  }
}

/// One direction of a connection. Nothing in it overtakes anything.
final class Lane {
  enum Item {
    case opened
    case frame(Frame, Message)
    case closed(String)
  }

  private let world: World
  private let isBlocked: () -> Bool
  var deliver: (Item) -> Void = { _ in }
  private var items: [(due: Instant, item: Item)] = []
  private var lastDue = World.beginning
  private var isBroken = false

  init(world: World, isBlocked: @escaping () -> Bool) {
    self.world = world
    self.isBlocked = isBlocked
  }

  var count: Int { items.count }

  func put(_ item: Item, after latency: Duration) {
    if isBroken { return }
    let due = max(lastDue, world.now + latency)
    lastDue = due
    items.append((due, item))
    world.after(due - world.now) { [weak self] in self?.deliverDue() }
  }

  /// What is on the way never arrives, nor does anything later.
  func cut() {
    isBroken = true
    items.removeAll()
  }

  func deliverDue() {
    while let first = items.first, first.due <= world.now, !isBlocked() {
      items.removeFirst()
      deliver(first.item)
    }
  }
}

/// A connection as both of its ends see it; one may know of its end long before the other.
final class Connection {
  let number: UInt64
  let dial: UInt64
  let road: Road
  let world: World
  private(set) var agent: AgentProcess?
  private(set) var control: ControlPlaneProcess?
  let toAgent: Lane
  let toControl: Lane
  private var isAccepted = false
  /// When TCP next sends what stood still.
  private final class Retry { var at = World.beginning }
  private let retry: Retry
  /// The share of messages that come much later.
  private let tail: Double
  /// The share that comes twice.
  private let duplicates: Double

  init(
    number: UInt64, dial: UInt64, road: Road, world: World, agent: AgentProcess,
    control: ControlPlaneProcess, tail: Double, duplicates: Double
  ) {
    self.tail = tail
    self.duplicates = duplicates
    self.number = number
    self.dial = dial
    self.road = road
    self.world = world
    self.agent = agent
    self.control = control
    let retry = Retry()
    self.retry = retry
    toAgent = Lane(world: world, isBlocked: { road.isBlockedToAgent || world.now < retry.at })
    toControl = Lane(world: world, isBlocked: { road.isBlockedToControl || world.now < retry.at })
    toAgent.deliver = { [weak self] in self?.reachAgent($0) }
    toControl.deliver = { [weak self] in self?.reachControl($0) }
    toControl.put(.opened, after: latency())
  }

  var isOver: Bool { agent == nil && control == nil }

  func flowAgain() {
    let wait = world.dice.skewed(.milliseconds(1), .seconds(4))
    retry.at = world.now + wait
    world.after(wait) { [weak self] in
      self?.toAgent.deliverDue()
      self?.toControl.deliverDue()
    }
  }

  private func latency() -> Duration {
    let usual = world.dice.skewed(.microseconds(200), .milliseconds(40)) * road.slowness
    guard tail > 0, world.dice.chance(tail) else { return usual }
    return usual + world.dice.skewed(.milliseconds(50), .seconds(8))
  }

  // MARK: Sending

  func sendFromAgent(_ message: Message) {
    guard agent != nil else { return }
    for _ in 0..<copies(message) { toControl.put(.frame(message.frame, message), after: latency()) }
  }

  func sendFromControl(_ message: Message) {
    guard control != nil else { return }
    for _ in 0..<copies(message) { toAgent.put(.frame(message.frame, message), after: latency()) }
  }

  /// A relay on the way may say a message twice, which TCP alone never does. Hellos and their answers are
  /// about the connection itself, and end it where they come twice.
  private func copies(_ message: Message) -> Int {
    guard duplicates > 0 else { return 1 }
    switch message {
    case .hello, .reply, .refusal, .heartbeat: return 1
    case .offer, .acknowledge, .refused, .released, .output, .finished, .confirm, .cancel, .probe:
      return world.dice.chance(duplicates) ? 2 : 1
    }
  }

  // MARK: Ending

  /// One end closes it: what it sent still arrives, what comes to it does not.
  func closeFromAgent(_ reason: String) {
    guard let agent else { return }
    self.agent = nil
    toAgent.cut()
    toControl.put(.closed(reason), after: latency())
    if agent.isAlive { agent.post(.bridge(.closed(dial, reason: reason))) }
  }

  func closeFromControl(_ reason: String) {
    guard let control else { return }
    self.control = nil
    toControl.cut()
    toAgent.put(.closed(reason), after: latency())
    if control.isAlive { control.closed(number, reason) }
  }

  /// The machine of one end lost its power: the other end is not told.
  func vanishFromAgent() {
    agent = nil
    toAgent.cut()
    toControl.cut()
  }

  /// - Parameters:
  ///   - tellsAgent, tellsControl: `nil` leaves that end in the belief that all is well.
  func cut(tellsAgent: Duration?, tellsControl: Duration?) {
    toAgent.cut()
    toControl.cut()
    if let tellsAgent {
      world.after(tellsAgent) { [self] in
        let told = agent
        agent = nil
        told?.post(.bridge(.closed(dial, reason: "the connection broke")))
      }
    }
    if let tellsControl {
      world.after(tellsControl) { [self] in
        let told = control
        control = nil
        told?.closed(number, "the connection broke")
      }
    }
  }

  // MARK: Arriving

  private func reachControl(_ item: Lane.Item) {
    guard let control else { return }
    guard control.isAlive else { return closeFromControl("the control plane is gone") }
    switch item {
    case .opened:
      isAccepted = true
      control.opened(self)
      toAgent.put(.opened, after: latency())
    case .frame(let frame, let sent):
      guard let message = decoded(frame, sent, "to control") else {
        return closeFromControl("not a message")
      }
      control.hears(message, from: road.index, over: number)
      control.received(message, over: number)
    case .closed(let reason):
      self.control = nil
      if isAccepted { control.closed(number, reason) }
    }
  }

  private func reachAgent(_ item: Lane.Item) {
    guard let agent else { return }
    guard agent.isAlive else { return closeFromAgent("the agent is gone") }
    switch item {
    case .opened: agent.post(.bridge(.opened(dial)))
    case .frame(let frame, let sent):
      guard let message = decoded(frame, sent, "to agent") else {
        return closeFromAgent("not a message")
      }
      agent.post(.bridge(.message(dial, message)))
    case .closed(let reason):
      self.agent = nil
      agent.post(.bridge(.closed(dial, reason: reason)))
    }
  }

  private func decoded(_ frame: Frame, _ sent: Message, _ way: String) -> Message? {
    world.trace.mix(frame.bytes)
    world.note("link-\(number) \(way): \(sent.label)")
    do throws(WireError) { return try Message(frame) } catch {
      world.note("link-\(number) \(way): \(error)")
      return nil
    }
  }
}

extension Message {
  /// For the trace: what it is about, in a few words.
  var label: String {
    switch self {
    case .hello(_, let hello):
      "hello head \(hello.head.sequence) "
        + hello.calls.map { "\($0.call.text.suffix(6)):\($0.state.rawValue)" }
        .joined(separator: " ")
    case .offer(let offer):
      "offer \(offer.call.text.suffix(6)) attempt \(offer.attempt)"
        + (offer.runtime.map { " in \($0)" } ?? "")
    case .refused(let refused):
      "refused \(refused.call.text.suffix(6)) attempt \(refused.attempt) \(refused.cause)"
    case .acknowledge(let word):
      "acknowledge \(word.call.text.suffix(6)) \(word.state.rawValue) head \(word.head.sequence)"
    case .released(let released): "released \(released.call.text.suffix(6))"
    case .output(let chunk):
      "output \(chunk.call.text.suffix(6)) \(chunk.stream.rawValue) \(chunk.offset)+"
        + "\(chunk.bytes.count)"
    case .finished(let finished):
      "finished \(finished.call.text.suffix(6)) \(finished.report.label)"
    case .confirm(let confirm):
      "confirm \(confirm.finished.map { $0.text.suffix(6) }.joined(separator: " "))"
        + " credit \(confirm.creditBytes) low \(confirm.lowWater?.text.suffix(6) ?? "-")"
    case .cancel(let cancel): "cancel \(cancel.call.text.suffix(6))"
    case .probe(_, let call): "probe \(call.text.suffix(6))"
    case .heartbeat(let id, let session):
      "heartbeat \(id)" + (session == nil ? "" : " in a session")
    case .reply(let id, .welcome(let welcome)):
      "welcome \(id) epoch \(welcome.epoch.text.suffix(6))"
    case .reply(let id, .prove(let sequence)): "prove \(id) row \(sequence)"
    case .reply(let id, .state(let held)):
      "state \(id) \(held.call.text.suffix(6)) \(held.state.rawValue)"
    case .reply(let id, .alive(let head, _, _)): "alive \(id) head \(head.sequence)"
    case .refusal(_, let refusal): "refusal \(refusal.code)"
    }
  }
}

extension Report {
  var label: String {
    switch self {
    case .ended(let record): "ended(\(record.ended))"
    case .interrupted: "interrupted"
    case .rejected(let code, _, _): "rejected(\(code))"
    case .cancelled: "cancelled"
    case .expired: "expired"
    case .lost: "lost"
    }
  }
}
