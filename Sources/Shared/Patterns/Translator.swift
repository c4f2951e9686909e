/// Reads a pattern of ECMA-262 with the flag `u` and writes one that means the same to RE2.
///
/// Every literal character is written as a number, so that nothing in a pattern can fall into
/// RE2's own syntax (`[[:alpha:]]`, `\C`, `\Q`). One pass, without recursion.
struct Translator {
  let scalars: [Unicode.Scalar]
  var position = 0
  var out = ""
  /// The first thing in the pattern that is right, and cannot be done here.
  private(set) var refusal: PatternError?
  /// What each open group is, once it is closed.
  var openGroups: [Item] = []
  var captureCount = 0
  var groupNames: Set<String> = []
  private var references: [Reference] = []
  var last = Item.nothing

  /// What a quantifier would repeat.
  enum Item { case nothing, atom, assertion, quantifier }

  /// A back-reference, which may come before its group.
  private enum Reference {
    case name(String, at: Int)
    case number(Int, at: Int)
  }

  static func translate(_ pattern: String) throws(PatternError) -> String {
    var translator = Translator(scalars: Array(pattern.unicodeScalars))
    guard translator.scalars.count <= Pattern.maxLength else {
      throw PatternError(
        reason: .lengthLimit,
        message: "the pattern is longer than \(Pattern.maxLength) characters",
        offset: Pattern.maxLength)
    }
    try translator.read()
    if let refusal = translator.refusal { throw refusal }
    return translator.out
  }

  /// Whether it is a pattern of ECMA-262, be it one that can be matched here or not.
  static func isPattern(_ text: String) -> Bool {
    var translator = Translator(scalars: Array(text.unicodeScalars))
    return (try? translator.read()) != nil
  }

  private mutating func read() throws(PatternError) {
    while let next = next() { try translate(next) }
    guard openGroups.isEmpty else {
      throw syntaxError("a group is not closed; write \"\\(\" for the character itself")
    }
    for reference in references {
      switch reference {
      case .name(let name, let place) where !groupNames.contains(name):
        throw syntaxError("no group has the name \"\(name)\"", at: place)
      case .number(let number, let place) where number > captureCount:
        throw syntaxError("there is no group number \(number)", at: place)
      case .name, .number: break
      }
    }
  }

  private init(scalars: [Unicode.Scalar]) { self.scalars = scalars }

  private mutating func translate(_ scalar: Unicode.Scalar) throws(PatternError) {
    switch scalar {
    case "^": write("\\A", .assertion)
    case "$": write("\\z", .assertion)
    case ".": write("[^\\x{a}\\x{d}\\x{2028}\\x{2029}]", .atom)
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

  mutating func write(_ text: String, _ item: Item) {
    out += text
    last = item
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
        checkCount(most, at: start)
      }
    }
    guard next() == "}" else { throw loneBrace(start) }
    checkCount(least, at: start)
    return text + "}"
  }

  private func loneBrace(_ start: Int) -> PatternError {
    syntaxError("\"{\" starts no repetition such as {2} or {2,5}; write \"\\{\"", at: start)
  }

  private mutating func checkCount(_ count: Int, at start: Int) {
    // re2/parse.cc: kMaxRepeat.
    if count > 1_000 {
      refuse(
        .sizeLimit, "a repetition of more than 1000; bound the length with \"maxLength\" instead",
        at: start)
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
    case "k":
      position += 1
      guard next() == "<" else { throw syntaxError("\"\\k\" needs the name of a group: \\k<name>") }
      let place = position
      references.append(.name(try groupName(), at: place))
      refuseBackReference()
    case let digit? where 0x31...0x39 ~= digit.value:
      let place = position
      references.append(.number(number() ?? 0, at: place))
      refuseBackReference()
    default:
      switch try escape() {
      case .character(let code): write(literal(code), .atom)
      case .set(let set): write(set.isEmpty ? "[^\(Sets.all)]" : "[\(set)]", .atom)
      }
    }
  }

  private mutating func refuseBackReference() {
    refuse(.unsupported, "back-references cannot be matched in linear time", at: position)
    write("", .atom)
  }

  // MARK: Reading and errors

  mutating func next() -> Unicode.Scalar? {
    guard position < scalars.count else { return nil }
    position += 1
    return scalars[position - 1]
  }

  func peek() -> Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

  func literal(_ scalar: Unicode.Scalar) -> String { literal(scalar.value) }

  /// A half of a surrogate pair is a character of a pattern, but of no text.
  func literal(_ code: UInt32) -> String {
    guard let scalar = Unicode.Scalar(code) else { return "[^\(Sets.all)]" }
    switch scalar {
    case "a"..."z", "A"..."Z", "0"..."9": return String(scalar)
    default: return "\\x{" + String(code, radix: 16) + "}"
    }
  }

  func syntaxError(_ message: String, back: Int = 0) -> PatternError {
    syntaxError(message, at: position - back)
  }

  func syntaxError(_ message: String, at offset: Int) -> PatternError {
    PatternError(reason: .syntax, message: message, offset: offset)
  }

  /// Notes what cannot be done, and lets the rest be read: it may be wrong altogether.
  mutating func refuse(_ reason: PatternError.Reason, _ message: String, at offset: Int) {
    if refusal == nil {
      refusal = PatternError(reason: reason, message: message, offset: offset)
    }
  }
}
