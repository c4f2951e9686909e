import JSON
import Schema

/// A request that is refused. `code` is stable; docs/API.md lists them all.
struct APIError: Error, Sendable, Hashable {
  let status: Int
  let code: String
  let message: String
  let remedy: String
  var violations: [Violation] = []

  init(_ status: Int, _ code: String, _ message: String, remedy: String) {
    self.status = status
    self.code = code
    self.message = message
    self.remedy = remedy
  }

  var json: JSON {
    var error = JSONObject([
      ("code", .string(code)), ("message", .string(message)), ("remedy", .string(remedy)),
    ])
    if !violations.isEmpty { error.append("violations", .array(violations.map(\.json))) }
    return ["error": .object(error)]
  }
}

extension Violation {
  var json: JSON {
    [
      "pointer": .string(instancePointer), "rule": .string(schemaPointer),
      "keyword": .string(keyword), "expected": .string(expected), "actual": .string(actual),
    ]
  }
}

extension APIError {
  static let unauthorised = APIError(
    401, "unauthorised", "the request has no valid token",
    remedy: "send \"Authorization: Bearer TOKEN\" with the token in the file api-token of the"
      + " control plane's data directory")

  static func noSuchCall(_ id: String) -> APIError {
    APIError(
      404, "noSuchCall", "there is no call \(id)", remedy: "see \"signalbox calls\"")
  }

  static func noSuchEndpoint(_ name: String) -> APIError {
    APIError(
      404, "noSuchEndpoint", "there is no endpoint \(name)", remedy: "see \"signalbox endpoints\"")
  }

  static func noSuchTool(_ name: String, version: String? = nil) -> APIError {
    APIError(
      404, "noSuchTool", "there is no tool \(name)\(version.map { " \($0)" } ?? "")",
      remedy: "see \"signalbox tools\"")
  }

  static func query(_ name: String, _ expected: String) -> APIError {
    APIError(
      400, "invalidQuery", "the query parameter \(name) is \(expected)",
      remedy: "correct the address")
  }

  static let stopping = APIError(
    503, "stopping", "the control plane is stopping", remedy: "send the request again later")
}
