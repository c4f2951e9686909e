import CommandLine
import JSON

let sessionsCommand = Command(
  "sessions", "Open a session with an endpoint, show sessions, and close them",
  discussion: """
    A session says that somebody is at work on an endpoint: calls belong to it ("signalbox call \
    --session ID"), nothing there restarts or updates itself while it is open, and "signalbox \
    transcript ID" tells all that happened in it. One that is left alone closes by itself, after the \
    time that "signalbox serve --session-idle" sets; a session with an open call is not left alone. \
    Calls go on when their session is closed.
    """,
  subcommands: [
    Command(
      "open", "Open a session, and print its id",
      options: [
        .data, .json, .by, Option("note", value: "TEXT", "What it is for, for the record"),
      ],
      positionals: [Positional("ENDPOINT", "the endpoint's name", completion: .endpoints)],
      exitCodes: ExitCode.client, run: openSession),
    Command(
      "list", "List sessions, newest first",
      options: [
        .data, .json,
        Option("endpoint", value: "NAME", "Only with this endpoint", completion: .endpoints),
        Option("open", "Only those that are open"),
        Option("ids", "Print the ids only"),
        Option("limit", value: "COUNT", "At most so many; 50"),
        Option("before", value: "ID", "Only sessions before this one"),
      ], exitCodes: ExitCode.client, run: listSessions),
    Command(
      "show", "Show a session and its last calls",
      options: [
        .data, .json, Option("calls", value: "COUNT", "How many of its last calls to show; 10"),
      ], positionals: [sessionID], exitCodes: ExitCode.client, run: showSession),
    Command(
      "close", "Close a session; its calls go on",
      options: [.data, .json, .by], positionals: [sessionID], exitCodes: ExitCode.client,
      run: closeSession),
  ], defaultSubcommand: "list")

private let sessionID = Positional("ID", "the session's id", completion: .openSessions)

private func openSession(_ arguments: Arguments) throws -> Int32 {
  let control = try Control(arguments)
  let name = arguments.required("ENDPOINT")
  var body = JSONObject([
    ("endpoint", .string(name)), ("by", .string(requester(arguments))),
  ])
  if let note = arguments["note"] { body.append("note", .string(note)) }
  let answer = try suggesting(endpoint: name, control) {
    try control.send(control.request("POST", "/v1/sessions", .object(body)))
  }
  if arguments.has("json") { return printed(answer, Terminal(.output)) }
  Terminal(.output).line(words(answer["session"]?["id"]))
  return 0
}

private func listSessions(_ arguments: Arguments) throws -> Int32 {
  let limit = try arguments.integer("limit", in: 1...500) ?? 50
  var path = "/v1/sessions?limit=\(limit)"
  for name in ["endpoint", "before"] {
    if let value = arguments[name] { path += "&\(name)=\(escaped(value))" }
  }
  if arguments.has("open") { path += "&open=true" }
  let answer = try Control(arguments).get(path)
  let output = Terminal(.output)
  if arguments.has("json") { return printed(answer, output) }
  let sessions = answer["sessions"]?.array ?? []
  if arguments.has("ids") {
    for session in sessions { output.line(words(session["id"])) }
    return 0
  }
  var table = Table("ID", "OPENED", "ENDPOINT", "STATE", "CALLS", "BY", "NOTE")
  for session in sessions {
    table.add(
      words(session["id"]), TimeWords.text(microseconds: session["openedAtUs"]?.int ?? 0),
      words(session["endpoint"]?["name"]), words(session["state"]), tally(session["counts"]),
      words(session["by"]), words(session["note"]))
  }
  table.print(to: output)
  return 0
}

private func showSession(_ arguments: Arguments) throws -> Int32 {
  let control = try Control(arguments)
  let id = escaped(arguments.required("ID"))
  let session = try control.get("/v1/sessions/\(id)")["session"] ?? .null
  let limit = try arguments.integer("calls", in: 0...500) ?? 10
  let calls =
    limit > 0 ? try control.get("/v1/calls?session=\(id)&limit=\(limit)")["calls"] ?? [] : []
  let output = Terminal(.output)
  if arguments.has("json") { return printed(["session": session, "calls": calls], output) }
  for line in sessionLines(session) { output.line(Visible.text(line)) }
  guard let last = calls.array, !last.isEmpty else { return 0 }
  output.line()
  callTable(last).print(to: output)
  return 0
}

private func closeSession(_ arguments: Arguments) throws -> Int32 {
  let control = try Control(arguments)
  let path = "/v1/sessions/\(escaped(arguments.required("ID")))/close"
  let answer = try control.send(
    control.request("POST", path, ["by": .string(requester(arguments))]))
  let output = Terminal(.output)
  if arguments.has("json") { return printed(answer, output) }
  for line in sessionLines(answer["session"] ?? .null) { output.line(Visible.text(line)) }
  return 0
}

/// What a session is, and how it stands.
func sessionLines(_ session: JSON) -> [String] {
  func time(_ name: String) -> String {
    TimeWords.text(microseconds: session[name]?.int ?? 0)
  }
  var lines = [
    "session \(words(session["id"])) with \(words(session["endpoint"]?["name"])):"
      + " \(words(session["state"]))"
  ]
  if let note = session["note"]?.string { lines.append("  note:   \(note)") }
  lines.append("  opened: \(time("openedAtUs")) by \(words(session["by"]))")
  if session["closedAtUs"]?.int != nil {
    lines.append(
      "  closed: \(time("closedAtUs")) by \(words(session["closedBy"])):"
        + " \(words(session["reason"]))")
  } else if session["closesAtUs"]?.int != nil {
    lines.append("  closes: \(time("closesAtUs")) if it is left alone")
  } else {
    lines.append("  closes: some time after its open calls have ended, if it is left alone")
  }
  let calls = tally(session["counts"])
  lines.append("  calls:  \(calls.isEmpty ? "none yet" : calls)")
  return lines
}
