import Catalog
import CommandLine
import JSON
import Model
import Platform
import Schema
import Sockets

let callCommand = Command(
  "call", "Run a tool on an endpoint and follow it to its outcome",
  discussion: """
    Arguments are checked here before anything is sent. key=value takes the value by the type in the \
    tool's schema; key:=JSON takes it as JSON; key=@FILE and key=- read it from a file or from \
    standard input (a text that begins with @ is written key=@@text). A secret argument is only taken \
    from a file or from standard input: a command line is seen by other users.

    The tool's output goes to standard output and standard error as it comes, and what became of the \
    call to standard error. Escape sequences in it are made visible on a terminal, and left alone \
    otherwise. With --json, one document with the call and its output goes to standard output.

    With --group the tool runs on every endpoint of a group of the policy, and with --batch FILE the \
    calls of the file are made, all accepted as one; the ENDPOINT, or all, is then left out. What \
    became of each comes as a table.

    An endpoint that is away gets the call when it is back, until the call expires. Ctrl-C stops \
    following, not the call.
    """,
  options: [
    .data, .by,
    Option("json-args", value: "JSON", "All arguments as one JSON object: the text, @FILE, or -"),
    .json,
    Option("no-wait", "Print the call's id once it is accepted, and do not follow it"),
    Option("idempotency-key", value: "KEY", "The same key never makes a second call"),
    Option("expires", value: "TIME", "How long it may wait for its start, such as 24h"),
    Option("timeout", value: "TIME", "Follow it no longer than this; the call goes on"),
    Option("approve", "Approve a tool that needs an operator's approval"),
    Option("priority", value: "N", "-9 to 9: higher ones go first when several wait; the group's"),
    Option("runtime", value: "NAME", "Where it runs: service, or session:USER; the tool's choice"),
    Option("notify", "Have the policy's hooks tell of its end, however short it waits"),
    Option(
      "session", value: "ID", "Make it in this session, which is open with the endpoint",
      completion: .openSessions),
    Option("group", value: "GROUP", "Run it on each endpoint of the group"),
    Option("batch", value: "FILE", "Make the calls of a batch file", completion: .files),
  ],
  positionals: [
    Positional("ENDPOINT", "the endpoint's name", .optional, completion: .endpoints),
    Positional("TOOL", "the tool's name, or NAME@VERSION", .optional, completion: .tools),
    Positional("ARGUMENT", "key=value, key:=JSON, key=@FILE or key=-", .any),
  ], subcommands: callsAgain,
  exitCodes: ExitCode.outcomes + [.batchStopped], run: call)

/// `signalbox call retry ID` is `signalbox calls retry ID`; without the id of a call, `retry` is the name
/// of an endpoint.
private let callsAgain = callsCommand.subcommands.filter {
  ["retry", "requeue"].contains($0.name)
}.map { again in
  var again = again
  again.summary += " (as \"signalbox calls \(again.name)\")"
  again.isMeant = { rest in
    rest.contains { IdentifierSequence.hasForm($0) || $0 == "--help" }
  }
  return again
}

private func call(_ arguments: Arguments) throws -> Int32 {
  let accepted = Locked<String?>(nil)
  try Interrupts.watch {
    let error = Terminal(.error)
    if let words = accepted.withLock({ $0 }) {
      error.line(words)
    } else {
      error.line("\nsignalbox: interrupted; see \"signalbox calls\" whether the call was accepted")
    }
  }
  let control = try Control(arguments)
  let target = try CallTarget(arguments)
  if case .endpoint(let name) = target {
    let request = try callRequest(target, arguments, control)
    let answer = try submitted(.object(request), control, name)
    let id = words(answer["call"]?["id"])
    accepted.withLock { $0 = goesOn(id) }
    guard !arguments.has("no-wait") else { return left(answer, id, arguments) }
    return try followed(id, arguments)
  }
  let answer = try control.send(
    control.request("POST", "/v1/batches", try wholeBatch(target, arguments, control)))
  let id = words(answer["batch"]?["id"])
  accepted.withLock { $0 = batchGoesOn(id) }
  guard !arguments.has("no-wait") else { return left(answer, id, arguments) }
  return try followBatch(id, arguments)
}

/// What is printed of a call or batch that nobody follows.
private func left(_ answer: JSON, _ id: String, _ arguments: Arguments) -> Int32 {
  if arguments.has("json") { return printed(answer, Terminal(.output)) }
  Terminal(.output).line(id)
  return 0
}

/// Where a call goes, or the calls of a batch.
private enum CallTarget {
  case endpoint(String)
  case group(String)
  case file(String)

  init(_ arguments: Arguments) throws {
    switch (arguments["group"], arguments["batch"]) {
    case (nil, nil):
      guard let name = arguments.values("ENDPOINT").first else {
        throw UsageError("ENDPOINT is missing: the endpoint's name", path: arguments.path)
      }
      self = .endpoint(name)
    case (let group?, nil): self = .group(group)
    case (nil, let file?):
      guard arguments.values("ENDPOINT").isEmpty else {
        throw UsageError("with --batch the file says what is called", path: arguments.path)
      }
      self = .file(file)
    case (_?, _?): throw UsageError("--group and --batch exclude each other", path: arguments.path)
    }
  }

  /// The tool, and the words after it.
  func words(_ arguments: Arguments) throws -> (tool: String, given: [String]) {
    var words =
      arguments.values("ENDPOINT") + arguments.values("TOOL") + arguments.values("ARGUMENT")
    if case .endpoint = self { words.removeFirst() }
    guard !words.isEmpty else {
      throw UsageError(
        "TOOL is missing: the tool's name, or NAME@VERSION", path: arguments.path)
    }
    return (words.removeFirst(), words)
  }
}

