internal import Platform
internal import PluginProtocol

/// One thing that the protocol asks of a plugin.
struct Check: Sendable {
  let name: String
  let title: String
  let needs: [Need]
  /// - Returns: what is worth knowing, or nothing.
  /// - Throws: a `Flaw`.
  let body: @Sendable (Trial) throws -> String

  init(
    _ name: String, _ title: String, needs: [Need] = [.handshake],
    _ body: @escaping @Sendable (Trial) throws -> String
  ) {
    self.name = name
    self.title = title
    self.needs = needs
    self.body = body
  }

  static let all: [Check] =
    handshakes + messages + staging + endings + inputs + outputs + limits + holding + boundaries
    + words + leaving
}

/// What a check cannot do without.
enum Need: Sendable {
  case handshake
  case script(CheckScript)
  case input(String)
  case cancel
  case reattach
  /// A word of `capabilities.isolation`.
  case isolation(String)
  /// What only Linux has.
  case linux

  /// Why the check is left out; `nil` if it is not.
  func missing(in subject: Subject) -> String? {
    guard let description = subject.description else { return "the handshake failed" }
    switch self {
    case .handshake: return nil
    case .script(let script):
      if subject.scripts?.text(script) != nil { return nil }
      guard let origin = subject.scripts?.origin else {
        return "no scripts for executor \(subject.executor ?? "?"): give --language or --scripts"
      }
      return "no script \"\(script.rawValue)\" in \(origin)"
    case .input(let input):
      return description.inputs.contains(input) ? nil : "it does not offer the input \"\(input)\""
    case .cancel: return description.canCancel ? nil : "it does not offer \"cancel\""
    case .reattach: return description.canReattach ? nil : "it does not offer \"reattach\""
    case .isolation(let word):
      if description.isolation.contains(word) { return nil }
      return "it does not offer the isolation \"\(word)\": a tool that asks for it is rejected"
        + " (isolation.unsupported)"
    case .linux:
      if description.platform == "linux" { return nil }
      return "\(description.platform) has nothing of the kind"
    }
  }
}
