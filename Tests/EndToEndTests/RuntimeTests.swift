import Glibc
import JSON
import Platform
import Testing

/// A user without rights, who is on every machine, is logged in as far as the agent can tell: the file
/// that says so is the test's own.
@Suite(
  "Sessions of logged-in users, on real processes", .serialized,
  .enabled(if: Machine.effectiveUser == 0, "only root may run a process as another user"))
struct RuntimeTests {
  private static let user = "nobody"
  private static let session = "session:nobody"

  private static func tool(_ name: String, _ script: String, runtime: String) -> String {
    Definitions.shell(name, script)
      .replacing("attempts: 20}", with: "attempts: 20, runtime: \(runtime)}")
  }

  private static let who =
    "echo \"$(id -un) $USER $LOGNAME $HOME ${XDG_RUNTIME_DIR-none}\""

  private static func log(_ users: [String], in path: String) throws {
    var bytes: [UInt8] = []
    for user in users {
      var entry = utmpx()
      entry.ut_type = Int16(USER_PROCESS)
      entry.ut_pid = getpid()
      withUnsafeMutableBytes(of: &entry.ut_user) { $0.copyBytes(from: user.utf8) }
      bytes += withUnsafeBytes(of: entry) { Array($0) }
    }
    try Files.writeAtomically(bytes, to: path)
  }

  private static func start(_ tools: [String], loggedIn: [String]) throws -> Machinery {
    let box = try Machinery(tools: tools)
    box.checkInterval = "1s"
    try log(loggedIn, in: box.root + "/utmp")
    try box.startControlPlane()
    try box.startAgent(["--logins", box.root + "/utmp"])
    try box.awaitReachable()
    return box
  }

  private static let both: [String] = ["service", RuntimeTests.session]

  private static func runtimes(_ box: Machinery) throws -> [String] {
    let endpoint = try box.get("/v1/endpoints")["endpoints"]?.array?.first
    return (endpoint?["runtimes"]?.array ?? []).compactMap { $0["name"]?.string }
  }

  private static func attempts(_ call: JSON, _ member: String) -> [String] {
    (call["attempts"]?.array ?? []).map { $0[member]?.string ?? "" }
  }

  @Test("a tool runs in the session of who is logged in, as that user and with that home")
  func session() throws {
    let box = try Self.start(
      [
        Self.tool("who.session", Self.who, runtime: "session"),
        Self.tool("who.any", "id -un", runtime: "any"), Definitions.shell("who.service", "id -un"),
      ], loggedIn: [Self.user])
    try eventually("the session is told of") { try Self.runtimes(box) == Self.both }
    let call = try box.ended(try box.submit("who.session"))
    let home = try #require(try Confinement.Account.named(Self.user)).home
    #expect(
      call["result"]?["value"]?.string == "nobody nobody nobody \(home) none\n", "\(call.pretty)")
    #expect(Self.attempts(call, "runtime") == [Self.session])
    #expect(try box.ended(try box.submit("who.any"))["result"]?["value"] == "nobody\n")
    #expect(try box.ended(try box.submit("who.service"))["result"]?["value"] == "root\n")
    let chosen = try box.cli(["call", "web-01", "who.any", "--runtime", "service"])
    #expect(chosen.exit == 0 && chosen.stdout == "root\n", "\(chosen)")
  }

  @Test("what a session refuses goes to the service where the tool allows it, and is rejected else")
  func refused() throws {
    let box = try Self.start(
      [
        Self.tool("who.any", "id -un", runtime: "any"),
        Self.tool("who.session", "id -un", runtime: "session"),
      ], loggedIn: [Self.user])
    // So that the control plane does not hear that the user is gone. Whether an agent finds the
    // user in time for its first message is not certain.
    box.checkInterval = "60s"
    try eventually("the session is told of at the start", within: .seconds(120)) {
      box.stopAgent()
      try eventually("the agent is away") { try !box.isReachable() }
      try box.startAgent(["--logins", box.root + "/utmp"])
      try box.awaitReachable()
      return try Self.runtimes(box) == Self.both
    }
    try Self.log([], in: box.root + "/utmp")
    let any = try box.submit("who.any")
    let call = try box.ended(any)
    #expect(call["result"]?["value"] == "root\n", "\(call.pretty)")
    #expect(Self.attempts(call, "runtime") == [Self.session, "service"])
    #expect(Self.attempts(call, "result") == ["refused", "acknowledged"])
    let told = try box.cli(["transcript", any])
    #expect(
      told.stdout.contains(
        "requeue: offered to service, because session:nobody refused: nobody is not logged in"),
      "\(told.stdout)")
  }

  @Test("a login and a logout reach the control plane, and a call waits for the former")
  func loginAndLogout() throws {
    let box = try Self.start(
      [Self.tool("who.session", "id -un", runtime: "session")], loggedIn: [])
    #expect(try Self.runtimes(box) == ["service"])
    let waiting = try box.submit("who.session")
    try eventually("it says what it waits for") {
      try box.call(waiting)["waitsFor"]?.string?.contains("nobody is logged in there") == true
    }
    try Self.log([Self.user], in: box.root + "/utmp")
    #expect(try box.ended(waiting)["result"]?["value"] == "nobody\n")
    try eventually("the agent's status shows the session") {
      let status = try box.command("signalbox-agent", ["status", "--state", box.state])
      return status.stdout.contains("runtimes:  service, session:nobody\n")
    }
    try Self.log([], in: box.root + "/utmp")
    // Before anyone has heard of it, if that is to be had.
    let late = try box.submit("who.session", expiresAfter: .seconds(20))
    let call = try box.ended(late)
    #expect(["rejected", "expired"].contains(call["outcome"]?.string), "\(call.pretty)")
    #expect(call["ran"] == "no")
    try eventually("the logout is told") { try Self.runtimes(box) == ["service"] }
  }

  @Test("the agent's status says when nobody can see who is logged in")
  func unseen() throws {
    let box = try Machinery(tools: [])
    try box.startControlPlane()
    // A directory is no list of logins.
    try box.startAgent(["--logins", box.root])
    try box.awaitReachable()
    try eventually("the doubt is shown") {
      let status = try box.command("signalbox-agent", ["status", "--state", box.state])
      return status.stdout.contains(
        "runtimes:  service\n  there may be sessions of more users: the agent cannot see who is")
    }
  }
}
