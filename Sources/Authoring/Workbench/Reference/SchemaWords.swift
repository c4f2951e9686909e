import JSON
import Tools

/// What a schema says, in words for a table.
enum SchemaWords {
  /// `string`, `integer or null`, `list of strings`.
  static func type(_ schema: JSON) -> String {
    if let values = schema["enum"]?.array, schema["type"] == nil {
      return unique(values.map(\.typeName)).joined(separator: " or ")
    }
    let names = schema["type"]?.array?.compactMap(\.string) ?? [schema["type"]?.string ?? ""]
    let words = names.map { $0 == "array" ? list(schema) : $0 }
    return words == [""] ? "any" : words.joined(separator: " or ")
  }

  private static func list(_ schema: JSON) -> String {
    guard let items = schema["items"], let type = items["type"]?.string, type != "array" else {
      return "list"
    }
    return "list of \(type)s"
  }

  private static func unique(_ names: [String]) -> [String] {
    names.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  /// One thing that bounds a value, in words and what is to be read letter by letter.
  struct Bound: Hashable {
    let words: String
    var code: String?
  }

  /// What bounds a value, beside its type.
  static func bounds(_ schema: JSON) -> [Bound] {
    var words: [String] = []
    if let values = schema["enum"]?.array {
      words.append("one of " + values.map(text).joined(separator: ", "))
    }
    if let value = schema["const"] { words.append("always \(text(value))") }
    words += range(schema, "minimum", "maximum")
    for (keyword, word) in [("exclusiveMinimum", "above"), ("exclusiveMaximum", "below")] {
      if let bound = schema[keyword]?.number { words.append("\(word) \(bound.text)") }
    }
    if let divisor = schema["multipleOf"]?.number {
      words.append("a multiple of \(divisor.text)")
    }
    words += range(schema, "minLength", "maxLength", "character")
    words += range(schema, "minItems", "maxItems", "item")
    words += range(schema, "minProperties", "maxProperties", "member")
    if schema["uniqueItems"] == true { words.append("no item twice") }
    if let format = schema["format"]?.string { words.append("a \(format)") }
    let pattern = schema["pattern"]?.string.map { [Bound(words: "matches", code: $0)] } ?? []
    return words.map { Bound(words: $0) } + pattern
  }

  private static func range(
    _ schema: JSON, _ low: String, _ high: String, _ noun: String? = nil
  ) -> [String] {
    func counted(_ number: JSONNumber) -> String {
      guard let noun else { return number.text }
      return "\(number.text) \(noun)\(number == JSONNumber(1) ? "" : "s")"
    }
    return switch (schema[low]?.number, schema[high]?.number) {
    case (let low?, let high?): ["\(low.text) to \(counted(high))"]
    case (let low?, nil): ["at least \(counted(low))"]
    case (nil, let high?): ["at most \(counted(high))"]
    case (nil, nil): []
    }
  }

  static func text(_ value: JSON) -> String { value.string ?? value.compact }
}
