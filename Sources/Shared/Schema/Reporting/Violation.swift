import JSON

/// One way in which an instance breaks a schema.
package struct Violation: Error, Hashable, Sendable, CustomStringConvertible {
  /// The place in the instance, as a JSON Pointer. A member that is missing or not allowed is
  /// pointed at itself.
  package let instancePointer: String
  /// The place of the keyword in the schema, as a JSON Pointer. Behind a `$ref` it is where the
  /// keyword really stands; in another document it has that document's URI in front.
  package let schemaPointer: String
  /// The keyword that is broken; for a limit of the check itself its code, `schema.limit.work`.
  package let keyword: String
  package let expected: String
  /// The value as it was found; at most 40 characters of it, and none of a redacted one.
  package let actual: String

  package init(
    instancePointer: String, schemaPointer: String, keyword: String, expected: String,
    actual: String
  ) {
    self.instancePointer = instancePointer
    self.schemaPointer = schemaPointer
    self.keyword = keyword
    self.expected = expected
    self.actual = actual
  }

  package var description: String {
    let place = instancePointer.isEmpty ? "the value" : instancePointer
    return "\(place): expected \(expected), found \(actual)"
      + " (\(schemaPointer.isEmpty ? keyword : schemaPointer))"
  }
}

extension JSON {
  /// The value for a message: scalars clipped, containers by their size.
  var summary: String {
    switch self {
    case .null: "null"
    case .bool(let value): value ? "true" : "false"
    case .number(let number): number.summary
    case .string(let text): text.quoted()
    case .array(let elements): "an array of \(counted(elements.count, "item"))"
    case .object(let object): "an object of \(counted(object.count, "member"))"
    }
  }

  /// The value's type for a message, when the value itself must not be shown.
  var redactedSummary: String {
    switch self {
    case .null: "null (redacted)"
    case .bool: "a boolean (redacted)"
    case .number: "a number (redacted)"
    case .string: "a string (redacted)"
    case .array: "an array (redacted)"
    case .object: "an object (redacted)"
    }
  }
}

extension JSONNumber {
  /// The number for a message.
  var summary: String { text.utf8.count <= 40 ? text : text.prefix(40) + "…" }
}

func counted(_ count: Int, _ noun: String) -> String {
  "\(count) \(noun)\(count == 1 ? "" : "s")"
}
