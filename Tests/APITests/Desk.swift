import Glibc
import JSON
import Model
import Platform
import Sockets
import Support
import Testing

@testable import API

/// A control plane of its own in a fresh directory, and a client for it on real sockets.
final class Desk: Sendable {
  let root: String
  let service: Service
  let port: UInt16
  private let runtimes = Locked<[FakeRuntime]>([])

  @discardableResult
  static func with<Result>(
    expecting errors: Int = 0, change: (inout Service.Settings) -> Void = { _ in },
    _ body: (Desk) throws -> Result
  ) throws -> Result {
    try withTemporaryDirectory { root in
      try Definitions.write(to: root + "/tools")
      let desk = try Desk(root, change: change)
      #expect(desk.service.toolErrors.count == errors, "\(desk.service.toolErrors)")
      defer { desk.close() }
      return try body(desk)
    }
  }

  init(_ root: String, change: (inout Service.Settings) -> Void = { _ in }) throws {
    self.root = root
    var settings = Service.Settings(
      dataDirectory: root + "/data", toolsDirectory: root + "/tools", version: "test")
    settings.port = 0
    change(&settings)
    service = try Service(settings) { why in preconditionFailure(why) }
    port = try service.start()
  }

  private func close() {
    for runtime in runtimes.withLock({ $0 }) { runtime.end() }
    try? service.stop()
  }

  // MARK: Requests

  struct Answer {
    let status: Int
    let headers: HTTPHeaders
    let bytes: [UInt8]

    var json: JSON { (try? JSON(parsing: bytes)) ?? .null }
    var call: JSON { json["call"] ?? .null }
    var code: String? { json["error"]?["code"]?.string }
    var message: String { json["error"]?["message"]?.string ?? "" }
    var id: String { call["id"]?.string ?? "" }
    var lines: [JSON] {
      bytes.split(separator: 0x0A).compactMap { try? JSON(parsing: Array($0)) }
    }
  }

  func send(
    _ method: String, _ path: String, bytes: [UInt8] = [], authorization: String?
  ) throws -> Answer {
    var headers: [HTTPHeader] = []
    if let authorization { headers.append(HTTPHeader("authorization", authorization)) }
    let response = try HTTPExchange.perform(
      HTTPCall(method, port: port, path: path, headers: headers, body: bytes))
    return Answer(status: response.status, headers: response.headers, bytes: response.body)
  }

  func send(_ method: String, _ path: String, bytes: [UInt8]) throws -> Answer {
    try send(method, path, bytes: bytes, authorization: "Bearer " + service.apiToken)
  }

  func get(_ path: String) throws -> Answer { try send("GET", path, bytes: []) }

  func post(_ path: String, _ body: JSON) throws -> Answer {
    try send("POST", path, bytes: body.bytes)
  }

  func call(
    _ tool: String, _ arguments: JSON = [:], on endpoint: String = "web-01", waitMs: Int = 0,
    _ more: [(String, JSON)] = []
  ) throws -> Answer {
    let members: [(String, JSON)] = [
      ("endpoint", .string(endpoint)), ("tool", .string(tool)), ("arguments", arguments),
      ("by", "ann"),
    ]
    return try post(
      "/v1/calls" + (waitMs > 0 ? "?waitMs=\(waitMs)" : ""), .object(JSONObject(members + more)))
  }

  /// A call that has its outcome, or fails the test.
  func ended(_ id: String) throws -> JSON {
    let answer = try get("/v1/calls/\(id)?waitMs=20000")
    #expect(answer.call["outcome"]?.string != nil, "call \(id) is still open")
    return answer.call
  }

  // MARK: Endpoints

  /// An endpoint that has joined and is gone again.
  func joinAway(_ name: String = "web-01") throws {
    try join(name) { _, _ in }.leave()
    try eventually { try self.reachability(name) == "lastContact" }
  }

  @discardableResult
  func join(
    _ name: String = "web-01", users: [String] = [], onOffer: @escaping FakeRuntime.OnOffer
  ) throws -> FakeRuntime {
    let runtime = try FakeRuntime(self, name: name, users: users, onOffer: onOffer)
    runtimes.withLock { $0.append(runtime) }
    try eventually { try self.reachability(name) == "reachable" }
    return runtime
  }

  private func reachability(_ name: String) throws -> String? {
    try get("/v1/endpoints").json["endpoints"]?.array?
      .first { $0["name"]?.string == name }?["reachability"]?["state"]?.string
  }

  /// Asks again until it holds.
  func eventually(_ holds: () throws -> Bool) throws {
    let end = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < end {
      if try holds() { return }
      usleep(1_000)
    }
    Issue.record("it never came to hold")
  }
}
