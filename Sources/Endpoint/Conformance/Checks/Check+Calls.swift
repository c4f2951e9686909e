internal import JSON
internal import Model
internal import Platform
internal import PluginProtocol

extension Check {
  static let staging: [Check] = [
    Check(
      "call.staged", "a prepared call does not run, and can be discarded",
      needs: [.handshake, .script(.empty)]
    ) { trial in
      let plugin = try trial.open()
      try trial.prepare(plugin, "staged", .empty)
      Clock.sleep(for: .milliseconds(300))
      // First, because a call that ran has let its lock go as well.
      try trial.mustNotHaveBegun("staged", "before it was started")
      guard try trial.isLocked("staged") else {
        throw Flaw("it does not hold the lock (flock, exclusive) of a prepared call's spool")
      }
      try plugin.expect(.discard(CallID("staged")), "discarded")
      guard try trial.waitForLock("staged", within: .seconds(5)) else {
        throw Flaw("it holds the lock of a discarded call's spool")
      }
      try trial.mustNotHaveBegun("staged", "though it was discarded")
      try plugin.expectRefusal(.start(CallID("staged")), "the start of a discarded call")
      return ""
    },
    Check(
      "call.refused", "an executor that it has not, and a call that it has, are refused",
      needs: [.handshake, .script(.empty)]
    ) { trial in
      let plugin = try trial.open()
      let stranger = try trial.preparation("stranger", .empty) { $0.executor = "no-such-executor" }
      try plugin.expectRefusal(.prepare(stranger), "an executor that it does not offer")
      if Files.exists(trial.spool("stranger")) {
        guard try trial.waitForLock("stranger", within: .seconds(5)) else {
          throw Flaw("it holds the lock of a refused call's spool")
        }
      }
      try trial.prepare(plugin, "twice", .empty)
      try plugin.expectRefusal(
        .prepare(try trial.preparation("twice", .empty)), "a call that was prepared before")
      return ""
    },
    Check(
      "spool.reused", "a spool full of zeros is written over, another call's is refused",
      needs: [.handshake, .script(.empty)]
    ) { trial in
      let plugin = try trial.open()
      let zeros = try trial.preparation("zeros", .empty)
      try Files.writeAtomically(
        [UInt8](repeating: 0, count: 4_096), to: zeros.spool, permissions: 0o600)
      try plugin.expect(.prepare(zeros), "prepared")
      _ = try SpoolFacts(zeros.spool, call: "zeros")
      let taken = try trial.preparation("taken", .empty)
      let foreign = Array("{\"frame\":\"opened\"}\n".utf8)
      try Files.writeAtomically(foreign, to: taken.spool, permissions: 0o600)
      try plugin.expectRefusal(.prepare(taken), "a spool that has something else in it")
      guard try Files.read(taken.spool) == foreign else {
        throw Flaw("it changed a spool that was not the call's")
      }
      return ""
    },
  ]

  static let endings: [Check] = [
    Check(
      "end.output", "both streams and the record are in the spool",
      needs: [.handshake, .script(.print)]
    ) { trial in
      let facts = try trial.run(trial.open(), "printing", .print)
      try facts.expectOutput(Array("out\n".utf8), of: "the script")
      guard facts.errorText == "err\n" else {
        throw Flaw("stderr has \(JSON.string(facts.errorText).compact), not \"err\\n\"")
      }
      try facts.expect(.exit(code: 0), of: "a good end")
      guard facts.record?.executor.name == trial.subject.executor else {
        throw Flaw("the record names the executor \(facts.record?.executor.name ?? "none")")
      }
      guard facts.opening?.bootID == Machine.bootID else {
        throw Flaw("bootId is not that of /proc/sys/kernel/random/boot_id")
      }
      guard try trial.waitForLock("printing", within: .seconds(5)) else {
        throw Flaw("it holds the lock of an ended call's spool")
      }
      return ""
    },
    Check(
      "end.empty", "a script that prints nothing has run, with empty books",
      needs: [.handshake, .script(.empty)]
    ) { trial in
      let facts = try trial.run(trial.open(), "empty", .empty)
      try facts.expectOutput([], of: "the script")
      try facts.expect(.exit(code: 0), of: "a good end")
      return ""
    },
    Check("end.exit", "an exit code is told", needs: [.handshake, .script(.exit)]) { trial in
      try trial.run(trial.open(), "exiting", .exit).expect(.exit(code: 7), of: "an exit with 7")
      return ""
    },
    Check(
      "end.signal", "a signal is told, and is no exit code",
      needs: [.handshake, .script(.signal)]
    ) { trial in
      let plugin = try trial.open()
      try trial.run(plugin, "dying", .signal).expect(
        .signal(number: 10, coreDumped: false), of: "an end by SIGUSR1")
      guard try plugin.waitForExit(.milliseconds(200)) == nil else {
        throw Flaw("it died of the script's signal itself")
      }
      return ""
    },
    Check(
      "end.two", "two calls run at the same time",
      needs: [.handshake, .script(.wait), .script(.empty)]
    ) { trial in
      let plugin = try trial.open()
      try trial.start(plugin, "first", .wait)
      try trial.start(plugin, "second", .wait)
      try trial.waitForOutput("first")
      try trial.waitForOutput("second")
      try trial.run(plugin, "third", .empty).expect(.exit(code: 0), of: "a third call")
      for call in ["first", "second"] where try SpoolFacts(trial.spool(call), call: call).isOver {
        throw Flaw("call \(call) ended before its time")
      }
      return ""
    },
  ]
}

extension Trial {
  fileprivate func mustNotHaveBegun(_ call: String, _ when: String) throws {
    let facts = try SpoolFacts(spool(call), call: call)
    guard facts.opening != nil else {
      throw Flaw("the spool of a prepared call has no \"opened\" frame")
    }
    if facts.isStarting || facts.isStarted { throw Flaw("it began the call \(when)") }
  }
}
