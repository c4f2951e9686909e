internal import JSON
internal import Model

/// One way to run a tool: on what, by which executor, with which input.
package struct Variant: Sendable, Hashable {
  /// What has to hold on the endpoint; empty lists ask for nothing.
  package struct Conditions: Sendable, Hashable {
    /// `linux`, `macos` or `windows`; any of them will do.
    package let os: [String]
    /// Programs that have to be there, all of them.
    package let commands: [String]

    package init(os: [String], commands: [String]) {
      self.os = os
      self.commands = commands
    }
  }

  package let when: Conditions
  /// The name of the executor: the field `with`.
  package let executor: String
  /// An absolute path; `nil` leaves it to the executor.
  package let interpreter: String?
  package let input: Input
  /// What the executor runs: a script's text, or a native section as JSON.
  package let script: String
  /// The user of the endpoint that it runs as; the agent's own for `nil`.
  package let runAs: String?
  package let needs: [Need]

  /// What a script is given only if it says that it needs it.
  package enum Need: String, Sendable, CaseIterable {
    /// Programs may give it more than it has (set-user-id), as `sudo` does.
    case privileges
    /// Where the agent, its state and its plugins are.
    case agent
  }

  package init(
    when: Conditions, executor: String, interpreter: String?, input: Input, script: String,
    runAs: String? = nil, needs: [Need] = []
  ) {
    self.when = when
    self.executor = executor
    self.interpreter = interpreter
    self.input = input
    self.script = script
    self.runAs = runAs
    self.needs = needs
  }
}

/// Why a call cannot run on this endpoint. Nothing ran.
package struct Refusal: Error, Sendable, Hashable, CustomStringConvertible {
  /// Stable: `tool.wrongPlatform`, `tool.missingCommand`.
  package let reason: String
  package let message: String
  package let remedy: String

  package init(reason: String, message: String, remedy: String) {
    self.reason = reason
    self.message = message
    self.remedy = remedy
  }

  package var description: String { "\(message); \(remedy) [\(reason)]" }
}

extension Variant.Conditions {
  /// The names of operating systems that tools know.
  package static let platforms = ["linux", "macos", "windows"]

  /// Whether it holds on every endpoint on which the other one does.
  package func holds(wherever other: Variant.Conditions) -> Bool {
    let mine = os.isEmpty ? Self.platforms : os
    return (other.os.isEmpty ? Self.platforms : other.os).allSatisfy(mine.contains)
      && commands.allSatisfy(other.commands.contains)
  }

  /// - Returns: the commands that are missing; `nil` on another platform.
  func missing(os: String, hasCommand: (String) -> Bool) -> [String]? {
    guard self.os.isEmpty || self.os.contains(os) else { return nil }
    return commands.filter { !hasCommand($0) }
  }
}

extension Variant {
  private static func script(_ part: Part) throws(ShapeError) -> String {
    // Canonical: the same text from the file and from the store.
    if part.json["native"] != nil {
      return String(decoding: try part.object("native").json.canonical, as: UTF8.self)
    }
    return try part.string("script")
  }

  /// A word that this version does not know is something that it cannot give.
  private static func needs(_ part: Part) throws(ShapeError) -> [Need] {
    var needs: [Need] = []
    for word in try part.strings("needs") {
      guard let need = Need(rawValue: word) else {
        throw part.wrong("needs", Need.allCases.map(\.rawValue).joined(separator: ", "))
      }
      needs.append(need)
    }
    return needs
  }

  init(_ part: Part) throws(ShapeError) {
    let when = try part.object("when")
    self.init(
      when: Conditions(os: try when.strings("os"), commands: try when.strings("commands")),
      executor: try part.string("with"), interpreter: part.json["interpreter"]?.string,
      input: try Input(part.object("input")), script: try Self.script(part),
      runAs: part.json["runAs"] == nil ? nil : try part.string("runAs"),
      needs: try Self.needs(part))
  }
}
