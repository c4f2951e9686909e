extension PowerShellSplicer {
  private static let runners: Set<String> = [
    "invoke-expression", "iex", "cmd", "cmd.exe", "powershell", "powershell.exe", "pwsh",
    "pwsh.exe", "bash", "sh", "wsl", "wscript", "cscript", "python", "python.exe", "sqlcmd",
    "invoke-sqlcmd", "add-type", "schtasks", "schtasks.exe", "wmic",
  ]
  /// Calls that make code of a text.
  private static let compilers = [
    "[scriptblock]::create", ".invokescript(", ".expandstring(", ".newscriptblock(", ".addscript(",
  ]

  private static func words(_ text: String) -> [String] {
    text.lowercased().split { $0.isWhitespace || "({})&|;\"'".contains($0) }
      .map { $0.split(separator: "\\").last.map(String.init) ?? String($0) }
  }

  /// Commands that print what they are given.
  private static let printers: Set<String> = [
    "write-host", "write-output", "write-verbose", "write-warning", "write-error", "write-debug",
    "write-information", "throw", "echo",
  ]

  private static func runner(in text: String) -> String? {
    let small = text.lowercased()
    let words = words(small)
    if let first = words.first, printers.contains(first), !small.contains("("),
      !small.contains("|")
    {
      return nil
    }
    return words.first(where: runners.contains)
      ?? (compilers.contains(where: small.contains) ? "a script block" : nil)
  }

  mutating func refuseInnerProgram(_ value: Value, _ name: String) throws(ItemRefusal) {
    splices += 1
    guard splices <= ShellSplicer.maxSplices else {
      throw refusal("there are more than \(ShellSplicer.maxSplices) splices")
    }
    guard !value.isTame else { return }
    wild = wild ?? name
    guard let runner = Self.runner(in: statement) else { return }
    throw innerProgram(name, runner)
  }

  private func innerProgram(_ name: String, _ runner: String) -> ItemRefusal {
    refusal(
      "{{ \(name) }} is a part of what \(runner) reads as its program, so a value could be commands;"
        + " bound the parameter with allowedPattern or allowedValues")
  }

  /// Nobody writes longer pipelines in one line.
  private static let maxLookedAhead = 4_096

  /// `… | Invoke-Expression`: up to the end of the line.
  func refusePipe() throws(ItemRefusal) {
    guard let wild else { return }
    var end = scanner.position + 1
    let limit = min(scanner.scalars.count, end + Self.maxLookedAhead)
    while end < limit, " \t\r\n".unicodeScalars.contains(scanner.scalars[end]) { end += 1 }
    while end < limit, scanner.scalars[end] != "\n", scanner.scalars[end] != ";" { end += 1 }
    guard let runner = Self.runner(in: scanner.text(scanner.position..<end)) else { return }
    throw innerProgram(wild, runner)
  }

  /// `--%` ends what PowerShell reads in a line: it expands no variable there. For `Write-Output`
  /// the line is a text, and can be written as one.
  mutating func verbatim() throws(ItemRefusal) -> Bool {
    guard scanner.peek() == "-", scanner.peek(1) == "-", scanner.peek(2) == "%",
      out.last.map({ " \t".unicodeScalars.contains($0) }) ?? true
    else { return false }
    var end = scanner.position
    while end < scanner.scalars.count, !"\r\n".unicodeScalars.contains(scanner.scalars[end]) {
      end += 1
    }
    guard try splices(in: scanner.position..<end) else {
      copy(to: end)
      return true
    }
    guard Self.words(statement).last == "write-output" else {
      throw refusal("a splice stands after --%, where PowerShell expands no variable")
    }
    put("\"")
    while scanner.position < end {
      if let (name, after) = TacticalTemplate.template(in: scanner.scalars, at: scanner.position),
        after <= end, let value = try meaning(name)
      {
        try refuseInnerProgram(value, name)
        put(value.variable)
        scanner.position = after
      } else {
        let scalar = scanner.scalars[scanner.position]
        let isSpecial = PowerShellScanner.isDoubleQuote(scalar) || scalar == "$" || scalar == "`"
        if isSpecial { put("`") }
        copy(to: scanner.position + 1)
      }
    }
    put("\"")
    return true
  }
}
