import Catalog
import JSON
import Platform
import Support

/// A definition of which the tests change a part.
struct Sample {
  var name = "echo.word"
  var version = "1.0.0"
  var effects = "{readOnly: true, destructive: false, idempotent: true, openWorld: false}"
  var arguments = "{word: {type: string, maxLength: 100}}"
  var when = "{os: linux}"
  var executor = "shell"
  var input = "{env: {WORD: /word}}"
  var script = "printf %s \"$WORD\""
  var result = "{parse: text}"
  /// Further fields, a line each.
  var more = ""

  var text: String {
    """
    signalbox: 1
    name: \(name)
    version: \(version)
    title: Echo a word
    description: Prints the word that it is given.
    effects: \(effects)
    approval: none
    arguments: {type: object, additionalProperties: false, properties: \(arguments)}
    run:
      - when: \(when)
        with: \(executor)
        input: \(input)
        script: |
    \(script.split(separator: "\n", omittingEmptySubsequences: false).map { "      " + $0 }
      .joined(separator: "\n"))
    result: \(result)
    \(more)

    """
  }

  func tool() throws -> Tool { try Catalog.read(Array(text.utf8), file: "t.yaml").get() }
}

/// Where the tests' own executables are, the shell plugin among them.
func productsDirectory() throws -> String { try Files.directory(of: Machine.executable()) }

extension String {
  func replacing(_ old: String, by new: String) -> String {
    precondition(contains(old), "\(old) is not in the sample")
    var out = ""
    var rest = self[...]
    while let range = rest.firstRange(of: old) {
      out += rest[..<range.lowerBound] + new
      rest = rest[range.upperBound...]
    }
    return out + rest
  }
}

/// The definitions of the package.
func shippedTools() throws -> [Tool] {
  let package = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
  let loading = Catalog.load(directory: "/\(package)/ToolDefinitions")
  precondition(loading.errors.isEmpty, "the shipped definitions load")
  return loading.tools
}
