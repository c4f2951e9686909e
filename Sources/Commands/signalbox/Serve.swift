import API
import Catalog
import CommandLine
import Engine
import JSON
import Platform
import Sockets

let serveCommand = Command(
  "serve", "Run the control plane",
  discussion: """
    Serves the HTTP API and the bridge for endpoints on one port of this machine alone, until SIGTERM \
    or SIGINT. SIGHUP reads the tool definitions and the policy again; calls that were accepted keep theirs.

    The data directory holds the store, the token of the API (api-token), the token with which \
    endpoints join (join-token), and while it runs the address (api.json).
    """,
  options: [
    .data,
    Option(
      "listen", value: "ADDRESS", "The loopback address to listen on; 127.0.0.1 if not given"),
    Option("port", value: "PORT", "The port; 7070 if not given, 0 for any free one"),
    Option(
      "tools", value: "DIR", "The directory with the tool definitions", completion: .directories),
    Option(
      "policy", value: "FILE", "The clients' policy: groups of endpoints and their rules",
      completion: .files),
    Option("heartbeat", value: "TIME", "How often endpoints are asked whether they are there; 5s"),
    Option(
      "horizon", value: "TIME",
      "How long a call waits for an endpoint that went away with it before it is unknown; 7d"),
    Option("max-open-calls", value: "COUNT", "Calls without an outcome; 200000 if not given"),
    Option(
      "session-idle", value: "TIME",
      "How long a session without an open call may be left alone before it is closed; 30m"),
    Option("json", "Print events as lines of JSON"),
  ],
  exitCodes: [
    ExitCode(0, "stopped by a signal, everything on disk"), .usage,
    ExitCode(69, "the port is in use"),
    ExitCode(70, "the disk failed: the message says how"),
    ExitCode(73, "the data directory cannot be used, or another control plane uses it"),
  ],
  run: serve)

private func serve(_ arguments: Arguments) throws -> Int32 {
  let log = ServeLog(isJSON: arguments.has("json"))
  let settings = try serviceSettings(arguments)
  // Before any thread is started, so that all of them have the signals blocked.
  let signals = try Signals.watch([Signals.terminate, Signals.interrupt, Signals.hangUp])
  let service: Service
  do {
    service = try Service(settings) { why in
      log.say("fatal", "stops: \(why); what is on disk stays, look at the disk and start again")
      quitAtOnce(ExitCode.software.code)
    }
  } catch let error as DataDirectoryError {
    throw Failure(error.code, error.message, remedy: error.remedy, exit: .cannotCreate)
  } catch let error as SystemError {
    throw Failure(error.code, "\(error)", exit: .cannotCreate)
  }
  let port: UInt16
  do {
    port = try service.start()
  } catch let error as SocketsError {
    try? service.stop()
    throw Failure(
      error.code.rawValue, error.message, remedy: error.remedy, exit: .unavailable)
  }
  log.started(service, settings, port)
  try waitForTheEnd(signals, service, log)
  do {
    try service.stop()
  } catch {
    throw Failure("stop", "stopping failed: \(error)", exit: .software)
  }
  log.say("stopped", "stopped; everything accepted is on disk")
  return 0
}

private func serviceSettings(_ arguments: Arguments) throws -> Service.Settings {
  var settings = Service.Settings(
    dataDirectory: try dataDirectory(arguments), toolsDirectory: arguments["tools"],
    version: productVersion)
  if let tools = settings.toolsDirectory, (try? Files.status(tools))?.kind != .directory {
    throw Failure(
      "tools.directory", "there is no directory \(tools)", remedy: "correct --tools",
      exit: .usage)
  }
  settings.policyFile = arguments["policy"]
  if let file = settings.policyFile {
    do throws(DefinitionErrors) {
      _ = try PolicyBook.read(file: file)
    } catch {
      throw Failure(
        "policy", error.description, remedy: "correct the policy", exit: .invalidData)
    }
  }
  settings.address = try loopback(arguments["listen"] ?? "127.0.0.1")
  if let port = try arguments.integer("port", in: 0...65_535) { settings.port = UInt16(port) }
  if let heartbeat = try arguments.milliseconds("heartbeat") {
    guard (100...600_000).contains(heartbeat) else {
      throw UsageError("--heartbeat is from 100ms to 10m", path: arguments.path)
    }
    settings.engine.heartbeat = .milliseconds(heartbeat)
  }
  if let horizon = try arguments.milliseconds("horizon") {
    settings.engine.recoveryHorizon = .milliseconds(horizon)
  }
  if let idle = try arguments.milliseconds("session-idle") {
    guard (1_000...604_800_000).contains(idle) else {
      throw UsageError("--session-idle is from 1s to 7d", path: arguments.path)
    }
    settings.engine.sessionIdle = .milliseconds(idle)
  }
  if let count = try arguments.integer("max-open-calls", in: 1...10_000_000) {
    settings.engine.maxOpenCalls = count
  }
  return settings
}

private func loopback(_ address: String) throws -> String {
  switch address {
  case "127.0.0.1", "localhost": return "127.0.0.1"
  case "::1":
    throw Failure(
      "listen.unsupported", "cannot listen on ::1: this version speaks IPv4 only",
      remedy: "use --listen 127.0.0.1", exit: .usage)
  default:
    throw Failure(
      "listen.refused",
      "refuses to listen on \(address): without TLS the control plane listens on loopback only",
      remedy: "use --listen 127.0.0.1, and reach it from elsewhere through a tunnel", exit: .usage)
  }
}

private func waitForTheEnd(
  _ signals: borrowing Descriptor, _ service: Service, _ log: ServeLog
) throws {
  let poller = try Poller()
  try poller.add(signals.number, .readable, token: 0)
  var events: [Poller.Event] = []
  while true {
    try poller.wait(upTo: nil, into: &events)
    while let signal = try Signals.next(from: signals) {
      guard signal == Signals.hangUp else { return }
      let errors = service.reloadTools()
      log.say("tools", "read the tools again: \(service.toolCount), with \(errors.count) errors")
      log.toolErrors(service)
    }
  }
}

/// What `serve` says of itself, on standard error.
struct ServeLog: Sendable {
  let isJSON: Bool
  private let error = Terminal(.error)

  init(isJSON: Bool) { self.isJSON = isJSON }

  func say(_ event: String, _ text: String, _ more: [(String, JSON)] = []) {
    if isJSON {
      let members: [(String, JSON)] = [
        ("event", .string(event)), ("atUs", .int(Int(Clock.wall()))), ("text", .string(text)),
      ]
      error.line(JSON.object(JSONObject(members + more)).compact)
    } else {
      error.line("signalbox: \(Visible.text(text))")
    }
  }

  func started(_ service: Service, _ settings: Service.Settings, _ port: UInt16) {
    toolErrors(service)
    if settings.toolsDirectory == nil {
      say("tools", "has no tools: name their directory with --tools")
    }
    say(
      "listening",
      "listens at http://\(settings.address):\(port), with \(counted(service.toolCount, "tool"))"
        + " and the data in \(settings.dataDirectory)",
      [("address", .string(settings.address)), ("port", .int(Int(port)))])
  }

  func toolErrors(_ service: Service) {
    for wrong in service.toolErrors {
      say("toolError", "\(wrong)", [("error", wrong.json)])
    }
    for wrong in service.policyErrors {
      say("policyError", "\(wrong); the policy before holds", [("error", wrong.json)])
    }
  }
}
