import Catalog
import CommandLine
import JSON
import Model
import Platform
import Schema
import Sockets
import Synchronization

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
  ],
  positionals: [
    Positional("ENDPOINT", "the endpoint's name", completion: .endpoints),
    Positional("TOOL", "the tool's name, or NAME@VERSION", completion: .tools),
    Positional("ARGUMENT", "key=value, key:=JSON, key=@FILE or key=-", .any),
  ],
  exitCodes: ExitCode.outcomes, run: call)

private func call(_ arguments: Arguments) throws -> Int32 {
  let accepted = Mutex<String?>(nil)
  try Interrupts.watch {
    let error = Terminal(.error)
    if let id = accepted.withLock({ $0 }) {
      error.line(goesOn(id))
    } else {
      error.line("\nsignalbox: interrupted; see \"signalbox calls\" whether the call was accepted")
    }
  }
  let control = try Control(arguments)
  let request = try callRequest(arguments, control)
  let answer = try submitted(request, control, arguments.required("ENDPOINT"))
  let id = words(answer["call"]?["id"])
  accepted.withLock { $0 = id }
  guard !arguments.has("no-wait") else {
    if arguments.has("json") { return printed(answer, Terminal(.output)) }
    Terminal(.output).line(id)
    return 0
  }
  return try followed(id, arguments)
}

func goesOn(_ id: String) -> String {
  "\nsignalbox: the call goes on; follow it with \"signalbox calls wait \(id)\", or end it with"
    + " \"signalbox calls cancel \(id)\""
}

private func callRequest(_ arguments: Arguments, _ control: Control) throws -> JSON {
  let parts = arguments.required("TOOL").split(separator: "@", maxSplits: 1).map(String.init)
  let version = parts.count > 1 ? parts[1] : nil
  let tool = try localTool(parts.first ?? "", version: version, control)
  var given = CallArguments(tool)
  let values = try given.read(arguments.values("ARGUMENT"), document: arguments["json-args"])
  if case .invalid(let violations) = tool.check(arguments: values) {
    throw refused(
      violations, tool, "see \"signalbox tools show \(tool.name)\"; nothing was called")
  }
  let by = requester(arguments)
  var request = JSONObject([
    ("endpoint", .string(arguments.required("ENDPOINT"))), ("tool", .string(tool.name)),
    ("version", .string(tool.version)), ("arguments", values), ("by", .string(by)),
    // With a key, sending again after a broken connection cannot make a second call.
    ("idempotencyKey", .string(arguments["idempotency-key"] ?? "cli-\(randomText())")),
  ])
  if let expires = try arguments.milliseconds("expires") {
    request.append("expiresAfterMs", .int(expires))
  }
  if arguments.has("approve") { request.append("approvedBy", .string(by)) }
  return .object(request)
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
