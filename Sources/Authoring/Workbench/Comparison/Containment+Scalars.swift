import JSON
import Schema

// Numbers and texts.

extension Containment {
  /// An end of a range.
  private struct Bound {
    let value: JSONNumber
    let isExclusive: Bool

    /// - Parameter isWhole: only whole numbers are meant, so that "above 3" is "from 4".
    init(_ number: JSONNumber, isExclusive: Bool, isWhole: Bool, step: Int) {
      if isExclusive, isWhole, let int = number.int, int != .max, int != .min {
        value = JSONNumber(int + step)
        self.isExclusive = false
      } else {
        value = number
        self.isExclusive = isExclusive
      }
    }

    /// Whether what is within this lower bound is within the other.
    func isAtLeast(_ other: Bound) -> Bool {
      other.value < value || (value == other.value && (isExclusive || !other.isExclusive))
    }

    func isAtMost(_ other: Bound) -> Bool {
      value < other.value || (value == other.value && (isExclusive || !other.isExclusive))
    }
  }

  mutating func checkNumbers(
    _ first: Conjunction, _ second: JSONObject, _ types: Types, _ place: JSONPointer
  ) {
    let isWhole = !types.contains(.fraction)
    for (keywords, step) in [
      (["minimum", "exclusiveMinimum"], 1), (["maximum", "exclusiveMaximum"], -1),
    ] {
      let known = first.flatMap { bounds(in: $0, keywords, isWhole, step) }
      for (keyword, wanted) in zip(keywords, keywords.map { second[$0]?.number }) {
        guard let wanted else { continue }
        let bound = Bound(
          wanted, isExclusive: keyword == keywords[1], isWhole: isWhole, step: step)
        let holds = known.contains { step > 0 ? $0.isAtLeast(bound) : $0.isAtMost(bound) }
        if !holds { refuse(keyword, first, .number(wanted), place) }
      }
    }
    guard let divisor = second["multipleOf"]?.number else { return }
    let holds =
      first.contains { $0["multipleOf"]?.number?.isMultiple(of: divisor) ?? false }
      || (isWhole && JSONNumber(1).isMultiple(of: divisor))
    if !holds { refuse("multipleOf", first, .number(divisor), place) }
  }

  private func bounds(
    in part: JSONObject, _ keywords: [String], _ isWhole: Bool, _ step: Int
  ) -> [Bound] {
    keywords.compactMap { keyword in
      part[keyword]?.number.map {
        Bound($0, isExclusive: keyword == keywords[1], isWhole: isWhole, step: step)
      }
    }
  }

  /// A bound of the second schema that does not follow from the first.
  private mutating func refuse(
    _ keyword: String, _ first: Conjunction, _ second: JSON, _ place: JSONPointer
  ) {
    let known = first.lazy.compactMap { $0[keyword] }.first
    add(place, .bound(keyword, first: known, second: second))
  }

  // MARK: - Counts

  /// - Parameters:
  ///   - least: what is known from elsewhere.
  mutating func checkCounts(
    _ first: Conjunction, _ second: JSONObject, _ noun: String, least: Int = 0, most: Int? = nil,
    _ place: JSONPointer
  ) {
    if let wanted = second["min" + noun]?.int {
      let known = first.compactMap { $0["min" + noun]?.int }.max() ?? 0
      if max(known, least) < wanted { refuse("min" + noun, first, .int(wanted), place) }
    }
    if let wanted = second["max" + noun]?.int {
      let known = first.compactMap { $0["max" + noun]?.int } + (most.map { [$0] } ?? [])
      if known.min().map({ $0 > wanted }) ?? true {
        refuse("max" + noun, first, .int(wanted), place)
      }
    }
  }

  // MARK: - Texts

  mutating func checkStrings(
    _ first: Conjunction, _ second: JSONObject, _ place: JSONPointer
  ) {
    checkCounts(first, second, "Length", place)
    for keyword in ["pattern", "format"] {
      guard let wanted = second[keyword], !first.contains(where: { $0[keyword] == wanted }) else {
        continue
      }
      switch keyword == "pattern" ? inclusion(of: first, in: wanted) : .unknown {
      case .holds: break
      case .fails(let text) where admits(first, text): refuse(keyword, first, wanted, place)
      case .fails, .unknown:
        if refusesSomething(first, [keyword: wanted]) {
          refuse(keyword, first, wanted, place)
        } else {
          add(place, .undecided(keyword))
        }
      }
    }
  }

  /// By the patterns and lengths of the first schema alone: what else it asks for makes it smaller.
  private func inclusion(of first: Conjunction, in pattern: JSON) -> Inclusion {
    Inclusion(
      of: first.compactMap { $0["pattern"]?.string },
      least: first.compactMap { $0["minLength"]?.int }.max() ?? 0,
      most: first.compactMap { $0["maxLength"]?.int }.min(), in: pattern.string ?? "")
  }

  private func admits(_ first: Conjunction, _ text: String) -> Bool {
    let schema = try? Schema(
      ["allOf": .array(first.map(JSON.object))], options: .strict)
    return schema?.validate(.string(text)).isEmpty ?? false
  }

  /// Texts of many kinds, to find one that is refused.
  private static let samples = [
    "", "a", "A", "0", " ", "-", "/", "a b", "\n", "é", "x; y", "a/b", "host.example", "10.0.0.1",
    "::1", "2026-01-31", "2026-01-31T12:00:00Z", "a@b.example", "https://a.example/",
    "123e4567-e89b-12d3-a456-426614174000", String(repeating: "a", count: 300),
  ]

  /// Whether there is a text that the first schema admits and the second does not.
  private func refusesSomething(_ first: Conjunction, _ second: JSON) -> Bool {
    guard let refusing = try? Schema(second, options: .strict) else { return false }
    return (Self.samples + witnesses).contains { text in
      !refusing.validate(.string(text)).isEmpty && admits(first, text)
    }
  }
}
