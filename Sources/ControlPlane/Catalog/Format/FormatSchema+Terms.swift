internal import JSON

// The terms that the parts of the schema are written in.

extension FormatSchema {
  /// Characters that a terminal would obey, as `Fields.checkText` has them.
  private static let controls = #"\u0000-\u001F\u007F-\u009F"#
  private static let controlsInLines = #"\u0000-\u0008\u000B-\u001F\u007F-\u009F"#
  /// Unicode's White_Space, which a text must not wholly consist of.
  static let blanks =
    #"\u0009-\u000D\u0020\u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000"#

  static func described(_ schema: JSON, _ text: String) -> JSON {
    guard case .object(var object) = schema else { return schema }
    object["description"] = .string(text)
    return .object(object)
  }

  static func matching(_ pattern: String, maxLength: Int? = nil) -> JSON {
    var schema = JSONObject([("type", "string"), ("pattern", .string(pattern))])
    if let maxLength { schema["maxLength"] = .int(maxLength) }
    return .object(schema)
  }

  /// A text without the characters of the class `refused`, and not blank.
  static func filled(_ maxLength: Int, without refused: String) -> JSON {
    matching("^[^\(refused)]*[^\(refused)\(blanks)][^\(refused)]*$", maxLength: maxLength)
  }

  /// A text for people.
  static func text(_ maxLength: Int, _ description: String, isMultiline: Bool = false) -> JSON {
    described(filled(maxLength, without: isMultiline ? controlsInLines : controls), description)
  }

  static func words(_ words: [String]) -> JSON { ["enum": .array(words.map(JSON.string))] }

  static func whole(_ range: ClosedRange<Int>) -> JSON {
    ["type": "integer", "minimum": .int(range.lowerBound), "maximum": .int(range.upperBound)]
  }

  static func reference(_ name: String) -> JSON { ["$ref": .string("#/$defs/\(name)")] }

  /// An object that has these members and no others.
  static func closed(_ members: [(String, JSON)], required: [String] = []) -> JSONObject {
    var schema = JSONObject([("type", "object"), ("additionalProperties", false)])
    if !required.isEmpty { schema["required"] = .array(required.map(JSON.string)) }
    schema["properties"] = .object(JSONObject(members))
    return schema
  }

  static func list(of item: JSON, _ count: ClosedRange<Int>, unique: Bool = false) -> JSON {
    var schema = JSONObject([
      ("type", "array"), ("maxItems", .int(count.upperBound)), ("items", item),
    ])
    if count.lowerBound > 0 { schema["minItems"] = .int(count.lowerBound) }
    if unique { schema["uniqueItems"] = true }
    return .object(schema)
  }

  /// A JSON Pointer.
  static func pointer(mayBeRoot: Bool) -> JSON {
    described(
      matching("^(?:/(?:[^~/]|~[01])*)\(mayBeRoot ? "*" : "+")$"),
      mayBeRoot
        ? "A JSON Pointer, such as /unit; \"\" for the whole value."
        : "A JSON Pointer to a declared argument, such as /unit.")
  }

  static var places: JSON {
    ["anyOf": [reference("place"), ["type": "array", "items": reference("place")]]]
  }
}
