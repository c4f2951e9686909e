import Agent
import CommandLine
import JSON
import Platform

/// `signalbox-agent status`: what the agent of a state directory says of itself.
struct StatusCommand {
  static let command = Command(
    "status", "Show the agent of a state directory",
    discussion: """
      Whether it runs, its link to the control plane, its journal, its open calls, its executors, and \
      the runtimes that calls can be for: the service, and the sessions of logged-in users; as the \
      agent wrote it down last, with its age.
      """,
    options: [
      Option(
        "state", value: "DIR", "The agent's state directory (required)", completion: .directories),
      Option("json", "Print JSON, for programs"),
    ],
    exitCodes: [.usage, notRunning], run: { try StatusCommand($0).run() })

  private static let notRunning = ExitCode(69, "no agent runs on this state directory")

  private let state: String
  private let asJSON: Bool

  private init(_ arguments: Arguments) throws {
    guard let state = arguments["state"] else {
      throw UsageError(
        "--state is needed: where the agent keeps its journal", path: arguments.path)
    }
    self.state = state
    asJSON = arguments.has("json")
  }

  private func run() throws -> Int32 {
    let status: AgentStatus
    do {
      status = try AgentStatus(read: AgentStatus.path(in: state))
    } catch let error as SystemError where error.isNotFound {
      throw Failure(
        "noAgent", "no agent has run on \(state)",
        remedy: "give the directory that \"signalbox-agent run\" has with --state",
        exit: Self.notRunning)
    }
    let isRunning = status.isOfLivingProcess
    let output = Terminal(.output)
    if asJSON {
      var document = JSONObject([("running", .bool(isRunning))])
      for (key, value) in status.json.object?.members ?? [] { document[key] = value }
      document["sendable"] = .bool(isRunning && isSendable(status.json))
      output.line(JSON.object(document).pretty)
    } else {
      for line in lines(status.json, isRunning) { output.line(Visible.text(line)) }
    }
    return isRunning ? 0 : Self.notRunning.code
  }

  private func isSendable(_ json: JSON) -> Bool {
    guard let window = json["link"]?["sendableForUs"]?.int, let heard = json["heardAtUs"]?.int,
      let written = json["writtenAtUs"]?.int, json["isStopping"]?.bool == false
    else { return false }
    // As of what was written: a silence that went on would have been written down.
    return written - heard < window
  }

  private func lines(_ json: JSON, _ isRunning: Bool) -> [String] {
    let process = json["process"]
    let id = process?["pid"]?.int ?? 0
    let since = TimeWords.text(microseconds: process?["startedAtUs"]?.int ?? 0)
    let age = age(json["writtenAtUs"])
    let calls = json["calls"]?.array ?? []
    var lines = [
      isRunning
        ? "signalbox-agent \(text(json["version"])) runs as process \(id), since \(since)"
        : "no agent runs; the last one was process \(id). What follows is \(age) old",
      "endpoint:  \(text(json["endpoint"], or: "has not joined yet")), named \(text(json["name"]))",
      "link:      " + link(json, isRunning),
      "journal:   epoch \(text(json["journal"]?["epoch"], or: "none yet")),"
        + " row \(json["journal"]?["sequence"]?.int ?? 0)",
      "executors: " + list(json["executors"]),
      "runtimes:  " + list(json["runtimes"]),
    ]
    for doubt in json["unseenUsers"]?.array ?? [] {
      lines.append("  there may be sessions of more users: the agent \(text(doubt))")
    }
    lines.append("health:    " + text(json["health"]?["state"], or: "not told"))
    for fault in json["health"]?["faults"]?.array ?? [] { lines += self.lines(of: fault) }
    if isRunning, json["hasSession"] == true {
      lines.append("session:   one is open; nothing restarts here of itself meanwhile")
    }
    lines.append("calls:     \(calls.count) whose end is not confirmed")
    lines += calls.map { "  \(text($0["call"])) \(text($0["state"]))" }
    if isRunning { lines.append("as the agent had it \(age) ago") }
    return lines
  }

  private func lines(of json: JSON) -> [String] {
    let tried = (json["tried"]?.array ?? []).compactMap(\.string).joined(separator: ", ")
    return [
      "  \(text(json["subject"])) for \(age(json["sinceUs"])): \(text(json["evidence"]));"
        + " tried: \(tried)",
      "  next: \(text(json["advice"]))",
    ]
  }

  private func link(_ json: JSON, _ isRunning: Bool) -> String {
    let link = json["link"]
    let place = "to \(text(json["controlPlane"]))"
    let state = text(link?["state"])
    guard isRunning else { return "none; it was \(state) \(place)" }
    switch state {
    case "open":
      return "open \(place) for \(age(link?["sinceUs"])); the control plane was heard"
        + " \(age(json["heardAtUs"])) ago; "
        + (isSendable(json) ? "calls can be sent here" : "nothing is sent here now")
    case "waiting":
      return "none \(place): \(text(link?["reason"])); tried \(link?["failures"]?.int ?? 0) times;"
        + " nothing is sent here"
    default: return "\(state) \(place); nothing is sent here yet"
    }
  }

  private func list(_ json: JSON?) -> String {
    let names = (json?.array ?? []).compactMap(\.string)
    return names.isEmpty ? "none" : names.joined(separator: ", ")
  }

  private func text(_ json: JSON?, or none: String = "?") -> String { json?.string ?? none }

  private func age(_ json: JSON?) -> String {
    TimeWords.span(microseconds: Int(Clock.now()) - (json?.int ?? 0))
  }
}
