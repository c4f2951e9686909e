internal import Patterns

/// Writes a regular expression of another engine as one of ours (ECMA-262 with the flag `u`), where
/// it means the same. What backtracks by nature (look-around, back-references, possessive and atomic
/// groups) has no counterpart here, and is told as the reason.
struct ForeignPattern {
  enum Dialect {
    /// Puppet's `Pattern`: Onigmo.
    case ruby
    /// PowerShell's `ValidatePattern`, which ignores case unless told otherwise.
    case dotNet
    /// `allowedPattern` of SSM documents.
    case java
  }

  struct Untranslatable: Error {
    let reason: String
  }

  let dialect: Dialect
  let scalars: [Unicode.Scalar]
  var position = 0
  var out = ""
  /// Of each open group, the outermost first: what `(?i)` and `(?s)` say within.
  var flags: [Flags]

  struct Flags {
    var ignoresCase = false
    var dotTakesNewline = false
  }

  /// Longer patterns are generated, and nobody reviews them.
  static let maxScalars = 2_000

  static func translate(
    _ text: String, _ dialect: Dialect, ignoringCase: Bool = false
  ) throws(Untranslatable) -> String {
    var pattern = ForeignPattern(
      dialect: dialect, scalars: Array(text.unicodeScalars),
      flags: [Flags(ignoresCase: ignoringCase)])
    guard pattern.scalars.count <= maxScalars else {
      throw Untranslatable(reason: "it has more than \(maxScalars) characters")
    }
    while let next = pattern.next() { try pattern.translate(next) }
    do throws(PatternError) {
      _ = try Pattern(pattern.out)
    } catch {
      throw Untranslatable(reason: error.message)
    }
    return pattern.out
  }

  private init(dialect: Dialect, scalars: [Unicode.Scalar], flags: [Flags]) {
    self.dialect = dialect
    self.scalars = scalars
    self.flags = flags
  }

  mutating func next() -> Unicode.Scalar? {
    guard position < scalars.count else { return nil }
    position += 1
    return scalars[position - 1]
  }

  func peek(_ distance: Int = 0) -> Unicode.Scalar? {
    position + distance < scalars.count ? scalars[position + distance] : nil
  }

  mutating func take(_ text: String) -> Bool {
    let wanted = Array(text.unicodeScalars)
    guard position + wanted.count <= scalars.count,
      scalars[position..<(position + wanted.count)].elementsEqual(wanted)
    else { return false }
    position += wanted.count
    return true
  }

  // MARK: One construct

  private mutating func translate(_ scalar: Unicode.Scalar) throws(Untranslatable) {
    switch scalar {
    case "\\": try escape()
    case "[": try characterClass()
    case "(": try openGroup()
    case ")":
      guard flags.count > 1 else { throw Untranslatable(reason: "\")\" closes no group") }
      flags.removeLast()
      out += ")"
    case ".": out += (flags.last?.dotTakesNewline ?? false) ? "[\\s\\S]" : "."
    case "{": try brace()
    case "}": out += "\\}"
    case "]": out += "\\]"
    case "*", "+", "?":
      out.unicodeScalars.append(scalar)
      try afterQuantifier()
    case "^", "$", "|": out.unicodeScalars.append(scalar)
    default: literal(scalar)
    }
  }

  mutating func literal(_ scalar: Unicode.Scalar) {
    if flags.last?.ignoresCase ?? false, let other = Self.otherCase(scalar) {
      out += "[\(scalar)\(other)]"
    } else if "^$\\.*+?()[]{}|/".unicodeScalars.contains(scalar) {
      out += "\\\(scalar)"
    } else {
      out.unicodeScalars.append(scalar)
    }
  }

  static func otherCase(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
    let letters: ClosedRange<Unicode.Scalar> = "a"..."z"
    let capitals: ClosedRange<Unicode.Scalar> = "A"..."Z"
    guard letters.contains(scalar) || capitals.contains(scalar) else { return nil }
    return Unicode.Scalar(scalar.value ^ 0x20)
  }

  // MARK: Repetition

  private mutating func brace() throws(Untranslatable) {
    var text = ""
    var offset = 0
    while let scalar = peek(offset), scalar != "}", offset < 16 {
      text.unicodeScalars.append(scalar)
      offset += 1
    }
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    let areNumbers = parts.allSatisfy { $0.utf8.allSatisfy { 0x30...0x39 ~= $0 } }
    guard peek(offset) == "}", areNumbers, (1...2).contains(parts.count), !text.isEmpty,
      text != ",", !parts[0].isEmpty || dialect == .ruby
    else {
      out += "\\{"
      return
    }
    position += offset + 1
    out += parts[0].isEmpty ? "{0\(text)}" : "{\(text)}"
    try afterQuantifier()
  }

  /// A lazy mark changes nothing about whether a text matches; a possessive one does.
  private mutating func afterQuantifier() throws(Untranslatable) {
    if peek() == "?" {
      position += 1
    } else if peek() == "+", dialect != .dotNet {
      throw Untranslatable(reason: "a possessive repetition cannot be matched in linear time")
    }
  }

  // MARK: Groups

  private mutating func openGroup() throws(Untranslatable) {
    let inner = flags.last ?? Flags()
    guard peek() == "?" else {
      flags.append(inner)
      out += "("
      return
    }
    position += 1
    if take(":") {
      flags.append(inner)
      out += "(?:"
    } else if take("#") {
      while let scalar = next(), scalar != ")" {}
    } else if take("=") || take("!") || take("<=") || take("<!") {
      throw Untranslatable(reason: "look-around cannot be matched in linear time")
    } else if take(">") {
      throw Untranslatable(reason: "an atomic group cannot be matched in linear time")
    } else if take("P<") || take("<") || take("'") {
      try name()
      flags.append(inner)
      // Nobody asks which part a group matched.
      out += "(?:"
    } else {
      try groupFlags(inner)
    }
  }

  private mutating func name() throws(Untranslatable) {
    while let scalar = next() {
      if scalar == ">" || scalar == "'" { return }
    }
    throw Untranslatable(reason: "the name of a group is not ended")
  }

  /// `(?i)` to the end of the group, or `(?i:…)`.
  private mutating func groupFlags(_ outer: Flags) throws(Untranslatable) {
    var flags = outer
    var isOn = true
    while let scalar = next() {
      switch scalar {
      case "-": isOn = false
      case "i": flags.ignoresCase = isOn
      case "s" where dialect != .ruby: flags.dotTakesNewline = isOn
      case "m" where dialect == .ruby: flags.dotTakesNewline = isOn
      case "m" where !isOn, "x" where !isOn: break
      case "u" where dialect == .java, "d" where dialect == .java: break
      case ")":
        self.flags[self.flags.count - 1] = flags
        return
      case ":":
        self.flags.append(flags)
        out += "(?:"
        return
      default: throw Untranslatable(reason: "the flag \"\(scalar)\" has no counterpart")
      }
    }
    throw Untranslatable(reason: "a group is not closed")
  }
}
