import CommandLine
import JSON
import Model

/// The exit status that stands for an outcome.
extension Outcome {
  var exit: ExitCode {
    switch self {
    case .succeeded: ExitCode(0, "succeeded")
    case .succeededEmpty: ExitCode(0, "succeededEmpty: it ran and printed nothing")
    case .failed: ExitCode(10, "failed: it ran and failed")
    case .malformed: ExitCode(11, "malformed: it ran, but the output breaks the tool's promise")
    case .timedOut: ExitCode(12, "timedOut: it ran into a limit and was ended")
    case .cancelled: ExitCode(13, "cancelled")
    case .interrupted: ExitCode(14, "interrupted: it began and did not finish")
    case .rejected: ExitCode(15, "rejected: the endpoint refused it, nothing ran")
    case .denied: ExitCode(16, "denied: the approval was refused, nothing ran")
    case .expired: ExitCode(17, "expired: its deadline passed, nothing ran")
    case .undeliverable: ExitCode(18, "undeliverable: no attempt arrived, nothing ran")
    case .unknown: ExitCode(19, "unknown: whether it ran is not known")
    }
  }

  var colour: Terminal.Colour {
    switch self {
    case .succeeded, .succeededEmpty: .green
    case .failed, .malformed, .timedOut, .interrupted, .rejected, .undeliverable, .unknown: .red
    case .cancelled, .denied, .expired: .yellow
    }
  }
}

extension ExitCode {
  static let stillOpen = ExitCode(20, "the call goes on; the time given with --timeout is over")

  /// Of the commands that wait for a call.
  static let outcomes: [ExitCode] =
    [ExitCode(0, "succeeded, succeededEmpty; or accepted, with --no-wait")]
    + Outcome.allCases.dropFirst(2).map(\.exit)
    + [
      .stillOpen, .usage, ExitCode(65, "the arguments are not valid, nothing was called"),
      .unavailable, .software, .noPermission, .refused,
      ExitCode(130, "interrupted by the user; the call goes on"),
    ]
}

/// A call's end in words that say what to do next.
struct CallReport {
  let call: JSON

  var id: String { words(call["id"]) }
  var outcome: Outcome? { call["outcome"]?.string.flatMap { Outcome(rawValue: $0) } }

  /// Lines for a technician; the first one is the outcome.
  func lines(_ paint: (String, Terminal.Colour) -> String) -> [String] {
    var lines = [headline(paint), "  " + Visible.text(words(call["reason"]))]
    if let remedy = call["remedy"]?.string { lines.append("  next: " + Visible.text(remedy)) }
    for violation in call["result"]?["violations"]?.array ?? [] {
      lines.append("  - " + Visible.text(violationWords(violation)))
    }
    lines += facts.map { "  " + Visible.text($0) }
    return lines
  }

  private func headline(_ paint: (String, Terminal.Colour) -> String) -> String {
    let name = call["outcome"]?.string ?? "open"
    let place = "\(words(call["tool"]?["name"])) on \(words(call["endpoint"]?["name"]))"
    return paint(Visible.text(name), outcome?.colour ?? .cyan)
      + Visible.text(": \(place) (call \(id))")
  }

  private var facts: [String] {
    var facts: [String] = []
    switch call["ran"]?.string {
    case "yes":
      let length = call["execution"]?["record"]?["durationUs"]?.int
      facts.append("ran: yes" + (length.map { ", for \(TimeWords.span(microseconds: $0))" } ?? ""))
    case "no": facts.append("ran: no, nothing was changed on the endpoint")
    default: facts.append("ran: not known; look at the endpoint before you call again")
    }
    if let report = call["resolvedBy"], report["how"] != nil {
      facts.append("the endpoint told later: \(told(report))")
    }
    if let by = call["cancelledBy"]?.string { facts.append("cancel asked for by \(by)") }
    if outcome == .undeliverable || outcome == .unknown { facts += attempts }
    facts += exceeded
    facts += ["stdout", "stderr"].compactMap(dropped)
    return facts
  }

  private var isolation: JSON? { call["execution"]?["record"]?["isolation"] }

  private var exceeded: [String] {
    (isolation?["exceeded"]?.array ?? []).map { item in
      "limit met: \(words(item["limit"])) (\(words(item["evidence"])))"
    }
  }

  /// What its processes were held to, and what of that the endpoint could not give.
  var held: [String] {
    guard let isolation else { return [] }
    let flags = [
      ("processGroup", "process group"), ("subreaper", "subreaper"),
      ("noNewPrivileges", "no new privileges"),
    ]
    var parts = flags.map { isolation[$0.0] == true ? $0.1 : "without \($0.1)" }
    if let lacking = isolation["cgroup"]?.string {
      parts.append("cgroup \(lacking)")
    } else {
      parts.append("cgroup")
    }
    if let user = isolation["runAs"]?.string { parts.append("as \(user)") }
    let limits = (isolation["limits"]?.object?.members ?? []).map { name, limit in
      "\(name) \(count(limit["value"])) (\(words(limit["by"])))"
    }
    return ["held to:   " + parts.joined(separator: ", ")]
      + (limits.isEmpty ? [] : ["limits:    " + limits.joined(separator: ", ")])
  }

  private func told(_ report: JSON) -> String {
    let ended = report["record"]?["ended"]
    return switch (report["how"]?.string, ended?["how"]?.string) {
    case ("ended", "exit"): "it exited with \(count(ended?["code"]))"
    case ("ended", "signal"): "it was ended by signal \(count(ended?["signal"]))"
    case ("ended", "limit"): "it was ended at the limit \(words(ended?["limit"]))"
    case ("ended", _): "it was cancelled while it ran"
    case ("interrupted", _): "it began and did not finish"
    default: "it never began (\(words(report["how"])))"
    }
  }

  private var attempts: [String] {
    (call["attempts"]?.array ?? []).map { attempt in
      "attempt \(count(attempt["number"])),"
        + " \(TimeWords.text(microseconds: attempt["offeredAtUs"]?.int ?? 0)):"
        + " \(words(attempt["result"]))"
    }
  }

  private func dropped(_ stream: String) -> String? {
    guard let account = call["execution"]?["record"]?[stream],
      let lost = account["droppedBytes"]?.int,
      lost > 0
    else { return nil }
    return "\(stream): the first \(count(account["keptBytes"])) bytes are kept, \(lost) more were"
      + " dropped over the tool's limit"
  }
}
