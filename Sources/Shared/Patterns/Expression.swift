/// A pattern as a tree, read back from what the translator wrote for RE2, which has few forms only.
package indirect enum Expression: Sendable {
  /// One character of a set.
  case set([ClosedRange<UInt32>])
  case start
  case end
  case sequence([Expression])
  case choice([Expression])
  case repetition(Expression, least: Int, most: Int?)

  /// - Returns: `nil` for a pattern that is none, and for what only RE2 has.
  package init?(pattern: String) {
    guard let translated = try? Translator.translate(pattern),
      let expression = Self.read(translated)
    else { return nil }
    self = expression
  }

  /// - Returns: `nil` for what only RE2 has: properties and the edges of words.
  static func read(_ translated: String) -> Expression? {
    var reader = ExpressionReader(text: Array(translated.unicodeScalars))
    guard let expression = reader.choice(), reader.isAtEnd else { return nil }
    return expression
  }
}

/// Recursion is bounded by `Pattern.maxGroupDepth`, which the translator has seen to.
private struct ExpressionReader {
  let text: [Unicode.Scalar]
  var place = 0

  var isAtEnd: Bool { place == text.count }
  private var next: Unicode.Scalar? { isAtEnd ? nil : text[place] }

  private mutating func skip(_ word: String) -> Bool {
    let scalars = word.unicodeScalars
    guard text[place...].starts(with: scalars) else { return false }
    place += scalars.count
    return true
  }

  mutating func choice() -> Expression? {
    guard let first = sequence() else { return nil }
    var branches = [first]
    while skip("|") {
      guard let branch = sequence() else { return nil }
      branches.append(branch)
    }
    return branches.count == 1 ? branches[0] : .choice(branches)
  }

  private mutating func sequence() -> Expression? {
    var items: [Expression] = []
    while let scalar = next, scalar != "|", scalar != ")" {
      guard let item = item(), let repeated = quantified(item) else { return nil }
      items.append(repeated)
    }
    return .sequence(items)
  }

  private mutating func item() -> Expression? {
    if skip("(?:") {
      guard let group = choice(), skip(")") else { return nil }
      return group
    }
    if skip("[^") { return set().map { .set(complement(of: $0)) } }
    if skip("[") { return set().map { .set($0) } }
    if skip("\\A") { return .start }
    if skip("\\z") { return .end }
    return character().map { .set([$0...$0]) }
  }

  /// Reads a letter, a digit, or a character by its number.
  private mutating func character() -> UInt32? {
    guard let scalar = next else { return nil }
    place += 1
    guard scalar == "\\" else { return scalar.value }
    guard skip("x{") else { return nil }
    var code: UInt32 = 0
    while let digit = next, digit != "}" {
      guard let value = UInt32(String(digit), radix: 16) else { return nil }
      code = code << 4 | value
      place += 1
    }
    return skip("}") ? code : nil
  }

  /// Reads a class from behind its opening bracket.
  private mutating func set() -> [ClosedRange<UInt32>]? {
    var ranges: [ClosedRange<UInt32>] = []
    while !skip("]") {
      guard let low = character() else { return nil }
      guard skip("-") else {
        ranges.append(low...low)
        continue
      }
      guard let high = character(), low <= high else { return nil }
      ranges.append(low...high)
    }
    return joined(ranges)
  }

  private mutating func quantified(_ item: Expression) -> Expression? {
    if skip("*") { return .repetition(item, least: 0, most: nil) }
    if skip("+") { return .repetition(item, least: 1, most: nil) }
    if skip("?") { return .repetition(item, least: 0, most: 1) }
    guard skip("{") else { return item }
    guard let least = number() else { return nil }
    if skip("}") { return .repetition(item, least: least, most: least) }
    guard skip(",") else { return nil }
    if skip("}") { return .repetition(item, least: least, most: nil) }
    guard let most = number(), skip("}") else { return nil }
    return .repetition(item, least: least, most: most)
  }

  private mutating func number() -> Int? {
    var digits = ""
    while let scalar = next, "0"..."9" ~= scalar {
      digits.unicodeScalars.append(scalar)
      place += 1
    }
    return Int(digits)
  }
}

/// In order, without overlaps.
private func joined(_ ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
  var joined: [ClosedRange<UInt32>] = []
  for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
    guard let last = joined.last, range.lowerBound <= last.upperBound &+ 1 else {
      joined.append(range)
      continue
    }
    joined[joined.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
  }
  return joined
}

private func complement(of ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
  var gaps: [ClosedRange<UInt32>] = []
  var next: UInt32 = 0
  for range in ranges {
    if range.lowerBound > next { gaps.append(next...(range.lowerBound - 1)) }
    next = range.upperBound + 1
  }
  if next <= 0x10FFFF { gaps.append(next...0x10FFFF) }
  return gaps
}