private func wholeBatch(
  _ target: CallTarget, _ arguments: Arguments, _ control: Control
) throws -> JSON {
  var batch: JSONObject
  switch target {
  case .file(let path):
    batch = try batchRequest(file: path)
    batch["by"] = .string(requester(arguments))
    if batch["idempotencyKey"] == nil {
      batch["idempotencyKey"] = .string(arguments["idempotency-key"] ?? "cli-\(randomText())")
    }
    try addTerms(to: &batch, arguments)
  case .group, .endpoint:
    let whole = try callRequest(target, arguments, control)
    batch = JSONObject([])
    var call = JSONObject([])
    for member in whole.members {
      switch member.key {
      case "group", "endpoint", "tool", "version", "arguments": call[member.key] = member.value
      default: batch[member.key] = member.value
      }
    }
    batch["calls"] = [.object(call)]
  }
  return .object(batch)
}

/// What was asked for beside tool and arguments.
private func addTerms(to request: inout JSONObject, _ arguments: Arguments) throws {
  if let expires = try arguments.milliseconds("expires") {
    request["expiresAfterMs"] = .int(expires)
  }
  if let priority = try arguments.integer("priority", in: -9...9) {
    request["priority"] = .int(priority)
  }
  if arguments.has("notify") { request["notify"] = true }
  if let session = arguments["session"] { request["session"] = .string(session) }
  if let runtime = arguments["runtime"] { request["runtime"] = .string(runtime) }
  if arguments.has("approve") { request["approvedBy"] = .string(requester(arguments)) }
}

func goesOn(_ id: String) -> String {
  "\nsignalbox: the call goes on; follow it with \"signalbox calls wait \(id)\", or end it with"
    + " \"signalbox calls cancel \(id)\""
}

private func callRequest(
  _ target: CallTarget, _ arguments: Arguments, _ control: Control
) throws -> JSONObject {
  let (name, words) = try target.words(arguments)
  let parts = name.split(separator: "@", maxSplits: 1).map(String.init)
  let version = parts.count > 1 ? parts[1] : nil
  let tool = try localTool(parts.first ?? "", version: version, control)
  var given = CallArguments(tool)
  let values = try given.read(words, document: arguments["json-args"])
  if case .invalid(let violations) = tool.check(arguments: values) {
    throw refused(
      violations, tool, "see \"signalbox tools show \(tool.name)\"; nothing was called")
  }
  var request = JSONObject([
    ("tool", .string(tool.name)), ("version", .string(tool.version)), ("arguments", values),
    ("by", .string(requester(arguments))),
    // With a key, sending again after a broken connection cannot make a second call.
    ("idempotencyKey", .string(arguments["idempotency-key"] ?? "cli-\(randomText())")),
  ])
  switch target {
  case .endpoint(let endpoint): request["endpoint"] = .string(endpoint)
  case .group(let group): request["group"] = .string(group)
  case .file: break
  }
  try addTerms(to: &request, arguments)
  return request
}

/// Arguments that a tool does not take, each with its place.
func refused(_ violations: [Violation], _ tool: Tool, _ remedy: String) -> Failure {
  let list = violations.map {
    "\n  \($0.instancePointer.isEmpty ? "the whole" : $0.instancePointer):"
      + " expected \($0.expected), found \($0.actual)"
  }.joined()
  return Failure(
    "invalidArguments", "\(tool.name) does not take these arguments:" + list, remedy: remedy,
    exit: .invalidData)
}

private func localTool(
  _ name: String, version: String?, _ control: Control
) throws -> Tool {
  let answer = try fetchedTool(name, version: version, control)
  do {
    return try Tool(definition: answer["tool"]?["definition"] ?? .null)
  } catch {
    throw Failure(
      "definition", "this signalbox cannot read the definition of \(name): \(error)",
      remedy: "use the signalbox of the control plane's version", exit: .software)
  }
}

private func randomText() -> String {
  Random.bytes(16).map { byte in
    (byte < 16 ? "0" : "") + String(byte, radix: 16)
  }.joined()
}

/// Sends the request, once more if the answer got lost.
private func submitted(_ body: JSON, _ control: Control, _ endpoint: String) throws -> JSON {
  let request = control.request("POST", "/v1/calls", body)
  return try suggesting(endpoint: endpoint, control) {
    do {
      return try control.send(request)
    } catch let failure as Failure where failure.code == "unavailable" {
      return try control.send(request)
    }
  }
}

/// Follows a call and reports its end.
func followed(_ id: String, _ arguments: Arguments) throws -> Int32 {
  let isJSON = arguments.has("json")
  let screen = Screen(keeps: isJSON)
  let directory = try dataDirectory(arguments)
  let limit = try arguments.milliseconds("timeout").map { Duration.milliseconds($0) }
  let follower = Follower(id, screen) { () throws(Failure) in try Control(directory: directory) }
  let error = Terminal(.error)
  switch try follower.run(limit: limit) {
  case .failed(let failure): throw failure
  case .outOfTime:
    error.line(goesOn(id))
    return ExitCode.stillOpen.code
  case .ended(let call):
    let report = CallReport(call: call)
    if isJSON {
      _ = printed(
        ["call": call, "stdout": outputJSON(screen.stdout), "stderr": outputJSON(screen.stderr)],
        Terminal(.output))
    } else {
      for line in report.lines(error.paint) { error.line(line) }
    }
    return report.outcome?.exit.code ?? ExitCode.software.code
  }
}

func outputJSON(_ bytes: [UInt8]) -> JSON {
  if let text = String(validating: bytes, as: UTF8.self) { return ["text": .string(text)] }
  return ["base64": .string(Base64.text(bytes))]
}
