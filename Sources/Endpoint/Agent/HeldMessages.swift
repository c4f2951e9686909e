import Model
import Wire

/// Messages to the control plane that may wait a little for the next one.
///
/// Only a few wait: many are worth a wake of the control plane, which has work then while this end writes
/// to its journal. With all of them held, 256 calls at a time took a fifth longer.
struct HeldMessages {
  static let maxCount = 2
  /// About as long as a short call takes.
  static let patience: Duration = .milliseconds(2)

  private var messages: [Message] = []
  private var connection: UInt64 = 0
  /// When they are sent at the latest.
  var due: Instant?

  /// What was held for another connection is dropped: it would say there what nobody asked.
  mutating func add(_ message: Message, to connection: UInt64) {
    if self.connection != connection { messages.removeAll() }
    self.connection = connection
    messages.append(message)
  }

  var isFull: Bool { messages.count > Self.maxCount }

  mutating func take(for connection: UInt64) -> [Message] {
    defer { (messages, due) = ([], nil) }
    return connection == self.connection ? messages : []
  }
}
