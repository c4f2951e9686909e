import Bridge
import Platform
import Wire

/// The bridge between an agent and the control plane's rules, where both are in one process:
/// messages go as they are, without sockets.
final class LocalBridge: Dialing {
  enum Event: Sendable {
    case dialed(UInt64)
    case message(UInt64, Message)
    case closed(UInt64, reason: String)
  }

  private let user = Locked<(@Sendable (BridgeEvent) -> Void)?>(nil)
  private let hear: @Sendable (Event) -> Void

  /// - Parameter hear: told what the agent does; called on the agent's thread.
  init(_ hear: @escaping @Sendable (Event) -> Void) { self.hear = hear }

  // MARK: The agent's end

  func deliver(to user: @escaping @Sendable (BridgeEvent) -> Void) {
    self.user.withLock { $0 = user }
  }

  func dial(_ number: UInt64) { hear(.dialed(number)) }

  func send(_ messages: [Message], on number: UInt64) {
    for message in messages { hear(.message(number, message)) }
  }

  func close(_ number: UInt64, reason: String) { hear(.closed(number, reason: reason)) }

  // MARK: The other end

  func tell(_ event: BridgeEvent) { user.withLock { $0 }?(event) }
}
