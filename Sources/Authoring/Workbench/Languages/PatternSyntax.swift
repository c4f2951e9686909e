import Patterns

/// A pattern of ECMA-262 as a tree.
indirect enum PatternSyntax: Hashable {
  case set(ScalarSet)
  /// `^`
  case start
  /// `$`
  case end
  case sequence([PatternSyntax])
  case choice([PatternSyntax])
  case repeated(PatternSyntax, least: Int, most: Int?)

  /// - Returns: `nil` for a pattern that is wrong, or has what is no set and no repetition:
  ///   properties of characters, and boundaries of words.
  init?(_ pattern: String) {
    // The engine has the rules of the syntax: what it takes is not looked at twice.
    guard (try? Pattern(pattern)) != nil else { return nil }
    var reader = PatternReader(Array(pattern.unicodeScalars))
    guard let tree = reader.choice() else { return nil }
    self = tree
  }
}

/// Reads a pattern that is known to be right. Groups are at most `Pattern.maxGroupDepth` deep.
private struct PatternReader {
  private let scalars: [Unicode.Scalar]
  private var position = 0

  init(_ scalars: [Unicode.Scalar]) { self.scalars = scalars }

  private var peek: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

  private mutating func next() -> Unicode.Scalar? {
    guard let scalar = peek else { return nil }
    position += 1
    return scalar
  }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard peek == scalar else { return false }
    position += 1
    return true
  }

  /// Up to the end of the pattern or of the group.
  mutating func choice() -> PatternSyntax? {
    var branches: [PatternSyntax] = []
    repeat {
      guard let branch = sequence() else { return nil }
      branches.append(branch)
    } while take("|")
    return branches.count == 1 ? branches[0] : .choice(branches)
  }

  private mutating func sequence() -> PatternSyntax? {
    var parts: [PatternSyntax] = []
    while let scalar = peek, scalar != "|", scalar != ")" {
      guard let atom = atom() else { return nil }
      parts.append(quantified(atom))
    }
    return .sequence(parts)
  }

  private mutating func atom() -> PatternSyntax? {
    switch next() {
    case "^": return .start
    case "$": return .end
    case ".": return .set(ScalarSet.lineEnds.complement)
    case "(":
      skipGroupHead()
      guard let inside = choice() else { return nil }
      position += 1
      return inside
    case "[": return characterClass().map(PatternSyntax.set)
    case "\\": return escape().map(PatternSyntax.set)
    case let scalar?: return .set(ScalarSet(scalar))
    case nil: return nil
    }
  }

  /// `?:` or `?<name>`.
  private mutating func skipGroupHead() {
    guard take("?"), next() != ":" else { return }
    while let scalar = next(), scalar != ">" {}
  }

  private mutating func quantified(_ atom: PatternSyntax) -> PatternSyntax {
    let bounds: (Int, Int?)
    switch peek {
    case "*": bounds = (0, nil)
    case "+": bounds = (1, nil)
    case "?": bounds = (0, 1)
    case "{":
      position += 1
      let least = number()
      bounds = take(",") ? (least, peek == "}" ? nil : number()) : (least, least)
    default: return atom
    }
    position += 1
    // Lazy or greedy, the same texts match.
    _ = take("?")
    return .repeated(atom, least: bounds.0, most: bounds.1)
  }

  private mutating func number() -> Int {
    var value = 0
    while let scalar = peek, ("0"..."9").contains(scalar) {
      value = value * 10 + Int(scalar.value - 0x30)
      position += 1
    }
    return value
  }

  // MARK: - Sets

  private mutating func escape() -> ScalarSet? {
    switch next() {
    case "d": return .digits
    case "D": return ScalarSet.digits.complement
    case "w": return .word
    case "W": return ScalarSet.word.complement
    case "s": return .space
    case "S": return ScalarSet.space.complement
    case "p", "P", "b", "B": return nil
    case "t": return ScalarSet("\t")
    case "n": return ScalarSet("\n")
    case "v": return ScalarSet("\u{B}")
    case "f": return ScalarSet("\u{C}")
    case "r": return ScalarSet("\r")
    case "0": return ScalarSet("\0")
    case "c": return next().flatMap { Unicode.Scalar($0.value % 32) }.map { ScalarSet($0) }
    case "x": return Unicode.Scalar(hexadecimal(2)).map { ScalarSet($0) }
    case "u": return unicode()
    case let scalar?: return ScalarSet(scalar)
    case nil: return nil
    }
  }

  private mutating func unicode() -> ScalarSet? {
    if take("{") {
      var code: UInt32 = 0
      while let scalar = next(), scalar != "}" { code = code << 4 | digit(scalar) }
      return Unicode.Scalar(code).map { ScalarSet($0) }
    }
    let code = hexadecimal(4)
    guard 0xD800..<0xDC00 ~= code else { return Unicode.Scalar(code).map { ScalarSet($0) } }
    position += 2
    let low = hexadecimal(4)
    return Unicode.Scalar(0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)).map { ScalarSet($0) }
  }

  private mutating func hexadecimal(_ count: Int) -> UInt32 {
    (0..<count).reduce(0) { code, _ in code << 4 | (next().map(digit) ?? 0) }
  }

  private func digit(_ scalar: Unicode.Scalar) -> UInt32 {
    switch scalar {
    case "0"..."9": scalar.value - 0x30
    case "a"..."f": scalar.value - 0x61 + 10
    default: scalar.value - 0x41 + 10
    }
  }

  private mutating func characterClass() -> ScalarSet? {
    let isNegated = take("^")
    var members = ScalarSet()
    while !take("]") {
      guard let first = classAtom() else { return nil }
      if peek == "-", position + 1 < scalars.count, scalars[position + 1] != "]" {
        position += 1
        guard let last = classAtom(), let low = first.ranges.first, let high = last.ranges.last
        else { return nil }
        members = members.union(ScalarSet([low.lowerBound...high.upperBound]))
      } else {
        members = members.union(first)
      }
    }
    return isNegated ? members.complement : members
  }

  private mutating func classAtom() -> ScalarSet? {
    guard let scalar = next() else { return nil }
    guard scalar == "\\" else { return ScalarSet(scalar) }
    if take("b") { return ScalarSet("\u{8}") }
    return escape()
  }
}
