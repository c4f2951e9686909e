package import JSON
import Platform
import Sockets

extension Site {
  package func get(_ path: String, timeout: Duration = .seconds(10)) throws -> JSON {
    try client().perform("GET", path, timeout: timeout)
  }

  package func call(_ id: String) throws -> JSON {
    guard let call = try get("/v1/calls/" + id)["call"] else { throw SiteError("no call \(id)") }
    return call
  }

  package func output(_ id: String) throws -> [UInt8] {
    try client().bytes("GET", "/v1/calls/\(id)/output?stream=stdout", timeout: .seconds(10))
  }

  /// What a thread of its own needs to speak with the control plane.
  package func client() throws -> SiteClient {
    let token = String(decoding: try Files.read(data + "/api-token"), as: UTF8.self)
      .prefix { !$0.isWhitespace }
    return SiteClient(port: port, token: String(token))
  }
}

/// A client of the control plane's API.
package struct SiteClient: Sendable {
  let port: UInt16
  let token: String

  package func perform(
    _ method: String, _ path: String, _ body: JSON? = nil, timeout: Duration
  ) throws -> JSON {
    try JSON(parsing: bytes(method, path, body, timeout: timeout))
  }

  func bytes(
    _ method: String, _ path: String, _ body: JSON? = nil, timeout: Duration
  ) throws -> [UInt8] {
    let response = try HTTPExchange.perform(
      HTTPCall(
        method, port: port, path: path,
        headers: [
          HTTPHeader("content-type", "application/json"),
          HTTPHeader("authorization", "Bearer " + token),
        ], body: body?.bytes ?? []), timeout: timeout)
    guard (200...299).contains(response.status) else {
      throw Refusal(status: response.status, text: String(decoding: response.body, as: UTF8.self))
    }
    return response.body
  }

  package struct Refusal: Error, CustomStringConvertible {
    package let status: Int
    let text: String

    package var description: String { "HTTP \(status): \(text)" }
  }
}
