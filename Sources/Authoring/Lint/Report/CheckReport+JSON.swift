internal import Catalog
package import JSON

extension CheckReport {
  /// For programs. `errors` are those that keep definitions from being loaded; `findings` has them
  /// too, with all that lint says.
  package func json(isStrict: Bool) -> JSON {
    [
      "tools": .array(files.compactMap(\.toolJSON)),
      "errors": .array(files.flatMap(\.errors).map(\.checkJSON)),
      "findings": .array(findings.map { .object($0.jsonObject) }),
      "allowed": .array(
        files.flatMap(\.allowed).map { allowed in
          var object = allowed.finding.jsonObject
          object["reason"] = .string(allowed.reason)
          return .object(object)
        }),
      "summary": [
        "files": .int(files.count), "tools": .int(files.count { $0.tool != nil }),
        "errors": .int(count(.error)), "warnings": .int(count(.warning)),
        "notes": .int(count(.note)), "allowed": .int(allowedCount), "tests": .int(testCount),
        "failedTests": .int(failedTestCount), "passed": .bool(!hasFailed(isStrict: isStrict)),
      ],
    ]
  }
}

extension CheckReport.File {
  fileprivate var toolJSON: JSON? {
    guard let tool else { return nil }
    return [
      "file": .string(path), "name": .string(tool.name), "version": .string(tool.version),
      "digest": .string(tool.digest),
      "tests": .array(
        tests.map { test in
          [
            "name": .string(test.name), "live": .bool(test.isLive),
            "passed": test.isLive ? .null : .bool(test.passed),
            "failures": .array(test.failures.map(JSON.string)),
          ]
        }),
    ]
  }
}

extension Finding {
  fileprivate var jsonObject: JSONObject {
    JSONObject([
      ("file", .string(file)), ("line", .int(position.line)), ("column", .int(position.column)),
      ("length", .int(length)), ("code", .string(code.description)),
      ("rule", .string(Rulebook[code]?.name ?? "")), ("severity", .string(severity.rawValue)),
      ("message", .string(message)), ("remedy", .string(remedy)),
    ])
  }
}

extension DefinitionError {
  fileprivate var checkJSON: JSON {
    [
      "file": .string(file), "line": .int(line), "column": .int(column),
      "code": .string(rule.code.description), "rule": .string(rule.rawValue),
      "message": .string(message), "remedy": .string(remedy),
    ]
  }
}

extension RuleEntry {
  package var json: JSON {
    var object = JSONObject([
      ("code", .string(code.description)), ("rule", .string(name)),
      ("severity", .string(severity.rawValue)), ("title", .string(title)), ("why", .string(why)),
      ("remedy", .string(remedy)), ("refusedByTheLoader", .bool(isOfTheLoader)),
    ])
    switch example {
    case .fields(let bad, let good), .whole(let bad, let good):
      object["bad"] = .string(bad)
      object["good"] = .string(good)
    case .directory(let command): object["command"] = .string(command)
    }
    return .object(object)
  }
}
