internal import JSON

extension PuppetConverter {
  mutating func array(
    _ inner: [PuppetType], _ name: String, _ depth: Int
  ) -> JSONObject {
    var schema = JSONObject([("type", "array")])
    var rest = inner[...]
    if let first = rest.first, !Self.isBound(first) {
      rest.removeFirst()
      let item = self.schema(first, depth: depth + 1)
      if !item.isEmpty { schema["items"] = .object(item) }
    }
    bounds(Array(rest), "minItems", "maxItems", &schema)
    return schema
  }

  private static func isBound(_ type: PuppetType) -> Bool {
    switch type {
    case .number, .word("default"): true
    case .named, .string, .word, .pattern, .members: false
    }
  }

  mutating func tuple(_ inner: [PuppetType], _ depth: Int) -> JSONObject {
    let types = inner.filter { !Self.isBound($0) }
    let limits = inner.filter(Self.isBound)
    var schema = JSONObject([("type", "array")])
    guard !types.isEmpty else { return schema }
    schema["prefixItems"] = .array(types.map { .object(self.schema($0, depth: depth + 1)) })
    if limits.isEmpty {
      schema["minItems"] = .int(types.count)
      schema["maxItems"] = .int(types.count)
    } else {
      bounds(limits, "minItems", "maxItems", &schema)
      if let last = types.last { schema["items"] = .object(self.schema(last, depth: depth + 1)) }
    }
    return schema
  }

  mutating func hash(_ inner: [PuppetType], _ depth: Int) -> JSONObject {
    var schema = JSONObject([("type", "object")])
    var rest = inner[...]
    if rest.count >= 2, !Self.isBound(rest[0]) {
      let key = self.schema(rest.removeFirst(), depth: depth + 1)
      let value = self.schema(rest.removeFirst(), depth: depth + 1)
      if key["type"] == "integer" || key["type"] == "number" {
        unsaid("the keys of its Hash are numbers, and text in JSON")
      } else if key.count > 1 {
        schema["propertyNames"] = .object(key)
      }
      if !value.isEmpty { schema["additionalProperties"] = .object(value) }
    }
    bounds(Array(rest), "minProperties", "maxProperties", &schema)
    return schema
  }

  mutating func structure(_ inner: [PuppetType], _ depth: Int) -> JSONObject {
    var schema = JSONObject([("type", "object"), ("additionalProperties", false)])
    guard case .members(let members)? = inner.first else { return schema }
    var properties = JSONObject()
    var required: [JSON] = []
    for member in members {
      var isOptional = false
      var key: String?
      switch member.key {
      case .string(let text), .word(let text): key = text
      case .named("Optional", let inner):
        isOptional = true
        key = inner.first?.text
      case .named("NotUndef", let inner): key = inner.first?.text
      case .named, .number, .pattern, .members: break
      }
      guard let key, properties[key] == nil else {
        unsaid("a key of its Struct is no name, or there twice, and is left out")
        continue
      }
      if case .named("Optional", _) = member.type, member.key.text != nil { isOptional = true }
      properties[key] = .object(self.schema(member.type, depth: depth + 1))
      if !isOptional { required.append(.string(key)) }
    }
    if !required.isEmpty { schema["required"] = .array(required) }
    if !properties.isEmpty { schema["properties"] = .object(properties) }
    return schema
  }

  mutating func variant(_ inner: [PuppetType], _ depth: Int) -> JSONObject {
    var alternatives: [JSON] = []
    for type in inner where type != .named("Undef", []) {
      let schema = JSON.object(self.schema(type, depth: depth + 1))
      if !alternatives.contains(schema) { alternatives.append(schema) }
    }
    if alternatives.count == 1, let only = alternatives[0].object { return only }
    guard !alternatives.isEmpty else { return JSONObject() }
    return JSONObject([("anyOf", .array(alternatives))])
  }

  mutating func orNull(_ type: PuppetType, _ depth: Int) -> JSONObject {
    let inner = schema(type, depth: depth + 1)
    guard !inner.isEmpty else { return inner }
    return JSONObject([("anyOf", .array([.object(inner), ["type": "null"]]))])
  }
}
