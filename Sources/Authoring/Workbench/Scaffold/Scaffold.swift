package import Catalog

/// What a new definition begins as. Its text is a whole tool that can be checked, tested and called
/// as it is; its author changes what it does.
package struct Scaffold: Sendable {
  package enum Executor: String, Sendable, CaseIterable {
    case shell
    case powershell
    case osascript

    /// Where it is at home.
    package var platform: String {
      switch self {
      case .shell: "linux"
      case .powershell: "windows"
      case .osascript: "macos"
      }
    }
  }

  package struct Argument: Sendable, Hashable {
    package enum Kind: String, Sendable, CaseIterable {
      case string
      case integer
      case number
      case boolean
    }

    package var name: String
    package var kind: Kind
    package var isRequired: Bool
    package var words: String

    package init(name: String, kind: Kind, isRequired: Bool, words: String) {
      self.name = name
      self.kind = kind
      self.isRequired = isRequired
      self.words = words
    }
  }

  package var name: String
  package var title: String
  package var description: String
  package var executor = Executor.shell
  /// `linux`, `macos`, `windows`; empty for any.
  package var platforms: [String]
  package var readOnly = true
  package var destructive = false
  package var idempotent = true
  package var openWorld = false
  package var approval = Approval.none
  package var parse = ResultContract.Parse.keyValue
  package var arguments: [Argument] = []
  /// Where an editor finds the schema of the format, seen from the definition.
  package var schemaPath = Scaffold.schemaName

  package static let schemaName = "signalbox-tool.schema.json"

  package init(name: String, executor: Executor = .shell) {
    self.name = name
    self.executor = executor
    platforms = [executor.platform]
    title = Self.title(for: name)
    description =
      "\(title): say here what it does, what it returns, and when another tool is the better one."
  }

  /// `disk.free-space` reads "Disk free space".
  package static func title(for name: String) -> String {
    let words = name.split { ".-_".contains($0) }.joined(separator: " ")
    return words.prefix(1).uppercased() + words.dropFirst()
  }

  /// The definition as a tool; everything that is wrong with what was given otherwise.
  package func tool() throws(DefinitionErrors) -> Tool {
    try Catalog.read(Array(text.utf8), file: name + ".yaml").get()
  }

  package var text: String {
    let script = ScaffoldScript(self)
    return """
      # yaml-language-server: $schema=\(schemaPath)
      # Change it, then: signalbox tools check FILE; signalbox tools test FILE
      signalbox: 1
      name: \(name)
      version: 1.0.0
      title: \(YAMLText.scalar(title))
      description: \(YAMLText.folded(description))
      effects: {readOnly: \(readOnly), destructive: \(destructive), idempotent: \(idempotent), \
      openWorld: \(openWorld)}
      approval: \(approval.rawValue)
      arguments:
        type: object
        additionalProperties: false
      \(properties)run:
      \(condition(script.commands))    with: \(executor.rawValue)
      \(script.input)    script: |
      \(YAMLText.indented(script.text, by: 6))result:
        parse: \(parse.rawValue)
        schema:
      \(YAMLText.indented(script.schema, by: 4))exitCodes:
        0: succeeded
        \(script.failure.code): {failed: \(YAMLText.scalar(script.failure.meaning))}
      limits: {run: 30s, killGrace: 2s, stdout: 64KiB, stderr: 16KiB}
      tests:
      \(YAMLText.indented(ScaffoldTests(self, script).text, by: 2))
      """
  }

  private var properties: String {
    if arguments.isEmpty { return "" }
    let required = arguments.filter(\.isRequired).map(\.name)
    var out = required.isEmpty ? "" : "  required: [\(required.joined(separator: ", "))]\n"
    out += "  properties:\n"
    for argument in arguments {
      out += "    \(argument.name):\n      type: \(argument.kind.rawValue)\n"
      out += "      description: \(YAMLText.scalar(argument.words))\n"
      switch argument.kind {
      case .string: out += "      pattern: '\(Self.pattern)'\n"
      case .integer, .number: out += "      minimum: 0\n      maximum: 1000\n"
      case .boolean: break
      }
    }
    return out
  }

  /// Bounded, and without what a shell would take apart.
  private static let pattern = "^[A-Za-z0-9/][A-Za-z0-9 ._/:@-]{0,199}$"

  private func condition(_ commands: [String]) -> String {
    let os = platforms.count == 1 ? platforms[0] : "[\(platforms.joined(separator: ", "))]"
    var parts = platforms.isEmpty ? [] : ["os: \(os)"]
    if !commands.isEmpty { parts.append("commands: [\(commands.joined(separator: ", "))]") }
    return parts.isEmpty ? "  -\n" : "  - when: {\(parts.joined(separator: ", "))}\n"
  }
}
