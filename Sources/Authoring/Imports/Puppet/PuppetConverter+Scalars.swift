internal import JSON

extension PuppetConverter {
  mutating func string(_ inner: [PuppetType]) -> JSONObject {
    if inner.count == 1, case .string(let text) = inner[0] {
      return JSONObject([("type", "string"), ("enum", .array([.string(text)]))])
    }
    var schema = JSONObject([("type", "string")])
    bounds(inner, "minLength", "maxLength", &schema)
    return schema
  }

  mutating func number(_ type: String, _ inner: [PuppetType]) -> JSONObject {
    var schema = JSONObject([("type", .string(type))])
    bounds(inner, "minimum", "maximum", &schema)
    return schema
  }

  mutating func boolean(_ inner: [PuppetType]) -> JSONObject {
    var schema = JSONObject([("type", "boolean")])
    if case .word(let word)? = inner.first, word == "true" || word == "false" {
      schema["enum"] = .array([.bool(word == "true")])
    }
    return schema
  }

  /// `default` stands for no bound.
  mutating func bounds(
    _ inner: [PuppetType], _ low: String, _ high: String, _ schema: inout JSONObject
  ) {
    for (type, keyword) in zip(inner, [low, high]) {
      switch type {
      case .number(let number): schema[keyword] = .number(number)
      case .word("default"): continue
      default: unsaid("a bound of its type is no number, and is left out")
      }
    }
  }

  mutating func enumeration(_ inner: [PuppetType]) -> JSONObject {
    var values: [JSON] = []
    var ignoresCase = false
    // `Enum[a, b, true]` compares without regard to case; `Enum[true, false]` means the words.
    let hasFlag =
      (inner.last == .word("true") || inner.last == .word("false"))
      && inner.dropLast().contains { $0 != .word("true") && $0 != .word("false") }
    ignoresCase = hasFlag && inner.last == .word("true")
    for type in hasFlag ? inner.dropLast() : inner[...] {
      switch type {
      case .string(let text), .word(let text):
        if !values.contains(.string(text)) { values.append(.string(text)) }
      case .number(let number): values.append(.string(number.text))
      case .named(let name, []): values.append(.string(name))
      default: unsaid("a value of its Enum is no string, and is left out")
      }
    }
    if ignoresCase { unsaid("its Enum takes any case; here the values are as they are written") }
    guard !values.isEmpty else { return JSONObject([("type", "string")]) }
    return JSONObject([("type", "string"), ("enum", .array(values))])
  }

  mutating func pattern(_ text: String) -> JSONObject {
    do throws(ForeignPattern.Untranslatable) {
      return JSONObject([
        ("type", "string"), ("pattern", .string(try ForeignPattern.translate(text, .ruby))),
      ])
    } catch {
      remarks.gap(
        .argumentPattern,
        "the pattern /\(text)/ of \(argument) is left out: \(error.reason)")
      return JSONObject([("type", "string")])
    }
  }

  mutating func patterns(_ inner: [PuppetType]) -> JSONObject {
    var alternatives: [JSON] = []
    for type in inner {
      let schema: JSONObject
      switch type {
      case .pattern(let text), .string(let text): schema = pattern(text)
      case .named("Regexp", let inner):
        guard case .pattern(let text)? = inner.first else {
          return JSONObject([("type", "string")])
        }
        schema = pattern(text)
      default:
        unsaid("a part of its Pattern is none, and is left out")
        continue
      }
      guard let text = schema["pattern"] else { return JSONObject([("type", "string")]) }
      alternatives.append(text)
    }
    guard alternatives.count > 1 else {
      return JSONObject([("type", "string")] + alternatives.prefix(1).map { ("pattern", $0) })
    }
    return JSONObject([
      ("type", "string"),
      ("anyOf", .array(alternatives.map { .object(JSONObject([("pattern", $0)])) })),
    ])
  }
}
