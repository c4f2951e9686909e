package import Catalog
package import JSON
import Tools

extension Tool {
  var summaryMembers: [(String, JSON)] {
    [
      ("name", .string(name)), ("version", .string(version)), ("title", .string(title)),
      ("description", .string(description)), ("digest", .string(digest)),
      (
        "effects",
        [
          "readOnly": .bool(effects.readOnly), "destructive": .bool(effects.destructive),
          "idempotent": .bool(effects.idempotent), "openWorld": .bool(effects.openWorld),
        ]
      ),
      ("approval", .string(approval.rawValue)), ("platforms", platforms),
    ]
  }

  private var platforms: JSON {
    var names: [String] = []
    for variant in plan.variants {
      for name in variant.when.os.isEmpty ? ["any"] : variant.when.os where !names.contains(name) {
        names.append(name)
      }
    }
    return .array(names.map(JSON.string))
  }

  var summaryJSON: JSON { .object(JSONObject(summaryMembers)) }

  var json: JSON { .object(JSONObject(summaryMembers + [("definition", definition)])) }
}

extension DefinitionError {
  package var json: JSON {
    [
      "file": .string(file), "line": .int(line), "column": .int(column),
      "code": .string(rule.code.description), "rule": .string(rule.rawValue),
      "message": .string(message), "remedy": .string(remedy),
    ]
  }
}
