internal import JSON

/// What is put around a PowerShell script so that its arguments reach its own parameters. They come
/// as JSON on standard input, keep their types, and a secret among them is in no argument list and
/// no environment. The script itself stays as it is, between two braces.
struct PowerShellFrame {
  /// How one argument gets to the script.
  struct Binding {
    let argument: String
    /// The parameter's name in the script.
    let parameter: String
    var kind = ParameterType.Kind.value
  }

  private enum Way {
    case named([Binding])
    case positional([String])
    /// As variables that the script's text was made to use.
    case variables([Binding])
  }

  private let way: Way

  static func named(_ bindings: [Binding]) -> PowerShellFrame {
    PowerShellFrame(way: .named(bindings))
  }
  static func positional(_ arguments: [String]) -> PowerShellFrame {
    PowerShellFrame(way: .positional(arguments))
  }
  static func variables(_ bindings: [Binding]) -> PowerShellFrame {
    PowerShellFrame(way: .variables(bindings))
  }

  func around(_ script: String) -> String {
    let (using, body) = Self.parted(script)
    let end = body.hasSuffix("\n") ? "" : "\n"
    switch way {
    case .named(let bindings):
      return using + Self.reading + Self.parameters(bindings)
        + ". {\n" + body + end + "} @SignalboxParameters\n"
    case .positional(let arguments):
      return using + Self.reading + Self.list(arguments)
        + ". {\n" + body + end + "} @SignalboxArguments\n"
    case .variables(let bindings):
      return using + Self.reading
        + bindings.map { "$\($0.parameter) = $SignalboxInput.\(Self.quoted($0.argument))\n" }
        .joined()
        + body + end
    }
  }

  /// `using` has to stand before everything else.
  private static func parted(_ script: String) -> (using: String, body: String) {
    var scanner = PowerShellScanner(script)
    ParamBlock.skipUsing(&scanner)
    var probe = PowerShellScanner(script)
    probe.skipTrivia()
    guard probe.word()?.lowercased() == "using", scanner.position > 0 else { return ("", script) }
    let end = min(scanner.position, scanner.scalars.count)
    let head = scanner.text(0..<end)
    return (head.hasSuffix("\n") ? head : head + "\n", scanner.text(end..<scanner.scalars.count))
  }

  private static let reading = """
    # Signalbox: the arguments come as JSON on standard input; no part of them becomes script text.
    $SignalboxInput = [Console]::In.ReadToEnd() | ConvertFrom-Json

    """

  /// Later versions of PowerShell make dates out of text that looks like one.
  private static let undated =
    "  if ($SignalboxValue -is [datetime]) { $SignalboxValue = $SignalboxValue.ToString('o') }\n"

  private static func parameters(_ bindings: [Binding]) -> String {
    var text = "$SignalboxParameters = @{}\n"
    text += "foreach ($SignalboxPair in @(\n"
    text += bindings.map {
      "  @{ From = \(quoted($0.argument)); To = \(quoted($0.parameter)) }"
    }.joined(separator: "\n")
    text += "\n)) {\n  $SignalboxValue = $SignalboxInput.($SignalboxPair.From)\n" + undated
    text += "  if ($null -ne $SignalboxValue) {"
    text += " $SignalboxParameters[$SignalboxPair.To] = $SignalboxValue }\n}\n"
    for binding in bindings { text += conversion(binding) }
    return text
  }

  private static func conversion(_ binding: Binding) -> String {
    let key = quoted(binding.parameter)
    let value = "$SignalboxParameters[\(key)]"
    func when(_ expression: String) -> String {
      "if ($SignalboxParameters.ContainsKey(\(key))) {\n  \(value) = \(expression)\n}\n"
    }
    switch binding.kind {
    case .secureString: return when("ConvertTo-SecureString \(value) -AsPlainText -Force")
    case .credential:
      return when(
        "New-Object System.Management.Automation.PSCredential(\(value).userName,"
          + " (ConvertTo-SecureString \(value).password -AsPlainText -Force))")
    case .table:
      return "if ($SignalboxParameters.ContainsKey(\(key))) {\n  $SignalboxTable = @{}\n"
        + "  foreach ($SignalboxMember in \(value).PSObject.Properties) {\n"
        + "    $SignalboxTable[$SignalboxMember.Name] = $SignalboxMember.Value\n  }\n"
        + "  \(value) = $SignalboxTable\n}\n"
    case .value, .flag, .code, .unknown: return ""
    }
  }

  private static func list(_ arguments: [String]) -> String {
    "$SignalboxArguments = @()\nforeach ($SignalboxName in "
      + arguments.map(quoted).joined(separator: ", ") + ") {\n"
      + "  $SignalboxValue = $SignalboxInput.$SignalboxName\n" + undated
      + "  if ($null -eq $SignalboxValue) { break }\n"
      + "  $SignalboxArguments += $SignalboxValue\n}\n"
  }

  private static func quoted(_ name: String) -> String {
    "'" + name.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
  }
}
