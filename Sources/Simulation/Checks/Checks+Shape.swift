import Engine
import JSON
import Model
import Wire

/// When the control plane last heard of the endpoints, as the network has it.
struct Contacts {
  private struct SaidHello {
    let name: String
    let at: Instant
    /// When it said one over another link.
    let earlier: Instant?
  }

  fileprivate struct Return {
    let at: Instant
    var handedOver = 0
  }

  private var lastHeard: [String: Instant] = [:]
  private var hellos: [UInt64: SaidHello] = [:]
  /// By name, over any link.
  private var lastHello: [String: Instant] = [:]
  /// Links whose runtime speaks another protocol.
  fileprivate private(set) var foreign: Set<UInt64> = []
  fileprivate var returns: [EndpointID: Return] = [:]

  mutating func heard(_ message: Message, from name: String, over link: UInt64, at now: Instant) {
    guard case .hello(_, let hello) = message else {
      lastHeard[name] = now
      return
    }
    let earlier = if let said = hellos[link] { said.earlier } else { lastHello[name] }
    hellos[link] = SaidHello(name: name, at: now, earlier: earlier)
    lastHello[name] = now
    if hello.protocolVersion != Hello.currentProtocol { foreign.insert(link) }
  }

  /// - Returns: when its hello came, and when it was heard before.
  fileprivate mutating func welcomed(
    _ isNew: Bool, over link: UInt64
  ) -> (at: Instant, lastHeard: Instant?)? {
    guard let hello = hellos[link] else { return nil }
    // One that joins is not known to have its credential yet, and counts as never heard.
    defer { lastHeard[hello.name] = isNew ? nil : hello.at }
    // One whose welcome was lost on the way may have been admitted, and was there then.
    let heard = lastHeard[hello.name].map { max($0, hello.earlier ?? $0) }
    return (hello.at, heard)
  }

  /// A control plane that starts anew paces nobody.
  mutating func forgetReturns() { returns.removeAll() }
}

/// What a policy makes of calls: how many at once, who goes first, and how fast.
extension Checks {
  func welcomed(_ welcome: Welcome, over link: UInt64) {
    if contacts.foreign.contains(link) { violate("a runtime of another protocol was welcomed") }
    if !welcome.closed.isEmpty { world.mark("a welcome named a call that is over") }
    guard let hello = contacts.welcomed(welcome.credential != nil, over: link),
      let lastHeard = hello.lastHeard,
      let control = site.control, !control.wasPaused, !site.controlHasJumped
    else { return }
    let away = hello.at - max(lastHeard, control.clock.start)
    guard away >= site.settings.paceAfterAway + .seconds(1) else { return }
    contacts.returns[welcome.endpoint] = Contacts.Return(at: hello.at)
    world.mark("returned after a while")
  }

  /// A waiting call is offered.
  func handsOver(_ call: Call) {
    let handed = rows.handed[call.endpoint]?.count ?? 0
    if let most = call.request.shape.concurrency {
      if handed >= most { violate("offered beside \(handed), and its limit is \(most)", call.id) }
      if handed == most - 1 { world.mark("limit of concurrency met") }
    }
    let now = call.attempts.last?.offeredAt ?? call.request.acceptedAt
    for other in rows.waiting(for: call.endpoint) where other.id != call.id {
      let shape = other.request.shape
      if shape.priority < call.request.shape.priority, other.id < call.id {
        world.mark("went before an older call")
      }
      guard shape.priority > call.request.shape.priority, shape.concurrency == nil,
        !shape.holdsWhenDegraded, shape.isForServiceOnly,
        other.request.acceptedAt >= call.request.acceptedAt,
        other.notBefore.map({ $0 <= now }) ?? true
      else { continue }
      violate("offered before a call of a higher priority", call.id)
    }
    keepsPace(call)
  }

  private func keepsPace(_ call: Call) {
    guard var back = contacts.returns[call.endpoint], call.request.acceptedAt < back.at else {
      return
    }
    back.handedOver += 1
    contacts.returns[call.endpoint] = back
    let settings = site.settings
    let elapsed = (world.now - back.at).wholeMicroseconds
    let since = Int(elapsed) * settings.pacePerSecond / 1_000_000
    if back.handedOver > settings.paceBurst + since + 1 {
      violate(
        "an endpoint that came back at \(back.at) was handed \(back.handedOver) calls at once; it may have"
          + " \(settings.paceBurst), and \(settings.pacePerSecond) a second", call.id)
    }
    if back.handedOver > settings.paceBurst { world.mark("handed over at a pace") }
  }

  /// The row of an offer tells how the bridge stood.
  func offered(_ id: CallID, _ transition: Transition) {
    guard let call = rows.calls[id], let state = transition.evidence["bridge"]?["state"]?.string,
      state == "lagging" || state == "flapping"
    else { return }
    if call.request.shape.holdsWhenDegraded {
      violate("offered although it is held while the bridge is \(state)", id)
    }
    if rows.waiting(for: call.endpoint).contains(where: { $0.request.shape.holdsWhenDegraded }) {
      world.mark("held while the bridge is degraded")
    }
  }
}
