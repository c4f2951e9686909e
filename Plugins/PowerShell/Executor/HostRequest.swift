internal import JSON
package import PluginKit

/// A call, as the host is asked to run it. All text in it is base 64: see host.ps1.
package struct HostRequest: Sendable {
  package var script: String
  package var directory: String
  package var environment: [(name: String, value: String)]
  /// The script's own arguments, in their order.
  package var arguments: [String]
  /// All the arguments of the call by name, where the tool says `stdin: json`; and as the text that
  /// the script can read from `[Console]::In`.
  package var input: String?
  private let parameters: JSONObject

  /// - Throws: for arguments that PowerShell could not be given as they are.
  package init(
    script: String, directory: String, environment: [(name: String, value: String)] = [],
    arguments: [String] = [], input: String? = nil
  ) throws(Refusal) {
    self.script = script
    self.directory = directory
    self.environment = environment
    self.arguments = arguments
    self.input = input
    parameters = try Self.parameters(input)
    try Refusal.checkHandover(environment: environment)
  }

  /// The line that asks for the call, with its newline.
  package func line(call: String, nonce: String) -> [UInt8] {
    let request: JSON = [
      "request": "run", "call": .string(call), "nonce": .string(nonce),
      "script": Self.coded(script), "directory": Self.coded(directory),
      "environment": .array(
        environment.map { .array([Self.coded($0.name), Self.coded($0.value)]) }),
      "arguments": .array(arguments.map { Self.typed(.string($0)) }),
      "parameters": Self.pairs(parameters),
      "input": input.map(Self.coded) ?? .null,
    ]
    return request.bytes + [UInt8(ascii: "\n")]
  }

  package static func stopLine(call: String) -> [UInt8] {
    let request: JSON = ["request": "stop", "call": .string(call)]
    return request.bytes + [UInt8(ascii: "\n")]
  }

  package static let leaveLine: [UInt8] = Array("{\"request\":\"leave\"}\n".utf8)

  private static func coded(_ text: String) -> JSON { .string(Base64.text(Array(text.utf8))) }

  /// A value that names its type, since the JSON parsers of PowerShell make dates of some strings and
  /// lose digits of some numbers.
  static func typed(_ value: JSON) -> JSON {
    switch value {
    case .null: ["null": true]
    case .bool(let value): ["boolean": .bool(value)]
    case .number(let number):
      isWhole(number.text) ? ["integer": .string(number.text)] : ["number": .string(number.text)]
    case .string(let text): ["string": coded(text)]
    case .array(let items): ["array": .array(items.map(typed))]
    case .object(let object): ["object": pairs(object)]
    }
  }

  private static func isWhole(_ text: String) -> Bool {
    text.utf8.allSatisfy { $0 == UInt8(ascii: "-") || (0x30...0x39).contains($0) }
  }

  private static func pairs(_ object: JSONObject) -> JSON {
    .array(object.members.map { .array([coded($0.key), typed($0.value)]) })
  }

  private static func parameters(_ input: String?) throws(Refusal) -> JSONObject {
    guard let input else { return JSONObject() }
    let limits = JSONLimits(maxDepth: HostProtocol.maxArgumentLevels)
    let value: JSON
    do throws(JSONError) {
      value = try JSON(parsing: Array(input.utf8), limits: limits)
    } catch {
      throw Refusal(
        reason: "argument.unfit", message: "the arguments cannot be given to PowerShell: \(error)",
        remedy: "give at most \(HostProtocol.maxArgumentLevels) levels of arrays and objects")
    }
    if let name = nameInTwoCases(value) {
      throw Refusal(
        reason: "argument.names", message: "\"\(name)\" is in an object twice, in different cases",
        remedy: "PowerShell does not tell them apart: use another name")
    }
    return value.object ?? JSONObject()
  }

  /// The recursion is bounded by the levels that the parser takes.
  private static func nameInTwoCases(_ value: JSON) -> String? {
    switch value {
    case .null, .bool, .number, .string: return nil
    case .array(let items): return items.lazy.compactMap(nameInTwoCases).first
    case .object(let object):
      var seen: Set<String> = []
      for (name, member) in object.members {
        if !seen.insert(name.lowercased()).inserted { return name }
        if let inner = nameInTwoCases(member) { return inner }
      }
      return nil
    }
  }
}
