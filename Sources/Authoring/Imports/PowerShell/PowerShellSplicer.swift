/// Takes `{{ name }}` out of a PowerShell script, as `ShellSplicer` does for shells: in its place
/// comes a variable, which PowerShell never reads as code.
struct PowerShellSplicer {
  struct Value {
    /// As it stands in the script: `${env:SSM_name}`.
    let variable: String
    let isTame: Bool
    let isListed: Bool
    let kind: Kind
  }

  enum Kind { case text, integer, boolean }

  typealias Meaning = (String) throws(ItemRefusal) -> Value?

  let meaning: Meaning
  var scanner: PowerShellScanner
  var out = String.UnicodeScalarView()
  var remarks = Remarks()
  private var statementStart = 0
  var splices = 0
  /// The first splice of the statement that can be anything.
  var wild: String?
  /// Expressions within strings within expressions; and where the present one begins.
  private var depth = 0
  private var firstLine = 1

  /// People nest once or twice.
  private static let maxDepth = 8

  static func rewrite(
    _ script: String, _ remarks: inout Remarks, meaning: @escaping Meaning
  ) throws(ItemRefusal) -> String {
    var splicer = PowerShellSplicer(meaning: meaning, scanner: PowerShellScanner(script))
    while !splicer.scanner.isAtEnd { try splicer.step() }
    remarks.take(splicer.remarks)
    return String(splicer.out)
  }

  private init(meaning: @escaping Meaning, scanner: PowerShellScanner) {
    self.meaning = meaning
    self.scanner = scanner
  }

  func refusal(_ why: String) -> ItemRefusal {
    ItemRefusal(.ssmSplice, "line \(line) of the script: \(why)")
  }

  var line: Int { firstLine + scanner.unreadable("").line - 1 }

  mutating func put(_ text: String) { out.append(contentsOf: text.unicodeScalars) }

  mutating func copy(to end: Int) {
    let end = min(end, scanner.scalars.count)
    out.append(contentsOf: scanner.scalars[scanner.position..<end])
    scanner.position = end
  }

  private mutating func step() throws(ItemRefusal) {
    guard let scalar = scanner.peek() else { return }
    if try spliceInCode() { return }
    if scalar == "\n" || scalar == ";" || scalar == "{" || scalar == "}" {
      // A line that ends with `|` goes on.
      let goesOn = scalar == "\n" && statement.last { !$0.isWhitespace } == "|"
      copy(to: scanner.position + 1)
      if !goesOn {
        statementStart = scanner.position
        wild = nil
      }
      return
    }
    if scalar == "|" { try refusePipe() }
    if try verbatim() { return }
    if scalar == "#" && scanner.isCommentStart || scalar == "<" && scanner.peek(1) == "#" {
      comment()
      return
    }
    if scalar == "`" {
      copy(to: scanner.position + 2)
      return
    }
    let isQuote =
      PowerShellScanner.isSingleQuote(scalar) || PowerShellScanner.isDoubleQuote(scalar)
      || scalar == "@"
        && (PowerShellScanner.isSingleQuote(scanner.peek(1))
          || PowerShellScanner.isDoubleQuote(scanner.peek(1)))
    guard isQuote else {
      copy(to: scanner.position + 1)
      return
    }
    try string()
  }

  private mutating func comment() {
    var ahead = scanner
    guard let comment = ahead.comment() else {
      copy(to: scanner.position + 1)
      return
    }
    while scanner.position < comment.range.upperBound {
      if let (name, end) = TacticalTemplate.template(in: scanner.scalars, at: scanner.position),
        end <= comment.range.upperBound
      {
        put("<\(name)>")
        scanner.position = end
      } else {
        copy(to: scanner.position + 1)
      }
    }
  }

  // MARK: Strings

  private mutating func string() throws(ItemRefusal) {
    let start = scanner.position
    var ahead = scanner
    do throws(PowerShellScanner.Unreadable) {
      try ahead.skipOne()
    } catch {
      throw refusal(error.reason)
    }
    let end = ahead.position
    guard try splices(in: start..<end) else {
      copy(to: end)
      return
    }
    let isHere = scanner.peek() == "@"
    let quote = scanner.peek(isHere ? 1 : 0)
    if PowerShellScanner.isDoubleQuote(quote) {
      try expanded(to: end)
    } else if isHere {
      throw refusal(
        "a splice stands in a here-string with single quotes, where no variable is expanded; use"
          + " double quotes")
    } else {
      try single(to: end)
    }
  }

