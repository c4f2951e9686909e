import CommandLine
import JSON
import Model
import Sockets

private let callID = Positional("ID", "the call's id")

let callsCommand = Command(
  "calls", "Show calls, wait for them, cancel them",
  subcommands: [
    Command(
      "list", "List calls, newest first",
      options: [
        .data, .json,
        Option("endpoint", value: "NAME", "Only of this endpoint", completion: .endpoints),
        Option("tool", value: "NAME", "Only of this tool", completion: .tools),
        Option("session", value: "ID", "Only of this session", completion: .openSessions),
        Option(
          "outcome", value: "OUTCOME", "Only with this outcome",
          choices: Outcome.allCases.map(\.rawValue)),
        Option("open", "Only calls without an outcome"),
        Option("limit", value: "COUNT", "At most so many; 50 if not given"),
        Option("before", value: "ID", "Only calls before this one"),
      ], exitCodes: ExitCode.client, run: listCalls),
    Command(
      "show", "Show everything about a call but its output",
      options: [.data, .json], positionals: [callID], exitCodes: ExitCode.client, run: showCall),
    Command(
      "output", "Print what a call printed so far, unchanged",
      options: [
        .data,
        Option("stream", value: "STREAM", "Which of the two", choices: ["stdout", "stderr"]),
      ], positionals: [callID], exitCodes: ExitCode.client, run: printOutput),
    Command(
      "wait", "Follow a call to its outcome, from its beginning",
      options: [
        .data, .json,
        Option("timeout", value: "TIME", "Follow it no longer than this; the call goes on"),
      ], positionals: [callID], exitCodes: ExitCode.outcomes,
      run: { arguments in
        let id = arguments.required("ID")
        try Interrupts.watch { Terminal(.error).line(goesOn(id)) }
        return try followed(id, arguments)
      }),
    Command(
      "cancel", "Ask for the end of a call",
      discussion: "A call that no endpoint has ends at once. One that runs gets the time that its"
        + " tool allows for an orderly end.",
      options: [.data, .json, .by], positionals: [callID], exitCodes: ExitCode.client,
      run: { arguments in
        let output = Terminal(.output)
        let control = try Control(arguments)
        let path = "/v1/calls/\(escaped(arguments.required("ID")))/cancel"
        let answer = try control.send(
          control.request("POST", path, ["by": .string(requester(arguments))]))
        if arguments.has("json") { return printed(answer, output) }
        let report = CallReport(call: answer["call"] ?? .null)
        if report.outcome == nil {
          output.line(Visible.text("cancel asked for: \(words(answer["call"]?["reason"]))"))
        } else {
          for line in report.lines(output.paint) { output.line(line) }
        }
        return 0
      }),
    Command(
      "retry", "Do an ended call again, as a new call",
      discussion: "The new call has the same definition, arguments, endpoint and runtime, and both"
        + " name each other. " + againRules,
      options: againOptions, positionals: [callID], exitCodes: ExitCode.outcomes,
      run: { try doAgain($0, "retry") }),
    Command(
      "requeue", "Do an ended call again, in any runtime of its endpoint where the tool may run",
      discussion: "As \"calls retry\", which stays with the runtime that the call had. "
        + againRules,
      options: againOptions, positionals: [callID], exitCodes: ExitCode.outcomes,
      run: { try doAgain($0, "requeue") }),
  ], defaultSubcommand: "list")

private let againRules =
  "A call that ran, or may have run, is only done again if its tool is idempotent, or if you say that"
  + " you understand. Asked for twice, there is one new call."

private let againOptions: [Option] = [
  .data, .json, .by,
  Option(
    "i-understand-it-may-run-twice",
    "Run it again although it ran and its tool is not idempotent"),
  Option("no-wait", "Print the new call's id once it is accepted, and do not follow it"),
  Option("timeout", value: "TIME", "Follow it no longer than this; the call goes on"),
  Option("approve", "Approve a tool that needs an operator's approval"),
]

private func doAgain(_ arguments: Arguments, _ how: String) throws -> Int32 {
  let id = arguments.required("ID")
  let control = try Control(arguments)
  let path = "/v1/calls/\(escaped(id))"
  let error = Terminal(.error)
  let first = try control.get(path)["call"] ?? .null
  if !arguments.has("json") {
    error.line("What became of it:")
    for line in CallReport(call: first).lines(error.paint) { error.line("  " + line) }
  }
  let by = requester(arguments)
  var body = JSONObject([
    ("by", .string(by)), ("mayRunTwice", .bool(arguments.has("i-understand-it-may-run-twice"))),
  ])
  if arguments.has("approve") { body.append("approvedBy", .string(by)) }
  let answer = try control.send(control.request("POST", path + "/\(how)", .object(body)))
  let later = words(answer["call"]?["id"])
  guard !arguments.has("no-wait") else {
    if arguments.has("json") { return printed(answer, Terminal(.output)) }
    Terminal(.output).line(later)
    return 0
  }
  if !arguments.has("json") { error.line("Again, as \(later):") }
  try Interrupts.watch { Terminal(.error).line(goesOn(later)) }
  return try followed(later, arguments)
}

private func listCalls(_ arguments: Arguments) throws -> Int32 {
  let limit = try arguments.integer("limit", in: 1...100_000) ?? 50
  var query = "limit=\(min(limit, 500))"
  for name in ["endpoint", "tool", "session", "outcome"] {
    if let value = arguments[name] { query += "&\(name)=\(escaped(value))" }
  }
  if arguments.has("open") { query += "&open=true" }
  let control = try Control(arguments)
  var calls: [JSON] = []
  var before = arguments["before"]
  repeat {
    let page = try control.get(
      "/v1/calls?\(query)" + (before.map { "&before=" + escaped($0) } ?? ""))
    calls += page["calls"]?.array ?? []
    before = page["next"]?.string
  } while before != nil && calls.count < limit
  calls = Array(calls.prefix(limit))
  let output = Terminal(.output)
  if arguments.has("json") {
    return printed(["calls": .array(calls), "next": before.map(JSON.string) ?? .null], output)
  }
  callTable(calls).print(to: output)
  return 0
}

