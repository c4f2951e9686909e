import CommandLine
import JSON
import Platform

let statusCommand = Command(
  "status", "Show the control plane itself",
  options: [.data, .json], exitCodes: ExitCode.client,
  run: { arguments in
    let output = Terminal(.output)
    let control = try Control(arguments)
    let status = try control.get("/v1/status")
    if arguments.has("json") { return printed(status, output) }
    let started = status["startedAtUs"]?.int ?? 0
    output.line(
      "signalbox \(words(status["version"])) at \(control.address):\(control.port), since"
        + " \(TimeWords.text(microseconds: started))")
    output.line(
      "endpoints: \(count(status["endpoints"]?["known"])) known,"
        + " \(count(status["endpoints"]?["reachable"])) reachable now")
    output.line("open calls: \(count(status["calls"]?["open"]))")
    output.line("open sessions: \(count(status["sessions"]?["open"]))")
    let pending = status["notifications"]?["pending"]?.int ?? 0
    let oldest = status["notifications"]?["oldestPendingAtUs"]?.int.map {
      ", the oldest since \(TimeWords.text(microseconds: $0))"
    }
    output.line("notifications: \(pending) pending\(oldest ?? "")")
    output.line(
      "tools: \(count(status["tools"]?["known"])), with \(count(status["tools"]?["errors"]))"
        + " errors in their definitions")
    return 0
  })

let endpointsCommand = Command(
  "endpoints", "Show the endpoints and whether a call would reach them now",
  subcommands: [
    Command(
      "list", "List the endpoints",
      options: [.data, .json, Option("names", "Print the names only")],
      exitCodes: ExitCode.client, run: listEndpoints),
    Command(
      "show", "Show one endpoint: its bridge, what that did lately, and its last calls",
      options: [
        .data, .json, Option("calls", value: "COUNT", "How many of its last calls to show; 10"),
      ],
      positionals: [Positional("NAME", "the endpoint's name", completion: .endpoints)],
      exitCodes: ExitCode.client, run: showEndpoint),
    Command(
      "remove", "Forget an endpoint; it has to join again",
      discussion: "Its open calls end: those that it was never handed as undeliverable, the others"
        + " as unknown.",
      options: [.data, .json],
      positionals: [Positional("NAME", "the endpoint's name", completion: .endpoints)],
      exitCodes: ExitCode.client,
      run: { arguments in
        let output = Terminal(.output)
        let control = try Control(arguments)
        let name = arguments.required("NAME")
        let answer = try suggesting(endpoint: name, control) {
          try control.send(control.request("DELETE", "/v1/endpoints/" + escaped(name)))
        }
        if arguments.has("json") { return printed(answer, output) }
        output.line("removed \(Visible.text(name))")
        return 0
      }),
  ], defaultSubcommand: "list")

private func listEndpoints(_ arguments: Arguments) throws -> Int32 {
  let output = Terminal(.output)
  let answer = try Control(arguments).get("/v1/endpoints")
  if arguments.has("json") { return printed(answer, output) }
  let endpoints = answer["endpoints"]?.array ?? []
  if arguments.has("names") {
    for endpoint in endpoints { output.line(words(endpoint["name"])) }
    return 0
  }
  guard !endpoints.isEmpty else {
    output.line("no endpoint has joined yet; start one with \"signalbox-agent run\"")
    return 0
  }
  var table = Table(
    "NAME", "PLATFORM", "AGENT", "EXECUTORS", "RUNTIMES", "WAITING", "HANDED", "BRIDGE", "HEALTH",
    "REACHABILITY")
  for endpoint in endpoints {
    let platform = [endpoint["platform"], endpoint["architecture"]].compactMap { $0?.string }
    table.add(
      words(endpoint["name"]), platform.joined(separator: "/"), words(endpoint["agentVersion"]),
      (endpoint["executors"]?.array ?? []).compactMap(\.string).joined(separator: ","),
      (endpoint["runtimes"]?.array ?? []).map { words($0["name"]) }.joined(separator: ","),
      count(endpoint["waiting"]), count(endpoint["handed"]), words(endpoint["bridge"]?["state"]),
      healthWords(endpoint["health"]), words(endpoint["reachability"]?["text"]))
  }
  table.print(to: output)
  return 0
}

/// `degraded: plugins, spool`.
private func healthWords(_ health: JSON?) -> String {
  switch words(health?["state"]) {
  case "degraded":
    "degraded: "
      + (health?["faults"]?.array ?? []).map { words($0["subject"]) }.joined(separator: ", ")
  case "notTold": "not told"
  case let state: state
  }
}

