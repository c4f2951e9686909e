import CommandLine
import JSON
import Model

let transcriptCommand = Command(
  "transcript", "Tell everything that happened to a call, in order",
  discussion: """
    Each line has the time here, the endpoint's own time where it told one, who did it, what was \
    done, and how the bridge stood at that moment. Lines with a "!" are steps of recovery: what was \
    done because something did not go through. It can be read while the endpoint is away.
    """,
  options: [.data, .json],
  positionals: [Positional("ID", "the call's id")],
  exitCodes: ExitCode.client, run: transcript)

private func transcript(_ arguments: Arguments) throws -> Int32 {
  let output = Terminal(.output)
  let control = try Control(arguments)
  let path = "/v1/calls/\(escaped(arguments.required("ID")))/transcript"
  var answer = try control.get(path)
  var events = answer["events"]?.array ?? []
  while let more = answer["events"]?.array, more.count >= 1_000 {
    answer = try control.get(path + "?after=\(more.last?["sequence"]?.int ?? 0)")
    events += answer["events"]?.array ?? []
  }
  let call = answer["call"] ?? .null
  if arguments.has("json") {
    return printed(["call": call, "events": .array(events)], output)
  }
  output.line(
    "call \(words(call["id"])): \(Visible.text(words(call["tool"]?["name"])))"
      + " \(Visible.text(words(call["tool"]?["version"]))) on"
      + " \(Visible.text(words(call["endpoint"]?["name"])))")
  output.line(
    "accepted \(TimeWords.text(microseconds: call["acceptedAtUs"]?.int ?? 0)), arguments"
      + " \(Visible.text(call["arguments"]?.compact ?? "{}"))")
  if let first = call["retryOf"]?.string { output.line("retry of \(Visible.text(first))") }
  for later in call["retriedBy"]?.array ?? [] {
    output.line("retried by \(Visible.text(words(later)))")
  }
  output.line()
  transcriptTable(events).print(to: output)
  output.line()
  let report = CallReport(call: call)
  for line in report.lines(output.paint) { output.line(line) }
  for line in report.held { output.line("  " + Visible.text(line)) }
  if let waits = call["waitsFor"]?.string { output.line("  waits for: " + Visible.text(waits)) }
  return 0
}

private func transcriptTable(_ events: [JSON]) -> Table {
  var table = Table("HERE", "ITS CLOCK", "WHO", "", "WHAT", "BRIDGE")
  var day = events.first?["atUs"]?.int.map { $0 / 86_400_000_000 }
  for event in events {
    let at = event["atUs"]?.int ?? 0
    if day != at / 86_400_000_000 {
      day = at / 86_400_000_000
      table.add(String(TimeWords.text(microseconds: at).prefix(10)), "", "", "", "", "")
    }
    table.add(
      TimeWords.clock(microseconds: at),
      event["endpointAtUs"]?.int.map { TimeWords.clock(microseconds: $0) } ?? "",
      words(event["actor"]), event["isRecovery"] == true ? "!" : "", words(event["text"]),
      bridgeWords(event["bridge"]))
  }
  return table
}

/// `good, round trip 2 ms, 3 wait`
private func bridgeWords(_ bridge: JSON?) -> String {
  guard let state = bridge?["state"]?.string else { return "" }
  var parts = [state]
  if let time = bridge?["roundTripUs"]?.int {
    parts.append("round trip \(TimeWords.span(microseconds: time))")
  }
  if let silence = bridge?["silentForMs"]?.int {
    parts.append("for \(TimeWords.span(microseconds: silence * 1_000))")
  }
  if let waiting = bridge?["waiting"]?.int { parts.append("\(waiting) wait") }
  if let handed = bridge?["handed"]?.int { parts.append("has \(handed)") }
  if let losses = bridge?["lossesLastHour"]?.int { parts.append("lost \(losses) times this hour") }
  let degraded = (bridge?["degraded"]?.array ?? []).compactMap(\.string)
  if !degraded.isEmpty { parts.append("degraded: " + degraded.joined(separator: ", ")) }
  return parts.joined(separator: ", ")
}