  func splices(in range: Range<Int>) throws(ItemRefusal) -> Bool {
    for index in range {
      if let (name, _) = TacticalTemplate.template(in: scanner.scalars, at: index),
        try meaning(name) != nil
      {
        return true
      }
    }
    return false
  }

  /// Between double quotes a variable is text.
  private mutating func expanded(to end: Int) throws(ItemRefusal) {
    while scanner.position < end {
      if let (name, after) = TacticalTemplate.template(in: scanner.scalars, at: scanner.position),
        after <= end, let value = try meaning(name)
      {
        try refuseInnerProgram(value, name)
        if scanner.scalars[..<scanner.position].last == "$" {
          throw refusal("{{ \(name) }} stands after \"$\", where it names a variable")
        }
        put(value.variable)
        scanner.position = after
      } else if scanner.peek() == "$", scanner.peek(1) == "(" {
        try expression()
      } else if scanner.peek() == "`" {
        copy(to: scanner.position + 2)
      } else {
        copy(to: scanner.position + 1)
      }
    }
  }

  /// `$(…)` within a string is code.
  private mutating func expression() throws(ItemRefusal) {
    copy(to: scanner.position + 1)
    var ahead = scanner
    do throws(PowerShellScanner.Unreadable) {
      try ahead.skipOne()
    } catch {
      throw refusal(error.reason)
    }
    guard depth < Self.maxDepth else {
      throw refusal("expressions are nested more than \(Self.maxDepth) deep in strings")
    }
    let code = Array(scanner.scalars[(scanner.position + 1)..<(ahead.position - 1)])
    var inner = PowerShellSplicer(meaning: meaning, scanner: PowerShellScanner(code))
    inner.depth = depth + 1
    inner.firstLine = line
    inner.splices = splices
    while !inner.scanner.isAtEnd { try inner.step() }
    splices = inner.splices
    wild = wild ?? inner.wild
    remarks.take(inner.remarks)
    put("(")
    out.append(contentsOf: inner.out)
    put(")")
    scanner = ahead
  }

  /// A string with single quotes becomes one with double quotes.
  private mutating func single(to end: Int) throws(ItemRefusal) {
    put("\"")
    scanner.position += 1
    while scanner.position < end - 1 {
      if let (name, after) = TacticalTemplate.template(in: scanner.scalars, at: scanner.position),
        after < end, let value = try meaning(name)
      {
        try refuseInnerProgram(value, name)
        put(value.variable)
        scanner.position = after
        continue
      }
      let scalar = scanner.scalars[scanner.position]
      if PowerShellScanner.isSingleQuote(scalar) {
        put("'")
        scanner.position += 2
      } else if PowerShellScanner.isDoubleQuote(scalar) || scalar == "$" || scalar == "`" {
        put("`\(scalar)")
        scanner.position += 1
      } else {
        copy(to: scanner.position + 1)
      }
    }
    put("\"")
    scanner.position = end
  }

  // MARK: Code

  private mutating func spliceInCode() throws(ItemRefusal) -> Bool {
    guard let (name, end) = TacticalTemplate.template(in: scanner.scalars, at: scanner.position),
      let value = try meaning(name)
    else { return false }
    try refuseInnerProgram(value, name)
    if out.last == "$" {
      guard value.kind == .boolean || value.isListed else {
        throw refusal("{{ \(name) }} stands after \"$\", where it names a variable")
      }
      // `${{ Flag }}` was `$true` or `$false`.
      out.removeLast()
      put("([bool]::Parse(\(value.variable)))")
    } else if isCommandPlace {
      guard value.isListed else {
        throw refusal(
          "{{ \(name) }} stands where a command stands, so its value would say what is run; give the"
            + " parameter allowedValues, or write the command out")
      }
      put("& \(value.variable)")
    } else {
      switch value.kind {
      case .integer: put("([int]\(value.variable))")
      case .boolean, .text: put(value.variable)
      }
      if isExpression, value.kind == .text {
        remarks.gap(
          .ssmSpliceWord,
          "{{ \(name) }} stands without quotes: it was read as code, a number maybe, and is text now"
        )
      }
    }
    scanner.position = end
    return true
  }

  var statement: String {
    scanner.text(min(statementStart, scanner.position)..<scanner.position)
  }

  private var isCommandPlace: Bool {
    let before = statement.filter { !$0.isWhitespace }
    return before.isEmpty || before.hasSuffix("|") || before.hasSuffix("&")
      || before.hasSuffix("(")
        && before.hasSuffix("$(")
  }

  /// After an operator, rather than as an argument of a command.
  private var isExpression: Bool {
    guard let last = statement.last(where: { !$0.isWhitespace }) else { return false }
    return "=+*/<>,(".contains(last)
  }
}
