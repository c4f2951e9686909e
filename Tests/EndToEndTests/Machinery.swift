import Glibc
import JSON
import Model
import Platform
import Sockets

/// Real processes in a directory of their own: a control plane, an agent, and what they leave on
/// disk. Nothing in here is simulated.
final class Machinery {
  let root: String
  let tools: String
  private(set) var port: UInt16 = 0
  private(set) var controlPlane: Running?
  private(set) var agent: Running?
  /// Where the agent dials, when it is not the control plane itself.
  var agentPort: UInt16?
  var slots = 4
  /// Of the agent: when an executor is taken for hung.
  var executorGrace = "60s"
  /// Of the control plane: a policy's text.
  var policy: String?
  /// Of the agent: how often it looks after itself.
  var checkInterval = "60s"

  static let bin: String = {
    // The tests run from the bundle that stands beside the products.
    guard let path = try? Machine.executable() else { return "" }
    return Files.directory(of: path)
  }()

  init(tools: [String]) throws {
    root = try Files.makeTemporaryDirectory(prefix: "signalbox-e2e")
    self.tools = root + "/tools"
    for directory in [data, state, plugins, self.tools] {
      try Files.makeDirectories(directory, permissions: 0o700)
    }
    for (index, text) in tools.enumerated() {
      try Files.writeAtomically(
        Array(text.utf8), to: self.tools + "/\(index).yaml", permissions: 0o600)
    }
    try makeHardLinkOrCopy("signalbox-plugin-shell")
  }

  deinit {
    agent?.kill()
    controlPlane?.kill()
    killPlugins()
    try? Files.removeTree(root)
  }

  var data: String { root + "/data" }
  var state: String { root + "/endpoint" }
  var plugins: String { root + "/plugins" }

  private func makeHardLinkOrCopy(_ name: String) throws {
    let target = plugins + "/" + name
    if link(Self.bin + "/" + name, target) == 0 { return }
    try Files.writeAtomically(
      try Files.read(Self.bin + "/" + name, limit: 1 << 30), to: target, permissions: 0o700)
  }

  // MARK: Processes

  func startControlPlane() throws {
    var arguments = [
      "serve", "--data", data, "--port", "\(port)", "--tools", tools, "--heartbeat", "1s",
    ]
    if let policy {
      try Files.writeAtomically(Array(policy.utf8), to: root + "/policy.yaml")
      arguments += ["--policy", root + "/policy.yaml"]
    }
    controlPlane = try Running(Self.bin + "/signalbox", arguments, log: root + "/serve.log")
    try eventually("the control plane listens") {
      guard let text = try? Files.read(self.data + "/api.json"),
        let json = try? JSON(parsing: text),
        let port = json["port"]?.int
      else { return false }
      self.port = UInt16(port)
      return (try? self.get("/v1/status")) != nil
    }
  }

  /// - Parameter address: where it dials, if not where the control plane listens.
  /// - Parameter options: of "run", beside those that it always has.
  func startAgent(dialling address: String? = nil, _ options: [String] = []) throws {
    agent = try Running(
      Self.bin + "/signalbox-agent",
      [
        "run", "--state", state, "--name", "web-01", "--control-plane",
        address ?? "127.0.0.1:\(agentPort ?? port)", "--join-token-file", data + "/join-token",
        "--plugins",
        plugins, "--slots", "\(slots)", "--executor-grace", executorGrace,
        "--check-interval", checkInterval,
      ] + options, log: root + "/agent.log")
  }

  func start() throws {
    try startControlPlane()
    try startAgent()
    try awaitReachable()
  }

  func awaitReachable() throws {
    try eventually("the agent is reachable") { try self.isReachable() }
  }

  func isReachable() throws -> Bool {
    try get("/v1/endpoints")["endpoints"]?.array?.first?["reachability"]?["state"]?.string
      == "reachable"
  }

  func killControlPlane() { controlPlane?.kill() }
  func killAgent() { agent?.kill() }
  func stopAgent() { agent?.terminate() }

  /// On return the agent takes nothing new; it waits for what runs.
  func beginToStopAgent() throws {
    let before = stops
    agent?.signal(SIGTERM)
    try eventually("the agent is stopping") { self.stops > before }
  }

