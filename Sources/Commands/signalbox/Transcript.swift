import CommandLine
import JSON
import Model

let transcriptCommand = Command(
  "transcript", "Tell everything that happened to a call or in a session, in order",
  discussion: """
    Each line has the time here, the endpoint's own time where it told one, who did it, what was \
    done, and how the bridge stood at that moment. Lines with a "!" are steps of recovery: what was \
    done because something did not go through. Of a session, all its calls are told together. It can \
    be read while the endpoint is away.
    """,
  options: [.data, .json],
  positionals: [Positional("ID", "the id of a call or of a session")],
  exitCodes: ExitCode.client, run: transcript)

private func transcript(_ arguments: Arguments) throws -> Int32 {
  let id = arguments.required("ID")
  let control = try Control(arguments)
  do {
    return try callTranscript(id, control, arguments)
  } catch let missing as Failure where missing.code == "noSuchCall" {
    do {
      return try sessionTranscript(id, control, arguments)
    } catch let failure as Failure where failure.code == "noSuchSession" {
      throw Failure(
        missing.code, "there is no call and no session \(Visible.text(id))",
        remedy: "see \"signalbox calls\" and \"signalbox sessions\"", exit: missing.exit)
    }
  }
}

private func sessionTranscript(
  _ id: String, _ control: Control, _ arguments: Arguments
) throws -> Int32 {
  let path = "/v1/sessions/\(escaped(id))/transcript"
  var answer = try control.get(path)
  var events = answer["events"]?.array ?? []
  while let next = answer["next"]?.string {
    answer = try control.get(path + "?after=\(escaped(next))")
    events += answer["events"]?.array ?? []
  }
  let output = Terminal(.output)
  let session = answer["session"] ?? .null
  if arguments.has("json") {
    return printed(["session": session, "events": .array(events)], output)
  }
  for line in sessionLines(session) { output.line(Visible.text(line)) }
  output.line()
  transcriptTable(events, ofSession: true).print(to: output)
  return 0
}

private func callTranscript(
  _ id: String, _ control: Control, _ arguments: Arguments
) throws -> Int32 {
  let output = Terminal(.output)
  let path = "/v1/calls/\(escaped(id))/transcript"
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
  if let session = call["session"]?.string { output.line("in session \(Visible.text(session))") }
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

private func transcriptTable(_ events: [JSON], ofSession: Bool = false) -> Table {
  let names = CallNames(events)
  let call = ofSession ? ["CALL"] : []
  var table = Table(["HERE", "ITS CLOCK"] + call + ["WHO", "", "WHAT", "BRIDGE"])
  var day = events.first?["atUs"]?.int.map { $0 / 86_400_000_000 }
  for event in events {
    let at = event["atUs"]?.int ?? 0
    if day != at / 86_400_000_000 {
      day = at / 86_400_000_000
      table.add(String(TimeWords.text(microseconds: at).prefix(10)))
    }
    let its = event["endpointAtUs"]?.int.map { TimeWords.clock(microseconds: $0) } ?? ""
    let call = ofSession ? [names.short(event["call"]?.string)] : []
    table.add(
      [TimeWords.clock(microseconds: at), its] + call + [
        words(event["actor"]), event["isRecovery"] == true ? "!" : "", words(event["text"]),
        bridgeWords(event["bridge"]),
      ])
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

/// What calls are called in a table of them: as much of the end of their ids as tells them apart.
private struct CallNames {
  private let length: Int

  init(_ events: [JSON]) {
    let ids = Set(events.compactMap { $0["call"]?.string })
    let longest = ids.map(\.count).max() ?? 0
    length =
      (6...max(6, longest)).first { length in Set(ids.map { $0.suffix(length) }).count == ids.count
      }
      ?? longest
  }

  func short(_ id: String?) -> String { id.map { "…" + $0.suffix(length) } ?? "" }
}