func callTable(_ calls: [JSON]) -> Table {
  var table = Table("ID", "ACCEPTED", "ENDPOINT", "TOOL", "STATE", "BY")
  for call in calls {
    table.add(
      words(call["id"]), TimeWords.text(microseconds: call["acceptedAtUs"]?.int ?? 0),
      words(call["endpoint"]?["name"]), words(call["tool"]?["name"]),
      call["outcome"]?.string ?? openState(call), words(call["by"]))
  }
  return table
}

/// An open call stands somewhere on two axes; the one that has moved says more.
private func openState(_ call: JSON) -> String {
  let execution = words(call["state"]?["execution"])
  return "(" + (execution == "notStarted" ? words(call["state"]?["delivery"]) : execution) + ")"
}

private func showCall(_ arguments: Arguments) throws -> Int32 {
  let output = Terminal(.output)
  let control = try Control(arguments)
  let path = "/v1/calls/\(escaped(arguments.required("ID")))"
  let answer = try control.get(path)
  let transitions = try control.get(path + "/transitions")["transitions"] ?? []
  if arguments.has("json") {
    return printed(["call": answer["call"] ?? .null, "transitions": transitions], output)
  }
  let call = answer["call"] ?? .null
  for line in CallReport(call: call).lines(output.paint) { output.line(line) }
  if let waits = call["waitsFor"]?.string { output.line("  waits for: " + Visible.text(waits)) }
  output.line()
  if let first = call["retryOf"]?.string { output.line("retry of:  " + Visible.text(first)) }
  for later in call["retriedBy"]?.array ?? [] {
    output.line("retried by " + Visible.text(words(later)))
  }
  if let session = call["session"]?.string {
    output.line("session:   " + Visible.text(session))
  }
  output.line("by:        " + Visible.text(words(call["by"])))
  output.line("arguments: " + Visible.text(call["arguments"]?.compact ?? "{}"))
  output.line(
    "tool:      "
      + Visible.text("\(words(call["tool"]?["version"])), \(words(call["tool"]?["digest"]))"))
  for attempt in call["attempts"]?.array ?? [] {
    let refusal = attempt["refusal"]?.string.map { ": \($0)" } ?? ""
    output.line(
      Visible.text(
        "attempt \(count(attempt["number"])): \(words(attempt["runtime"])),"
          + " \(words(attempt["result"]))\(refusal)"))
  }
  let state = call["state"]
  output.line(
    "state:     delivery \(words(state?["delivery"])), execution \(words(state?["execution"])),"
      + " output \(words(state?["output"])), \(words(state?["validity"]))")
  output.line(
    "output:    \(count(call["outputs"]?["stdout"]?["bytes"])) bytes of stdout,"
      + " \(count(call["outputs"]?["stderr"]?["bytes"])) of stderr")
  for line in CallReport(call: call).held { output.line(Visible.text(line)) }
  output.line()
  var table = Table("AT", "WHAT", "EVIDENCE")
  for transition in transitions.array ?? [] {
    let evidence = transition["evidence"]?.object?.members ?? []
    table.add(
      TimeWords.text(microseconds: transition["atUs"]?.int ?? 0), words(transition["kind"]),
      evidence.map { "\($0.key) \($0.value.string ?? $0.value.compact)" }.joined(separator: ", "))
  }
  table.print(to: output)
  return 0
}

private func printOutput(_ arguments: Arguments) throws -> Int32 {
  let control = try Control(arguments)
  let stream = arguments["stream"] ?? "stdout"
  let path = "/v1/calls/\(escaped(arguments.required("ID")))/output?stream=\(stream)"
  let receiver = OutputReceiver(Terminal(.output))
  let head: (status: Int, headers: HTTPHeaders)
  do {
    head = try HTTPExchange.stream(
      control.request("GET", path), timeout: nil, onHead: { status, _ in receiver.begin(status) },
      onChunk: { receiver.take($0) })
  } catch {
    if receiver.isUnread { return 141 }
    throw control.unavailable(error)
  }
  guard head.status == 200 else {
    throw Failure(status: head.status, try? JSON(parsing: receiver.errorBody))
  }
  guard head.headers["x-signalbox-bytes"].flatMap({ Int($0) }) ?? receiver.bytes == receiver.bytes
  else {
    throw Failure(
      "output.incomplete", "the output broke off after \(receiver.bytes) bytes",
      remedy: "print it again", exit: .unavailable)
  }
  return 0
}

/// `@unchecked Sendable`: used on the exchange's thread, and read when that has ended.
private final class OutputReceiver: @unchecked Sendable {
  private let output: Terminal
  private var visible = VisibleStream()
  private var status = 0
  private(set) var errorBody: [UInt8] = []
  private(set) var bytes = 0
  private(set) var isUnread = false

  init(_ output: Terminal) { self.output = output }

  func begin(_ status: Int) { self.status = status }

  func take(_ chunk: [UInt8]) -> Bool {
    guard status == 200 else {
      errorBody += chunk
      return errorBody.count < 1 << 20
    }
    bytes += chunk.count
    isUnread = !output.write(output.isTerminal ? visible.take(chunk) : chunk)
    return !isUnread
  }
}
