package import JSON

/// How one JSON value differs from another, in lines for whoever wrote the expectation.
package struct Differences: Sendable, Hashable {
  /// More than anyone reads of one value.
  static let maxLines = 20

  package private(set) var lines: [String] = []
  private let name: String

  /// - Parameter name: of the whole value: `the result`.
  package init(expected: JSON, actual: JSON?, of name: String) {
    self.name = name
    guard let actual else {
      lines = ["expected \(name) \(quotation(expected)), and there is none"]
      return
    }
    compare(expected, actual, at: JSONPointer())
    if lines.count > Self.maxLines {
      lines = lines.prefix(Self.maxLines) + ["and more in \(name)"]
    }
  }

  /// Recursion is bounded by the depth that the readers of both values allow.
  private mutating func compare(_ expected: JSON, _ actual: JSON, at place: JSONPointer) {
    guard lines.count <= Self.maxLines, expected != actual else { return }
    switch (expected, actual) {
    case (.object(let expected), .object(let actual)): compare(expected, actual, at: place)
    case (.array(let expected), .array(let actual)): compare(expected, actual, at: place)
    case (.string(let expected), .string(let actual))
    where expected.contains("\n") || actual.contains("\n"):
      compareLines(expected, actual, at: place)
    default: add(place, "expected \(quotation(expected)), found \(quotation(actual))")
    }
  }

  private mutating func compare(
    _ expected: JSONObject, _ actual: JSONObject, at place: JSONPointer
  ) {
    for (key, value) in expected.members {
      let member = place.appending(key)
      if let other = actual[key] {
        compare(value, other, at: member)
      } else {
        add(member, "expected \(quotation(value)), found nothing")
      }
    }
    for (key, value) in actual.members where expected[key] == nil {
      add(place.appending(key), "not expected, found \(quotation(value))")
    }
  }

  private mutating func compare(_ expected: [JSON], _ actual: [JSON], at place: JSONPointer) {
    for (index, (value, other)) in zip(expected, actual).enumerated() {
      compare(value, other, at: place.appending(index))
    }
    if expected.count != actual.count {
      add(place, "expected \(expected.count) items, found \(actual.count)")
    }
  }

  private mutating func compareLines(_ expected: String, _ actual: String, at place: JSONPointer) {
    let wanted = expected.split(separator: "\n", omittingEmptySubsequences: false)
    let found = actual.split(separator: "\n", omittingEmptySubsequences: false)
    let number = zip(wanted, found).prefix { String($0).isExactly(String($1)) }.count
    func line(_ lines: [Substring]) -> String {
      number < lines.count ? quotation(String(lines[number])) : "the end"
    }
    add(place, "line \(number + 1): expected \(line(wanted)), found \(line(found))")
  }

  private mutating func add(_ place: JSONPointer, _ what: String) {
    lines.append(
      place.tokens.isEmpty ? "\(name): \(what)" : "\(name) at \(place.text): \(what)")
  }
}

/// A value for a message, on one line and not too long.
func quotation(_ value: JSON) -> String {
  if case .string(let text) = value { return quotation(text) }
  return excerpt(value.compact, limit: 200)
}

func quotation(_ text: String) -> String { "\"\(excerpt(text, limit: 200))\"" }
