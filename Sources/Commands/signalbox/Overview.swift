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
  var table = Table("NAME", "PLATFORM", "AGENT", "EXECUTORS", "WAITING", "HANDED", "REACHABILITY")
  for endpoint in endpoints {
    let platform = [endpoint["platform"], endpoint["architecture"]].compactMap { $0?.string }
    table.add(
      words(endpoint["name"]), platform.joined(separator: "/"), words(endpoint["agentVersion"]),
      (endpoint["executors"]?.array ?? []).compactMap(\.string).joined(separator: ","),
      count(endpoint["waiting"]), count(endpoint["handed"]),
      words(endpoint["reachability"]?["text"]))
  }
  table.print(to: output)
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