/// What the endpoint's agent says of itself, a fault in a line with what can be done about it.
private func showHealth(_ health: JSON?, _ output: Terminal) {
  func span(_ milliseconds: JSON?) -> String {
    TimeWords.span(microseconds: (milliseconds?.int ?? 0) * 1_000)
  }
  let told = health?["toldAgoMs"]?.int == nil ? "" : ", told \(span(health?["toldAgoMs"])) ago"
  output.line("health:     \(healthWords(health))\(told)")
  for fault in health?["faults"]?.array ?? [] {
    let tried = (fault["tried"]?.array ?? []).compactMap(\.string).joined(separator: ", ")
    output.line(
      Visible.text(
        "  \(words(fault["subject"])) for \(span(fault["forMs"])): \(words(fault["evidence"]));"
          + " tried: \(tried)"))
    output.line("  next: " + words(fault["advice"]))
  }
  for past in health?["recovered"]?.array ?? [] {
    let from = past["sinceUs"]?.int ?? 0
    let until = past["untilUs"]?.int ?? 0
    output.line(
      Visible.text(
        "  \(words(past["subject"])) was degraded for"
          + " \(TimeWords.span(microseconds: until - from)), good again since"
          + " \(TimeWords.text(microseconds: until)): \(words(past["evidence"]))"))
  }
}

/// What is known of an endpoint, also while it is away.
private func showEndpoint(_ arguments: Arguments) throws -> Int32 {
  let output = Terminal(.output)
  let control = try Control(arguments)
  let name = arguments.required("NAME")
  let answer = try suggesting(endpoint: name, control) {
    try control.get("/v1/endpoints/" + escaped(name))
  }
  let endpoint = answer["endpoint"] ?? .null
  let limit = try arguments.integer("calls", in: 0...500) ?? 10
  var calls: JSON = []
  if limit > 0 {
    let page = "/v1/calls?limit=\(limit)&endpoint=\(escaped(words(endpoint["name"])))"
    calls = try control.get(page)["calls"] ?? []
  }
  if arguments.has("json") { return printed(["endpoint": endpoint, "calls": calls], output) }
  let platform = [endpoint["platform"], endpoint["architecture"]].compactMap { $0?.string }
  let bridge = endpoint["bridge"]
  func time(_ value: JSON?) -> String { value?.int.map { TimeWords.span(microseconds: $0) } ?? "?" }
  output.line(
    "\(Visible.text(words(endpoint["name"]))), endpoint \(words(endpoint["id"])):"
      + " \(Visible.text(words(endpoint["reachability"]?["text"])))")
  output.line(
    "bridge:     \(words(bridge?["state"])): \(Visible.text(words(bridge?["evidence"])))")
  if let advice = bridge?["advice"]?.string { output.line("  next: " + advice) }
  showHealth(endpoint["health"], output)
  output.line(
    "deliveries: "
      + (bridge?["deliveries"]?.int ?? 0 > 0
        ? "half within \(time(bridge?["deliveryP50Us"])), 99 % within"
          + " \(time(bridge?["deliveryP99Us"])), of the last \(count(bridge?["deliveries"]))"
        : "none yet, as far as this control plane has measured"))
  output.line("lost links: \(count(bridge?["lossesLastHour"])) within the last hour")
  output.line(
    "calls:      \(count(endpoint["waiting"])) wait here, \(count(endpoint["handed"])) were handed"
      + " to it, and it takes \(count(bridge?["capacity"]))")
  for session in endpoint["sessions"]?.array ?? [] {
    output.line("session:    \(words(session)) is open; nothing restarts here meanwhile")
  }
  output.line(
    "agent:      \(Visible.text(words(endpoint["agentVersion"]))) on"
      + " \(Visible.text(platform.joined(separator: "/")))")
  for runtime in endpoint["runtimes"]?.array ?? [] {
    let executors = (runtime["executors"]?.array ?? []).compactMap(\.string)
    output.line(
      Visible.text(
        "runtime:    \(words(runtime["name"])), executors \(executors.joined(separator: ", "))"))
  }
  if let joined = endpoint["joinedAtUs"]?.int {
    output.line("joined:     \(TimeWords.text(microseconds: joined))")
  }
  guard let last = calls.array, !last.isEmpty else { return 0 }
  output.line()
  callTable(last).print(to: output)
  return 0
}

// MARK: Shared by the commands

func words(_ value: JSON?) -> String { value?.string ?? "" }

/// `1 tool`, `2 tools`.
func counted(_ count: Int, _ thing: String) -> String {
  "\(count) \(thing)\(count == 1 ? "" : "s")"
}

func count(_ value: JSON?) -> String { value?.int.map(String.init) ?? "?" }

/// Prints a document, indented for a terminal and in one line for a program.
func printed(_ document: JSON, _ output: Terminal) -> Int32 {
  output.line(output.isTerminal ? document.pretty : document.compact)
  return 0
}

/// Runs `body`; if it fails because there is no such endpoint or tool, says which name is near.
func suggesting<Value>(
  endpoint: String? = nil, tool: String? = nil, _ control: Control, _ body: () throws -> Value
) throws -> Value {
  do {
    return try body()
  } catch let failure as Failure {
    let given: (name: String?, list: String)? =
      switch failure.code {
      case "noSuchEndpoint": (endpoint, "endpoints")
      case "noSuchTool": (tool, "tools")
      default: nil
      }
    guard let name = given?.name, let list = given?.list else { throw failure }
    let known = (try? control.get("/v1/\(list)"))?[list]?.array ?? []
    guard let nearest = Nearest.word(to: name, among: known.map { words($0["name"]) }) else {
      throw failure
    }
    throw Failure(
      failure.code, failure.message, remedy: "did you mean \"\(nearest)\"?", exit: failure.exit)
  }
}
