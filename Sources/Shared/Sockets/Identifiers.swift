internal import Synchronization

/// One WebSocket connection, accepted or made by us. Never used twice in a process.
package struct ConnectionID: Hashable, Sendable, CustomStringConvertible {
  package let number: UInt64
  package var description: String { "connection \(number)" }
  init() { number = nextNumber() }
}

/// One HTTP request: received by our server, or made by our client. Never used twice in a process.
package struct RequestID: Hashable, Sendable, CustomStringConvertible {
  package let number: UInt64
  package var description: String { "request \(number)" }
  init() { number = nextNumber() }
}

/// A timer that has not fired yet.
package struct TimerID: Hashable, Sendable {
  let number: UInt64
  init() { number = nextNumber() }
}

/// A listening socket.
package struct ListenerID: Hashable, Sendable {
  let number: UInt64
  init() { number = nextNumber() }
}

private let lastNumber = Atomic<UInt64>(0)

private func nextNumber() -> UInt64 {
  lastNumber.wrappingAdd(1, ordering: .relaxed).newValue
}
