/// Reads a pattern of ECMA-262 with the flag `u` and writes one that means the same to RE2.
///
/// Every literal character is written as a number, so that nothing in a pattern can fall into
/// RE2's own syntax (`[[:alpha:]]`, `\C`, `\Q`). One pass, without recursion.
struct Translator {
  let scalars: [Unicode.Scalar]
  var position = 0
  var out = ""
  private var openGroups = 0
  private var groupNames: Set<String> = []
  private var last = Item.nothing

  /// What a quantifier would repeat.
  private enum Item { case nothing, atom, assertion, quantifier }

  static func translate(_ pattern: String) throws(PatternError) -> String {
    var translator = Translator(scalars: Array(pattern.unicodeScalars))
    guard translator.scalars.count <= Pattern.maxLength else {
      throw PatternError(
        reason: .lengthLimit,
        message: "the pattern is longer than \(Pattern.maxLength) characters",
        offset: Pattern.maxLength)
    }
    while let next = translator.next() { try translator.translate(next) }
    guard translator.openGroups == 0 else {
      throw translator.syntaxError("a group is not closed; write \"\\(\" for the character itself")
    }
    return translator.out
  }

  private init(scalars: [Unicode.Scalar]) { self.scalars = scalars }

  private mutating func translate(_ scalar: Unicode.Scalar) throws(PatternError) {
    switch scalar {
    case "^": write("\\A", .assertion)
    case "$": write("\\z", .assertion)
    case ".": write("[^\\n\\r\\x{2028}\\x{2029}]", .atom)
    case "|": write("|", .nothing)
    case "(": try openGroup()
    case ")": try closeGroup()
    case "[":
      try characterClass()
      last = .atom
    case "*", "+", "?", "{": try quantifier(scalar)
    case "\\": try escapeOutsideClass()
    case "]", "}":
      throw syntaxError("\"\(scalar)\" stands alone; write \"\\\(scalar)\"", back: 1)
    default: write(literal(scalar), .atom)
    }
  }

  private mutating func write(_ text: String, _ item: Item) {
    out += text
    last = item
  }

  // MARK: Groups

  private mutating func openGroup() throws(PatternError) {
    openGroups += 1
    guard openGroups <= Pattern.maxGroupDepth else {
      throw PatternError(
        reason: .groupsLimit,
        message: "groups are nested deeper than \(Pattern.maxGroupDepth)", offset: position - 1)
    }
    // Nobody asks which part a group matched, so no group captures.
    write("(?:", .nothing)
    guard peek() == "?" else { return }
    position += 1
    switch next() {
    case ":": return
    case "=", "!": throw lookAround("ahead")
    case "<":
      if peek() == "=" || peek() == "!" { throw lookAround("behind") }
      try groupName()
    default:
      throw unsupported("only (…), (?:…) and (?<name>…) are groups here; flags are not")
    }
  }

  private mutating func groupName() throws(PatternError) {
    var name = ""
    while let scalar = next(), scalar != ">" {
      let isFirst = name.isEmpty
      let properties = scalar.properties
      guard
        scalar == "_" || scalar == "$"
          || (isFirst ? properties.isIDStart : properties.isIDContinue)
      else { throw syntaxError("a group's name is made of letters, digits, \"_\" and \"$\"") }
      name.unicodeScalars.append(scalar)
    }
    guard !name.isEmpty, scalars[position - 1] == ">" else {
      throw syntaxError("the name of a group is missing or not ended by \">\"")
    }
    guard groupNames.insert(name).inserted else {
      throw syntaxError("two groups have the name \"\(name)\"")
    }
  }

  private mutating func closeGroup() throws(PatternError) {
    guard openGroups > 0 else {
      throw syntaxError("\")\" closes no group; write \"\\)\" for the character itself", back: 1)
    }
    openGroups -= 1
    write(")", .atom)
  }

  private func lookAround(_ direction: String) -> PatternError {
    unsupported(
      "look-\(direction) cannot be matched in linear time; "
        + "use a second pattern under \"allOf\" or \"not\" instead")
  }

  // MARK: Quantifiers

  private mutating func quantifier(_ first: Unicode.Scalar) throws(PatternError) {
    let start = position - 1
    var text = String(first)
    if first == "{" { text = try counts() }
    switch last {
    case .atom: break
    case .nothing: throw syntaxError("there is nothing to repeat before \"\(first)\"", at: start)
    case .assertion: throw syntaxError("an assertion cannot be repeated", at: start)
    case .quantifier: throw syntaxError("a repetition cannot be repeated; use a group", at: start)
    }
    // Lazy or greedy, the answer to "does it match" is the same.
    if peek() == "?" { position += 1 }
    write(text, .quantifier)
  }

  /// Reads `n}`, `n,}` or `n,m}`.
  private mutating func counts() throws(PatternError) -> String {
    let start = position - 1
    guard let least = number() else { throw loneBrace(start) }
    var text = "{\(least)"
    if peek() == "," {
      position += 1
      text += ","
      if let most = number() {
        guard least <= most else {
          throw syntaxError("the repetition's numbers are out of order", at: start)
        }
        text += "\(most)"
        try checkCount(most, at: start)
      }
    }
    guard next() == "}" else { throw loneBrace(start) }
    try checkCount(least, at: start)
    return text + "}"
  }

  private func loneBrace(_ start: Int) -> PatternError {
    syntaxError("\"{\" starts no repetition such as {2} or {2,5}; write \"\\{\"", at: start)
  }

  private func checkCount(_ count: Int, at start: Int) throws(PatternError) {
    // re2/parse.cc: kMaxRepeat.
    guard count <= 1_000 else {
      throw PatternError(
        reason: .sizeLimit,
        message: "a repetition of more than 1000; bound the length with \"maxLength\" instead",
        offset: start)
    }
  }

  private mutating func number() -> Int? {
    var value: Int?
    while let digit = peek().flatMap({ $0.properties.numericType == .decimal ? $0 : nil }),
      0x30...0x39 ~= digit.value
    {
      // Stops growing once it is above every limit.
      value = min((value ?? 0) * 10 + Int(digit.value - 0x30), 1_000_000)
      position += 1
    }
    return value
  }

  // MARK: Escapes

  private mutating func escapeOutsideClass() throws(PatternError) {
    switch peek() {
    case "b":
      position += 1
      write("\\b", .assertion)
    case "B":
      position += 1
      write("\\B", .assertion)
    case "k": throw unsupported("back-references cannot be matched in linear time")
    case let digit? where 0x31...0x39 ~= digit.value:
      throw unsupported("back-references cannot be matched in linear time")
    default:
      switch try escape() {
      case .character(let scalar): write(literal(scalar), .atom)
      case .set(let set): write("[\(set)]", .atom)
      }
    }
  }

  // MARK: Reading and errors

  mutating func next() -> Unicode.Scalar? {
    guard position < scalars.count else { return nil }
    position += 1
    return scalars[position - 1]
  }

  func peek() -> Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

  func literal(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "a"..."z", "A"..."Z", "0"..."9": String(scalar)
    default: "\\x{" + String(scalar.value, radix: 16) + "}"
    }
  }

  func syntaxError(_ message: String, back: Int = 0) -> PatternError {
    syntaxError(message, at: position - back)
  }

  func syntaxError(_ message: String, at offset: Int) -> PatternError {
    PatternError(reason: .syntax, message: message, offset: offset)
  }

  func unsupported(_ message: String) -> PatternError {
    PatternError(reason: .unsupported, message: message, offset: position)
  }
}
