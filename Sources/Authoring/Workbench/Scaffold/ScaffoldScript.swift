import Catalog

/// The script of a new definition: it reads one fact of the machine, and prints it with the
/// arguments in the form that the result is read in.
struct ScaffoldScript {
  let scaffold: Scaffold

  init(_ scaffold: Scaffold) { self.scaffold = scaffold }

  /// The one failure that the script knows.
  var failure: (code: Int, meaning: String) {
    switch scaffold.executor {
    case .shell, .powershell: (3, "the name of the machine cannot be told")
    // osascript(1) ends with 1 for every error of a script.
    case .osascript: (1, "the script failed, or the user has not allowed it")
    }
  }

  /// What the script calls.
  var commands: [String] {
    guard scaffold.executor == .shell else { return [] }
    return usesAwk ? ["awk", "uname"] : ["uname"]
  }

  private var usesAwk: Bool { scaffold.parse == .json || scaffold.parse == .jsonl }

  // MARK: - Input

  /// Each argument with its variable: `waitSeconds` is in `ARG_WAIT_SECONDS`.
  var variables: [(argument: Scaffold.Argument, variable: String)] {
    var taken: Set<String> = []
    return scaffold.arguments.map { argument in
      var name = "ARG_"
      for scalar in argument.name.unicodeScalars {
        switch scalar {
        case "A"..."Z" where name != "ARG_" && !name.hasSuffix("_"): name += "_\(scalar)"
        case "A"..."Z", "0"..."9": name += "\(scalar)"
        case "a"..."z": name += "\(scalar)".uppercased()
        default: name += "_"
        }
      }
      while !taken.insert(name).inserted { name += "_2" }
      return (argument, name)
    }
  }

  var input: String {
    if variables.isEmpty { return "" }
    let list = variables.map { "\($0.variable): /\($0.argument.name)" }.joined(separator: ", ")
    return "    input: {env: {\(list)}}\n"
  }

  // MARK: - Result

  /// The schema of what the script prints.
  var schema: String {
    switch scaffold.parse {
    case .text: return "type: string\nminLength: 1"
    case .json, .keyValue: return object
    case .jsonl: return "type: array\nitems:\n" + indented(object, 2)
    }
  }

  private var object: String {
    let required = ["machine"] + scaffold.arguments.filter(\.isRequired).map(\.name)
    var out = "type: object\nadditionalProperties: false\n"
    out += "required: [\(Self.unique(required).joined(separator: ", "))]\nproperties:\n"
    out += "  machine: {type: string, minLength: 1, description: The name of the machine.}"
    for argument in scaffold.arguments where argument.name != "machine" {
      out += "\n  \(argument.name): {type: \(argument.kind.rawValue)}"
    }
    return out
  }

  private static func unique(_ names: [String]) -> [String] {
    names.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  private func indented(_ text: String, _ count: Int) -> String {
    String(YAMLText.indented(text, by: count).dropLast())
  }

  /// Arguments that come back in the result.
  private var echoed: [(argument: Scaffold.Argument, variable: String)] {
    variables.filter { $0.argument.name != "machine" }
  }

  // MARK: - Text

  var text: String {
    switch scaffold.executor {
    case .shell: shell
    case .powershell: powershell
    case .osascript: osascript
    }
  }

  private var shell: String {
    var lines = [
      "LC_ALL=C; export LC_ALL",
      "machine=$(uname -n) || { echo \"uname does not answer\" >&2; exit 3; }",
    ]
    if !variables.isEmpty { lines.append("# Arguments come as variables: quote each of them.") }
    switch scaffold.parse {
    case .text:
      lines.append("printf 'machine %s\\n' \"$machine\"")
      lines += echoed.map { shellPrint($0, "\($0.argument.name) %s\\n") }
    case .keyValue:
      lines.append("printf 'machine=%s\\n' \"$machine\"")
      lines += echoed.map { shellPrint($0, "\($0.argument.name)=%s\\n") }
    case .json, .jsonl: lines += [ShellJSON.program(echoed)]
    }
    return lines.joined(separator: "\n")
  }

  private func shellPrint(
    _ item: (argument: Scaffold.Argument, variable: String), _ format: String
  ) -> String {
    let line = "printf '\(format)' \"$\(item.variable)\""
    return item.argument.isRequired ? line : "[ -z \"${\(item.variable)+set}\" ] || \(line)"
  }

  private var powershell: String {
    var lines = [
      "$ErrorActionPreference = 'Stop'",
      "$machine = [Environment]::MachineName",
      "if (-not $machine) {",
      "  [Console]::Error.WriteLine('the machine has no name')",
      "  exit 3",
      "}",
      "$result = [ordered]@{ machine = $machine }",
    ]
    for (argument, variable) in echoed {
      let value =
        switch argument.kind {
        case .string: "$env:\(variable)"
        case .integer: "[long]$env:\(variable)"
        case .number: "[double]$env:\(variable)"
        case .boolean: "$env:\(variable) -eq 'true'"
        }
      let line = "$result['\(argument.name)'] = \(value)"
      lines.append(argument.isRequired ? line : "if (Test-Path env:\(variable)) { \(line) }")
    }
    switch scaffold.parse {
    case .json, .jsonl: lines.append("$result | ConvertTo-Json -Compress")
    case .keyValue: lines.append("foreach ($key in $result.Keys) { \"$key=$($result[$key])\" }")
    case .text: lines.append("foreach ($key in $result.Keys) { \"$key $($result[$key])\" }")
    }
    return lines.joined(separator: "\n")
  }

  /// AppleScript has no JSON: strings are escaped by hand.
  private var osascript: String {
    var lines = ["set machine to computer name of (system info)"]
    let (open, between, equals, close) =
      switch scaffold.parse {
      case .text: ("", "linefeed", " ", "")
      case .keyValue: ("", "linefeed", "=", "")
      case .json, .jsonl: ("{", "\",\"", "", "}")
      }
    let isJSON = scaffold.parse == .json || scaffold.parse == .jsonl
    func member(_ name: String, _ value: String, isText: Bool) -> String {
      guard isJSON else { return "\"\(name)\(equals)\" & \(value)" }
      return isText
        ? "\"\\\"\(name)\\\":\\\"\" & my escaped(\(value)) & \"\\\"\""
        : "\"\\\"\(name)\\\":\" & \(value)"
    }
    lines.append("set out to \"\(open)\" & \(member("machine", "machine", isText: true))")
    for (argument, variable) in echoed {
      let isText = argument.kind == .string
      lines.append("set value to system attribute \"\(variable)\"")
      let line =
        "set out to out & \(between) & \(member(argument.name, "value", isText: isText))"
      lines.append(argument.isRequired ? line : "if value is not \"\" then \(line)")
    }
    lines.append("return out & \"\(close)\"")
    if isJSON { lines.append(Self.appleEscaping) }
    return lines.joined(separator: "\n")
  }

  private static let appleEscaping = #"""

    on escaped(value)
      set out to ""
      repeat with letter in characters of value
        set letter to contents of letter
        if letter is "\"" or letter is "\\" then set out to out & "\\"
        set out to out & letter
      end repeat
      return out
    end escaped
    """#
}
