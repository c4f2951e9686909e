import Catalog
import JSON

/// The tests of a new definition: a good result, its failure, what is refused, and live ones.
struct ScaffoldTests {
  private let scaffold: Scaffold
  private let script: ScaffoldScript

  init(_ scaffold: Scaffold, _ script: ScaffoldScript) {
    self.scaffold = scaffold
    self.script = script
  }

  var text: String {
    ([success, failure] + refusals + live).joined(separator: "\n")
  }

  // MARK: - Arguments

  /// A value of each kind that the schema takes.
  private func value(_ kind: Scaffold.Argument.Kind) -> JSON {
    switch kind {
    case .string: "example"
    case .integer: 5
    case .number: 5
    case .boolean: true
    }
  }

  private var arguments: JSON {
    .object(JSONObject(scaffold.arguments.map { ($0.name, value($0.kind)) }))
  }

  private func flow(_ json: JSON) -> String {
    switch json {
    case .object(let object):
      "{" + object.members.map { "\($0.key): \(flow($0.value))" }.joined(separator: ", ") + "}"
    case .array(let items): "[" + items.map(flow).joined(separator: ", ") + "]"
    case .null, .bool, .number, .string: json.compact
    }
  }

  // MARK: - Results

  private func members(_ machine: String) -> [(String, JSON)] {
    [("machine", .string(machine))]
      + scaffold.arguments.filter { $0.name != "machine" }.map { ($0.name, value($0.kind)) }
  }

  /// What the script prints, and what is read from it.
  private func output(_ machine: String) -> (text: String, result: JSON) {
    let members = members(machine)
    func lines(_ sign: String) -> String {
      members.map { "\($0.0)\(sign)\($0.1.string ?? $0.1.compact)\n" }.joined()
    }
    let object: JSON = .object(JSONObject(members))
    switch scaffold.parse {
    case .text: return (lines(" "), .string(lines(" ")))
    case .keyValue: return (lines("="), object)
    case .json: return (object.compact + "\n", object)
    case .jsonl: return (object.compact + "\n", [object])
    }
  }

  // MARK: - Tests

  private var success: String {
    let output = output("web-01")
    return """
      - name: a machine with a name
        arguments: \(flow(arguments))
        given: {exitCode: 0, stdout: \(JSON.string(output.text).compact)}
        expect: {outcome: succeeded, result: \(flow(output.result))}
      """
  }

  private var failure: String {
    let (code, meaning) = script.failure
    return """
      - name: what fails says why
        arguments: \(flow(arguments))
        given: {exitCode: \(code), stderr: "it cannot be told\\n"}
        expect: {outcome: failed, meaning: \(YAMLText.scalar(meaning)), stderr: cannot be told}
      """
  }

  private var refusals: [String] {
    var tests = scaffold.arguments.compactMap(refusal)
    for argument in scaffold.arguments where argument.isRequired {
      var rest = arguments.object ?? JSONObject()
      rest[argument.name] = nil
      tests.append(
        """
        - name: \(argument.name) has to be there
          arguments: \(flow(.object(rest)))
          expect: {invalidArguments: /\(argument.name)}
        """)
    }
    if scaffold.arguments.isEmpty {
      tests.append(
        """
        - name: it takes no arguments
          arguments: {unknown: "$(reboot)"}
          expect: {invalidArguments: /unknown}
        """)
    }
    return tests
  }

  private func refusal(_ argument: Scaffold.Argument) -> String? {
    let (name, value): (String, JSON) =
      switch argument.kind {
      case .string: ("metacharacters in \(argument.name) never reach the endpoint", "x; $(reboot)")
      case .integer, .number: ("\(argument.name) has an upper bound", 1001)
      case .boolean: ("\(argument.name) is true or false", "yes; reboot")
      }
    var given = arguments.object ?? JSONObject()
    given[argument.name] = value
    return """
      - name: \(name)
        arguments: \(flow(.object(given)))
        expect: {invalidArguments: /\(argument.name)}
      """
  }

  /// Through the real executor, with a stand-in for the program that the script asks.
  private var live: [String] {
    guard scaffold.executor == .shell else { return elsewhere }
    let output = output("desk-01")
    return [
      """
      - name: the script itself
        arguments: \(flow(arguments))
        live: true
        stubs: {uname: echo desk-01}
        expect: {outcome: succeeded, result: \(flow(output.result)), stderr: ""}
      """,
      """
      - name: the script on a machine that does not answer
        arguments: \(flow(arguments))
        live: true
        stubs: {uname: exit 1}
        expect: {outcome: failed, meaning: \(YAMLText.scalar(script.failure.meaning))}
      """,
    ]
  }

  /// Skipped where the executor is not.
  private var elsewhere: [String] {
    guard !scaffold.destructive else { return [] }
    return [
      """
      - name: the script itself
        arguments: \(flow(arguments))
        live: true
        expect: {outcome: succeeded}
      """
    ]
  }
}
