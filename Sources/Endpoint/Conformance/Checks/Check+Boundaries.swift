internal import Model
internal import Platform
internal import PluginProtocol

/// A limit of what a call may take, and a script that takes more.
private struct Boundary: Sendable {
  /// As in a tool's definition, and in the record.
  let name: String
  let title: String
  let script: CheckScript
  /// In the record's unit.
  let value: Int
  let words: String
  let change: @Sendable (inout Preparation) -> Void
  /// What the script went over it by, in words; `nil` if it did not.
  let excess: @Sendable (SpoolFacts) -> String?
}

extension Check {
  /// The limits that `limits` in `capabilities.isolation` stands for.
  static let boundaries: [Check] = [
    check(
      Boundary(
        name: "memory", title: "a call takes no more memory than its limit", script: .memory,
        value: 64 << 20, words: "64 MiB of memory",
        change: { $0.limits.memoryBytes = 64 << 20 },
        excess: { $0.text == "taken\n" ? "the script took 128 MiB" : nil })),
    check(
      Boundary(
        name: "processes", title: "a call has no more processes than its limit",
        script: .processes, value: 20, words: "20 processes",
        change: { $0.limits.processes = 20 },
        excess: { facts in
          let count = facts.text.split(separator: "\n").count
          return count > 20 ? "the script started \(count)" : nil
        })),
    check(
      Boundary(
        name: "openFiles", title: "a process has no more files open than its limit",
        script: .files, value: 32, words: "32 open files",
        change: { $0.limits.openFiles = 32 },
        excess: { $0.text == "opened\n" ? "the script had 64 open" : nil })),
    check(
      Boundary(
        name: "fileSize", title: "a file grows no further than its limit", script: .file,
        value: 64 << 10, words: "64 KiB of a file",
        change: { $0.limits.fileSizeBytes = 64 << 10 },
        excess: { $0.text == "written\n" ? "the script wrote 1 MiB" : nil })),
    Check(
      "isolation.cpu", "a process uses no more of the processor than its limit",
      needs: [.handshake, .isolation("limits"), .script(.spin)]
    ) { trial in
      let patience = trial.patience(times: 1)
      let facts = try trial.limited("spin", .spin) {
        $0.limits.cpu = .seconds(1)
        $0.limits.run = patience
      }
      if case .limit("run", _) = facts.record?.ended {
        throw Flaw(
          "a limit of 1 s of the processor was not held: the script went on until its run limit")
      }
      if case .exit(0) = facts.record?.ended {
        throw Lack("the script, which should go on for ever, ended by itself: \(facts.endWords)")
      }
      return try facts.told("cpu", 1_000)
    },
  ]

  private static func check(_ boundary: Boundary) -> Check {
    Check(
      "isolation." + boundary.name, boundary.title,
      needs: [.handshake, .isolation("limits"), .script(boundary.script)]
    ) { trial in
      // Without the limit it can, so that it is the limit that keeps it from doing so.
      let free = try trial.run(trial.open(), "free", boundary.script)
      guard boundary.excess(free) != nil else {
        throw Lack("without a limit the script could not go over it either: \(free.endWords)")
      }
      let user = boundary.name == "processes" ? try trial.userOfProcesses() : nil
      let facts = try trial.limited("bound", boundary.script) {
        boundary.change(&$0)
        $0.runAs = user
      }
      if let excess = boundary.excess(facts) {
        throw Flaw("a limit of \(boundary.words) was not held: \(excess)")
      }
      let note = try facts.told(boundary.name, boundary.value)
      return user.map { "\(note), as user \($0)" } ?? note
    }
  }
}

extension Trial {
  /// Without a cgroup, nothing limits how many processes root has; whoever can run the call as another
  /// user can be seen to limit that one.
  fileprivate func userOfProcesses() throws -> String? {
    guard Machine.effectiveUser == 0, subject.description?.isolation.contains("runAs") == true
    else { return nil }
    return try otherUser().name
  }

  /// Runs a call that has a limit, to its end.
  fileprivate func limited(
    _ call: String, _ script: CheckScript, _ change: (inout Preparation) -> Void
  ) throws -> SpoolFacts {
    let plugin = try open()
    if case .failure(let fault) = try plugin.ask(.prepare(preparation(call, script, change))) {
      guard fault.reason == "limit.unavailable" else { throw Flaw("prepare was refused: \(fault)") }
      throw Lack("such a call is refused: \(fault.message)", remedy: fault.remedy)
    }
    plugin.send(.start(CallID(call)))
    let deadline = Deadline(patience(times: 4))
    while true {
      switch try plugin.next("the end of a call", deadline) {
      case .ended(CallID(call), let bytes): return try finished(call, told: bytes)
      case .reply(_, .failure(let fault)): throw Flaw("start was refused: \(fault)")
      case .reply, .progress, .ended: continue
      }
    }
  }
}

extension SpoolFacts {
  /// A limit that was met has to be in the record, with what keeps it, and what was met of it as far
  /// as the kernel tells.
  fileprivate func told(_ name: String, _ value: Int) throws -> String {
    guard let limit = record?.isolation?.limits.first(where: { $0.name == name }) else {
      throw Flaw("the limit held, and isolation.limits of the record does not have \(name)")
    }
    guard limit.value == value else {
      throw Flaw("the record tells a limit of \(limit.value) for \(name), not \(value)")
    }
    let met = record?.isolation?.exceeded.first { $0.limit == name }
    if let met { return "\(Self.reach(limit)); met: \(met.evidence)" }
    if limit.isOfGroup || endedBySignal(of: name) {
      throw Flaw(
        "\(name) was met (\(endWords)), and isolation.exceeded of the record does not tell it")
    }
    return Self.reach(limit) + "; that it was met, the kernel tells nobody"
  }

  private static func reach(_ limit: Isolation.Limit) -> String {
    if limit.isOfGroup { return "by \(limit.by), of the whole call" }
    switch limit.name {
    case "processes": return "by \(limit.by), of all that the user runs"
    case "fileSize": return "by \(limit.by), of each file"
    default: return "by \(limit.by), of each process"
    }
  }

  /// signal(7): SIGXCPU and SIGXFSZ, or a shell's word for the end of its last command.
  private func endedBySignal(of name: String) -> Bool {
    guard let number = ["cpu": 24, "fileSize": 25][name] else { return false }
    switch record?.ended {
    case .signal(number, _), .exit(128 + number): return true
    case .signal, .exit, .limit, .cancelled, nil: return false
    }
  }
}

extension Isolation.Limit {
  /// Kept by a cgroup, for all processes of the call together.
  var isOfGroup: Bool { by == "memory.max" || by == "pids.max" }
}
