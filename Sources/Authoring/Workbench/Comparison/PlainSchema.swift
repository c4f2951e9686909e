import JSON

/// A schema as a tree: what says nothing is left out, and local references are replaced by what
/// they lead to. A reference that leads back to itself stays.
struct PlainSchema {
  /// Of the tree; references may multiply what is in a schema.
  static let maxNodes = 10_000

  private static let annotations: Set<String> = [
    "title", "description", "$comment", "examples", "default", "deprecated", "readOnly",
    "writeOnly", "$schema", "$id", "$anchor", "$dynamicAnchor", "$defs", "definitions",
    "contentMediaType", "contentEncoding", "contentSchema",
  ]
  private static let single: Set<String> = [
    "additionalProperties", "propertyNames", "items", "contains", "not", "if", "then", "else",
    "unevaluatedItems", "unevaluatedProperties",
  ]
  private static let lists: Set<String> = ["allOf", "anyOf", "oneOf", "prefixItems"]
  private static let maps: Set<String> = ["properties", "patternProperties", "dependentSchemas"]

  private let root: JSON
  private var open: [String] = []
  private var nodes = 0

  /// - Returns: the tree; `nil` if it would be too large.
  static func tree(of root: JSON) -> JSON? {
    var schema = PlainSchema(root: root)
    let tree = schema.plain(root)
    return schema.nodes <= maxNodes ? tree : nil
  }

  private init(root: JSON) { self.root = root }

  private mutating func plain(_ schema: JSON) -> JSON {
    nodes += 1
    guard nodes <= Self.maxNodes, case .object(let object) = schema else { return schema }
    var out = JSONObject()
    for (keyword, value) in object.members where !Self.annotations.contains(keyword) {
      if Self.single.contains(keyword) {
        out[keyword] = plain(value)
      } else if Self.lists.contains(keyword), let items = value.array {
        var plains: [JSON] = []
        for item in items { plains.append(plain(item)) }
        out[keyword] = .array(plains)
      } else if Self.maps.contains(keyword), let members = value.object?.members {
        var plains = JSONObject()
        for (key, member) in members { plains.append(key, plain(member)) }
        out[keyword] = .object(plains)
      } else if keyword != "$ref" {
        out[keyword] = value
      }
    }
    if let reference = object["$ref"]?.string { follow(reference, &out) }
    return .object(out)
  }

  /// What a reference leads to joins what stands beside it.
  private mutating func follow(_ reference: String, _ out: inout JSONObject) {
    guard !open.contains(reference), reference.hasPrefix("#"),
      let pointer = try? JSONPointer(String(reference.dropFirst())),
      let target = pointer.value(in: root)
    else {
      out["$ref"] = .string(reference)
      return
    }
    open.append(reference)
    let tree = plain(target)
    open.removeLast()
    if out.isEmpty, case .object(let object) = tree {
      out = object
    } else {
      out["allOf"] = .array((out["allOf"]?.array ?? []) + [tree])
    }
  }
}
