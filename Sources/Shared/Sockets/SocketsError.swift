/// What went wrong, where, and what to do next. `code` is stable; the text is for people.
package struct SocketsError: Error, Sendable, Hashable, CustomStringConvertible {
  package enum Code: String, Sendable, Hashable {
    case addressInUse = "sockets.addressInUse"
    case addressInvalid = "sockets.addressInvalid"
    case cannotListen = "sockets.cannotListen"
    case cannotStart = "sockets.cannotStart"
    case nothingListens = "sockets.nothingListens"
    case connectionFailed = "sockets.connectionFailed"
    case responseIncomplete = "sockets.responseIncomplete"
    case responseTooLarge = "sockets.responseTooLarge"
    case timedOut = "sockets.timedOut"
    case stopped = "sockets.stopped"
  }

  package let code: Code
  /// What was attempted and what happened, e.g. "address already in use: 127.0.0.1:7070".
  package let message: String
  /// What the reader can do about it; empty when there is nothing to do.
  package let remedy: String

  package init(_ code: Code, _ message: String, remedy: String = "") {
    self.code = code
    self.message = message
    self.remedy = remedy
  }

  package var description: String {
    remedy.isEmpty ? message : "\(message); \(remedy)"
  }
}
