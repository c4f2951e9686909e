/// Something on an endpoint that can execute.
package enum RuntimeName: Hashable, Sendable {
  /// The agent's own. Every endpoint has it.
  case service
  /// The session of a user who is logged in.
  case session(of: String)

  private static let sessionPrefix = "session:"

  /// `service`, or `session:` and the name of a user.
  package init?(_ text: String) {
    if text == "service" {
      self = .service
      return
    }
    guard text.hasPrefix(Self.sessionPrefix) else { return nil }
    let user = String(text.dropFirst(Self.sessionPrefix.count))
    guard Self.isUser(user) else { return nil }
    self = .session(of: user)
  }

  package var text: String {
    switch self {
    case .service: "service"
    case .session(let user): Self.sessionPrefix + user
    }
  }

  package var isSession: Bool { self != .service }

  /// Names that are safe wherever they are shown or used. A user with another one has no runtime.
  package static func isUser(_ name: String) -> Bool {
    guard let first = name.utf8.first, isLetter(first) || first == UInt8(ascii: "_") else {
      return false
    }
    return name.utf8.count <= 32
      && name.utf8.allSatisfy { isLetter($0) || isDigit($0) || "._-".utf8.contains($0) }
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}

extension RuntimeName: CustomStringConvertible {
  package var description: String { text }
}

/// In which runtimes of an endpoint a tool may run.
package enum Placement: String, Sendable, Hashable, CaseIterable {
  case service
  /// In the session of anyone who is logged in.
  case session
  /// In a session where there is one, else in the service.
  case any

  package func allows(_ runtime: RuntimeName) -> Bool {
    switch self {
    case .service: runtime == .service
    case .session: runtime.isSession
    case .any: true
    }
  }
}

/// Why a runtime does not take a call that another one of the same endpoint may take. What is wrong
/// everywhere on the endpoint, such as a missing command or no room, is none of these.
package enum RefusalCause: String, Sendable, Hashable, CaseIterable {
  /// It is not there (any more): nobody of that name is logged in.
  case noRuntime
  /// It does not have the executor.
  case noExecutor
}
