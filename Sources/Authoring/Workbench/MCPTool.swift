package import Catalog
package import JSON
import Schema

/// A tool as the Model Context Protocol describes one (revision 2025-06-18).
package struct MCPTool: Sendable, Hashable {
  package let json: JSON

  package init(_ tool: Tool) {
    let schema = tool.result.schema?.json ?? ["type": "string"]
    json = [
      "name": .string(tool.name), "title": .string(tool.title),
      "description": .string(tool.description), "inputSchema": tool.arguments.json,
      "outputSchema": Self.isObject(schema) ? schema : Self.wrapped(schema),
      "annotations": [
        "title": .string(tool.title),
        "readOnlyHint": .bool(tool.effects.readOnly),
        "destructiveHint": .bool(tool.effects.destructive),
        "idempotentHint": .bool(tool.effects.idempotent),
        "openWorldHint": .bool(tool.effects.openWorld),
      ],
      "_meta": [
        "signalbox/version": .string(tool.version), "signalbox/digest": .string(tool.digest),
        "signalbox/approval": .string(tool.approval.rawValue),
      ],
    ]
  }

  private static func isObject(_ schema: JSON) -> Bool { schema["type"]?.string == "object" }

  /// MCP takes objects alone: another result is the one member of an object.
  private static func wrapped(_ schema: JSON) -> JSON {
    [
      "type": "object", "additionalProperties": false, "required": ["result"],
      "properties": ["result": moved(schema, to: "/properties/result")],
    ]
  }

  /// The schema as a part of another one. A schema with an `$id` stays a document of its own, which
  /// its references are relative to.
  private static func moved(_ schema: JSON, to place: String) -> JSON {
    guard case .object(var object) = schema else { return schema }
    if object["$id"] != nil { return schema }
    object["$schema"] = nil
    return rebased(.object(object), onto: place)
  }

  /// Prefixes the pointers of references. Only keywords are looked at: a property may be called
  /// `$ref` too.
  private static func rebased(_ schema: JSON, onto place: String) -> JSON {
    guard case .object(let object) = schema, object["$id"] == nil else { return schema }
    return .object(
      JSONObject(
        object.members.map { keyword, value in
          switch SchemaKeyword(rawValue: keyword)?.holds {
          case .reference:
            guard let text = value.string, text == "#" || text.hasPrefix("#/") else { break }
            return (keyword, .string("#" + place + text.dropFirst()))
          case .schema: return (keyword, rebased(value, onto: place))
          case .list:
            return (keyword, .array((value.array ?? []).map { rebased($0, onto: place) }))
          case .map:
            let members = value.object?.members ?? []
            return (
              keyword, .object(JSONObject(members.map { ($0.key, rebased($0.value, onto: place)) }))
            )
          case nil: break
          }
          return (keyword, value)
        }))
  }
}
