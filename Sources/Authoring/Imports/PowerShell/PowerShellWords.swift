/// What a PowerShell script uses, outside of its comments.
struct PowerShellWords {
  /// Commands and other words in lower case, such as `read-host`, outside of strings.
  private(set) var words: Set<String> = []
  /// Variables in lower case, without the sigil.
  private(set) var variables: Set<String> = []
  /// One more than the highest `$args[n]`; `nil` without any use of `$args`.
  private(set) var positionalCount: Int?

  init(_ script: String) {
    var scanner = PowerShellScanner(script)
    while true {
      scanner.skipTrivia()
      guard let scalar = scanner.peek() else { return }
      if let name = scanner.variable() {
        take(name.lowercased(), &scanner)
      } else if scalar == "@" || PowerShellScanner.isSingleQuote(scalar)
        || PowerShellScanner.isDoubleQuote(scalar)
      {
        guard takeString(&scanner) else { return }
      } else {
        takeWord(&scanner)
      }
    }
  }

  private mutating func take(_ name: String, _ scanner: inout PowerShellScanner) {
    variables.insert(name)
    guard name == "args" else { return }
    positionalCount = positionalCount ?? 0
    guard scanner.peek() == "[" else { return }
    var ahead = scanner
    ahead.position += 1
    guard let text = ahead.word(), let index = Int(text), ahead.peek() == "]" else { return }
    positionalCount = max(positionalCount ?? 0, min(index, 63) + 1)
  }

  /// - Returns: whether the script can be read on.
  private mutating func takeString(_ scanner: inout PowerShellScanner) -> Bool {
    let isExpanded =
      PowerShellScanner.isDoubleQuote(scanner.peek())
      || scanner.peek() == "@" && PowerShellScanner.isDoubleQuote(scanner.peek(1))
    let start = scanner.position
    guard (try? scanner.skipOne()) != nil else { return false }
    guard isExpanded else { return true }
    var inner = PowerShellScanner(Array(scanner.scalars[start..<scanner.position]))
    while let scalar = inner.peek() {
      if scalar == "`" {
        inner.position += 2
      } else if let name = inner.variable() {
        take(name.lowercased(), &inner)
      } else {
        inner.position += 1
      }
    }
    return true
  }

  private mutating func takeWord(_ scanner: inout PowerShellScanner) {
    let start = scanner.position
    while let scalar = scanner.peek(),
      PowerShellScanner.isNameCharacter(scalar) || scalar == "-" && scanner.position > start
    {
      scanner.position += 1
    }
    if scanner.position == start {
      scanner.position += 1
    } else {
      words.insert(scanner.text(start..<scanner.position).lowercased())
    }
  }
}

extension PowerShellWords {
  /// What a script relies on that it does not find on the endpoint.
  func remark(isFramed: Bool, _ remarks: inout Remarks) {
    if words.contains("read-host") {
      remarks.gap(.scriptAsks, "it asks its user with Read-Host, and no user is there to answer")
    }
    if !variables.isDisjoint(with: ["psscriptroot", "pscommandpath"]) {
      remarks.gap(
        .scriptLocation, "it looks for files beside itself; on the endpoint it lies alone")
    } else if isFramed, variables.contains("myinvocation") {
      remarks.gap(
        .scriptLocation, "it looks at $MyInvocation, which is the block that it runs in now")
    }
  }
}