  /// How many agents have said that they stop.
  private var stops: Int {
    let log = text((try? Files.read(root + "/agent.log")) ?? [])
    return log.ranges(of: "stopping: takes nothing new").count
  }

  /// Ends every plugin that was started from this machinery's directory, as a power cut would.
  func killPlugins() {
    for process in Running.all(executable: plugins + "/signalbox-plugin-shell") {
      kill(process, SIGKILL)
    }
  }

  // MARK: The API

  func apiToken() throws -> String {
    String(decoding: try Files.read(data + "/api-token"), as: UTF8.self)
      .split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
  }

  func request(
    _ method: String, _ path: String, _ body: JSON? = nil
  ) throws -> (status: Int, body: [UInt8]) {
    try raw(method, path, body?.bytes ?? [])
  }

  /// - Parameter token: what to show instead of the control plane's; `.some(nil)` shows none.
  func raw(
    _ method: String, _ path: String, _ body: [UInt8], token other: String?? = nil
  ) throws -> (status: Int, body: [UInt8]) {
    var headers = [HTTPHeader("content-type", "application/json")]
    if let shown = try other ?? .some(apiToken()) {
      headers.append(HTTPHeader("authorization", "Bearer " + shown))
    }
    let response = try HTTPExchange.perform(
      HTTPCall(method, port: port, path: path, headers: headers, body: body))
    return (response.status, response.body)
  }

  func get(_ path: String) throws -> JSON {
    let response = try request("GET", path)
    guard response.status == 200 else {
      throw Unexpected("GET \(path): \(response.status) \(text(response.body))")
    }
    return try JSON(parsing: response.body)
  }

  /// Submits a call and returns its id.
  func submit(
    _ tool: String, _ arguments: JSON = [:], expiresAfter: Duration? = nil, key: String? = nil
  ) throws -> String {
    try Self.submit(
      tool, arguments, expiresAfter: expiresAfter, key: key, port: port, token: apiToken())
  }

  /// As the other, for clients on threads of their own.
  static func submit(
    _ tool: String, _ arguments: JSON, expiresAfter: Duration? = nil, key: String?, port: UInt16,
    token: String
  ) throws -> String {
    var body = JSONObject([
      ("endpoint", "web-01"), ("tool", .string(tool)), ("arguments", arguments), ("by", "test"),
      ("approvedBy", "test"),
    ])
    if let expiresAfter { body["expiresAfterMs"] = .int(Int(expiresAfter.wholeMilliseconds)) }
    if let key { body["idempotencyKey"] = .string(key) }
    let response = try HTTPExchange.perform(
      HTTPCall(
        "POST", port: port, path: "/v1/calls",
        headers: [
          HTTPHeader("content-type", "application/json"),
          HTTPHeader("authorization", "Bearer " + token),
        ], body: JSON.object(body).bytes))
    guard response.status == 202 || response.status == 200,
      let id = try JSON(parsing: response.body)["call"]?["id"]?.string
    else {
      throw Unexpected(
        "POST /v1/calls: \(response.status) \(String(decoding: response.body, as: UTF8.self))")
    }
    return id
  }

  func call(_ id: String) throws -> JSON {
    guard let call = try get("/v1/calls/" + id)["call"] else { throw Unexpected("no call") }
    return call
  }

  func output(_ id: String, _ stream: String = "stdout") throws -> [UInt8] {
    try request("GET", "/v1/calls/\(id)/output?stream=\(stream)").body
  }

  /// Waits for the outcome.
  func ended(_ id: String, within limit: Duration = .seconds(60)) throws -> JSON {
    var last: JSON = .null
    try eventually("call \(id) ends", within: limit) {
      last = try self.call(id)
      return last["outcome"]?.string != nil
    }
    return last
  }

  func await(
    _ id: String, _ axis: String, _ value: String, within limit: Duration = .seconds(30)
  ) throws {
    try eventually("call \(id) has \(axis) \(value)", within: limit) {
      try self.call(id)["state"]?[axis]?.string == value
    }
  }

  // MARK: Calls that a test ends

  /// Where tools leave their marks, one a line.
  var ledger: String { root + "/ledger" }
  var marks: [String] {
    text((try? Files.read(ledger)) ?? []).split(separator: "\n").map(String.init)
  }

