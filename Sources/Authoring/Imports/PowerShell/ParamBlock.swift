internal import JSON

/// The parameters of a PowerShell script: what stands in the `param()` at its beginning.
struct ParamBlock {
  struct Parameter {
    let name: String
    /// Without brackets and as it was written: `string[]`; `nil` where there is none.
    var type: String?
    var attributes: [Attribute] = []
    /// The source of the default.
    var defaultSource: String?
    /// The comments before it.
    var comment = ""

    /// The attributes of this name, without regard to case and to `System.Management.Automation.`.
    func attributes(named name: String) -> [Attribute] {
      attributes.filter { $0.name == name.lowercased() }
    }

    func has(_ name: String) -> Bool { !attributes(named: name).isEmpty }
  }

  struct Attribute {
    /// The last part, in lower case, without "attribute" at its end.
    let name: String
    /// As it was written.
    let shown: String
    /// The sources of its arguments without names.
    let positional: [String]
    /// The sources of the named ones, by their names in lower case; `$true` where there is none.
    let named: [String: String]
  }

  /// As many as a definition can bind.
  static let maxParameters = 256

  var parameters: [Parameter] = []
  /// Of the script itself: `CmdletBinding`.
  var attributes: [Attribute] = []

  /// - Returns: `nil` for a script without one.
  static func read(_ script: String) throws(PowerShellScanner.Unreadable) -> ParamBlock? {
    var scanner = PowerShellScanner(script)
    skipUsing(&scanner)
    var block = ParamBlock()
    scanner.skipTrivia()
    while scanner.peek() == "[" {
      block.attributes += (try attribute(&scanner)).attribute.map { [$0] } ?? []
      scanner.skipTrivia()
    }
    guard scanner.word()?.lowercased() == "param" else { return nil }
    scanner.skipTrivia()
    guard scanner.peek() == "(" else { return nil }
    scanner.position += 1
    try block.readParameters(&scanner)
    return block
  }

  /// `using` lines come before everything else.
  /// - Returns: the comments before them, between them and after them.
  @discardableResult
  static func skipUsing(_ scanner: inout PowerShellScanner) -> [PowerShellScanner.Comment] {
    var comments: [PowerShellScanner.Comment] = []
    while true {
      comments += scanner.skipTrivia()
      var ahead = scanner
      guard ahead.word()?.lowercased() == "using",
        ahead.peek()?.properties.isWhitespace ?? false
      else { return comments }
      while let scalar = ahead.peek(), scalar != "\n", scalar != ";" { ahead.position += 1 }
      ahead.position = min(ahead.position + 1, ahead.scalars.count)
      scanner = ahead
    }
  }

  private mutating func readParameters(
    _ scanner: inout PowerShellScanner
  ) throws(PowerShellScanner.Unreadable) {
    var comments = scanner.skipTrivia()
    while let scalar = scanner.peek(), scalar != ")" {
      guard parameters.count < Self.maxParameters else {
        throw scanner.unreadable("there are more than \(Self.maxParameters) parameters")
      }
      var (type, attributes): (String?, [Attribute]) = (nil, [])
      while scanner.peek() == "[" {
        let part = try Self.attribute(&scanner)
        if let attribute = part.attribute { attributes.append(attribute) } else { type = part.type }
        comments += scanner.skipTrivia()
      }
      guard let name = scanner.variable() else {
        throw scanner.unreadable("a parameter is expected here")
      }
      var parameter = Parameter(name: name, type: type, attributes: attributes)
      comments += scanner.skipTrivia()
      if scanner.peek() == "=" {
        scanner.position += 1
        parameter.defaultSource = PowerShellLiteral.trimmed(
          try scanner.raw(upTo: [",", ")"]))
      }
      if scanner.peek() == "," {
        scanner.position += 1
      } else if scanner.peek() != ")" {
        throw scanner.unreadable("a comma is expected between parameters")
      }
      // A comment at the end of the line belongs to the parameter before it.
      let following = Self.commentOnSameLine(&scanner)
      parameter.comment = (comments.map(\.text) + following).joined(separator: "\n")
      parameters.append(parameter)
      comments = scanner.skipTrivia()
    }
    guard !scanner.isAtEnd else { throw scanner.unreadable("the param block is not closed") }
    scanner.position += 1
  }

  private static func commentOnSameLine(_ scanner: inout PowerShellScanner) -> [String] {
    while let scalar = scanner.peek(), scalar == " " || scalar == "\t" { scanner.position += 1 }
    return scanner.peek() == "#" ? scanner.comment().map { [$0.text] } ?? [] : []
  }

  // MARK: Attributes

  /// `[string]` is a type, `[ValidateSet('a', 'b')]` an attribute.
  private static func attribute(
    _ scanner: inout PowerShellScanner
  ) throws(PowerShellScanner.Unreadable) -> (attribute: Attribute?, type: String?) {
    let start = scanner.position + 1
    try scanner.skipOne()
    var inner = PowerShellScanner(Array(scanner.scalars[start..<(scanner.position - 1)]))
    inner.skipTrivia()
    let name = inner.word() ?? ""
    inner.skipTrivia()
    guard inner.peek() == "(" else {
      return (nil, PowerShellLiteral.trimmed(scanner.text(start..<(scanner.position - 1))))
    }
    let open = inner.position
    try inner.skipOne()
    let arguments = inner.text((open + 1)..<(inner.position - 1))
    return (Attribute(name: plain(name), shown: name, arguments), nil)
  }

  private static func plain(_ name: String) -> String {
    var plain = name.lowercased().split(separator: ".").last.map(String.init) ?? ""
    if plain.hasSuffix("attribute"), plain != "attribute" { plain.removeLast("attribute".count) }
    return plain
  }
}

extension ParamBlock.Attribute {
  init(name: String, shown: String, _ source: String) {
    var positional: [String] = []
    var named: [String: String] = [:]
    for part in PowerShellLiteral.parts(source, between: [","]) ?? [] {
      var scanner = PowerShellScanner(part)
      let start = scanner.position
      if let word = scanner.word(), !word.hasPrefix("$") {
        scanner.skipTrivia()
        if scanner.peek() == "=" {
          named[word.lowercased()] = PowerShellLiteral.trimmed(
            scanner.text((scanner.position + 1)..<scanner.scalars.count))
          continue
        }
        if scanner.isAtEnd, name == "parameter" {
          named[word.lowercased()] = "$true"
          continue
        }
      }
      scanner.position = start
      positional.append(part)
    }
    self.init(name: name, shown: shown, positional: positional, named: named)
  }

  func isTrue(_ key: String) -> Bool {
    guard let source = named[key.lowercased()]?.lowercased() else { return false }
    return source != "$false" && source != "0"
  }
}