  /// Submits a call that leaves its mark in the ledger and holds until it is let go.
  func submitHolding(_ mark: String) throws -> String {
    try submit(
      "hold.marked",
      ["mark": .string(mark), "file": .string(ledger), "go": .string(root + "/go." + mark)])
  }

  /// As the other; on return its start and its first output are known here, and its mark is left.
  func hold(_ mark: String) throws -> String {
    let id = try submitHolding(mark)
    try self.await(id, "execution", "started")
    try eventually("call \(id) has said that it began") {
      try self.output(id) == Array("begun\n".utf8)
    }
    try eventually("call \(id) has left its mark") { self.marks.contains(mark) }
    return id
  }

  func release(_ mark: String) throws { try Files.writeAtomically([], to: root + "/go." + mark) }

  func cli(_ arguments: [String]) throws -> (exit: Int, stdout: String, stderr: String) {
    try command("signalbox", arguments + ["--data", data])
  }

  func command(
    _ name: String, _ arguments: [String]
  ) throws -> (exit: Int, stdout: String, stderr: String) {
    let out = root + "/cli.out"
    let err = root + "/cli.err"
    let process = try Running(Self.bin + "/" + name, arguments, log: err, stdout: out)
    let exit = process.wait()
    return (exit, text(try Files.read(out)), text(try Files.read(err)))
  }

  func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  /// What went wrong inside, for a failure's message.
  var logs: String {
    ["serve.log", "agent.log"].map { name in
      "\(name):\n" + text((try? Files.read(root + "/" + name)) ?? [])
    }.joined(separator: "\n")
  }
}

struct Unexpected: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// Looks again until it holds; there is no other way to await a process that does not speak to us.
func eventually(
  _ what: String, within limit: Duration = .seconds(30), _ holds: () throws -> Bool
) throws {
  let end = ContinuousClock.now + limit
  var last: (any Error)?
  while ContinuousClock.now < end {
    do {
      if try holds() { return }
    } catch {
      last = error
    }
    usleep(10_000)
  }
  throw Unexpected("not within \(limit): \(what)\(last.map { " (\($0))" } ?? "")")
}

/// A child process of the test.
final class Running {
  private let child: ChildProcess
  private var exit: ProcessExit?

  init(_ path: String, _ arguments: [String], log: String, stdout: String? = nil) throws {
    let null = try Files.open("/dev/null", .read)
    let err = try Self.append(log)
    let out = try Self.append(stdout ?? log, truncating: stdout != nil)
    let home = Machine.environment("HOME") ?? "/"
    child = try ChildProcess.spawn(
      Launch(
        path, arguments: [path] + arguments,
        environment: [("PATH", "/usr/bin:/bin"), ("HOME", home), ("NO_COLOR", "1")]),
      stdin: null, stdout: out, stderr: err)
  }

  private static func append(_ path: String, truncating: Bool = false) throws -> Descriptor {
    let flags = O_WRONLY | O_CREAT | O_CLOEXEC | (truncating ? O_TRUNC : O_APPEND)
    let number = Glibc.open(path, flags, 0o600)
    guard number >= 0 else { throw SystemError.last("open", path: path) }
    return Descriptor(owning: number)
  }

  var id: Int { child.id }

  /// `kill -9`, and gone on return.
  func kill() {
    guard exit == nil else { return }
    try? child.signal(SIGKILL)
    _ = wait()
  }

  func terminate() {
    guard exit == nil else { return }
    signal(SIGTERM)
    _ = wait()
  }

  func signal(_ number: Int32) { try? child.signal(number) }

  /// - Returns: the exit code, or minus the signal's number.
  @discardableResult
  func wait() -> Int {
    if exit == nil { exit = try? child.wait() }
    switch exit?.how {
    case .exit(let code): return code
    case .signal(let number, _): return -number
    case nil: return -1
    }
  }

  /// The processes that run an executable.
  static func all(executable: String) -> [Int32] {
    let names = (try? Files.list("/proc")) ?? []
    return names.compactMap { name in
      guard let id = Int32(name), let path = try? Files.resolved("/proc/\(name)/exe"),
        path == executable
      else { return nil }
      return id
    }
  }
}
