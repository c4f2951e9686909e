internal import Model
internal import Platform
internal import PluginProtocol

extension Check {
  static let leaving: [Check] = [
    Check(
      "death.host", "a running call outlives the agent, with its limits",
      needs: [.handshake, .reattach, .script(.wait)]
    ) { trial in
      let plugin = try trial.open()
      try trial.start(plugin, "orphan", .wait) { $0.limits.run = .seconds(5) }
      try trial.prepare(plugin, "unstarted", .wait)
      try trial.waitForOutput("orphan")
      plugin.abandon()
      guard try trial.waitForLock("unstarted", within: .seconds(10)) else {
        throw Flaw("it holds a call that was not started, and whose agent is gone")
      }
      if try SpoolFacts(trial.spool("unstarted"), call: "unstarted").isStarting {
        throw Flaw("it began a call that was not started, when the agent was gone")
      }
      // The lock first: what a plugin lets go of at the call's end is in the spool by then.
      let isHeld = try trial.isLocked("orphan")
      guard try isHeld || SpoolFacts(trial.spool("orphan"), call: "orphan").isOver else {
        throw Flaw("it let go of a running call when the agent was gone")
      }
      let facts = try trial.waitForSpool("orphan", within: .seconds(5) + trial.patience(times: 1))
      guard case .limit("run", _) = facts.record?.ended else {
        throw Flaw("the call was recorded as \(facts.endWords), not as limit run")
      }
      try leaves(plugin)
      return ""
    },
    Check(
      "death.host.cancel", "without an agent, the file <spool>.cancel cancels",
      needs: [.handshake, .reattach, .cancel, .script(.wait)]
    ) { trial in
      let plugin = try trial.open()
      try trial.start(plugin, "orphan", .wait)
      try trial.waitForOutput("orphan")
      plugin.abandon()
      Clock.sleep(for: .milliseconds(300))
      try PluginProtocol.requestCancel(ofSpool: trial.spool("orphan"))
      let facts = try trial.waitForSpool("orphan", within: trial.patience(times: 1))
      guard case .cancelled = facts.record?.ended else {
        throw Flaw("the call was recorded as \(facts.endWords), not as cancelled")
      }
      try leaves(plugin)
      return ""
    },
    Check(
      "death.plugin", "its calls' processes die with it", needs: [.handshake, .script(.wait)]
    ) { trial in
      let plugin = try trial.open()
      try trial.start(plugin, "doomed", .wait)
      try trial.waitForOutput("doomed")
      plugin.kill()
      _ = try plugin.waitForExit(.seconds(10))
      let left = SessionCensus.leftOver(plugin.process, since: [], within: .seconds(10))
      if !left.isEmpty {
        throw Flaw("\(left.count) processes of the call go on though the plugin was killed")
      }
      guard try trial.waitForLock("doomed", within: .seconds(10)) else {
        throw Flaw("the spool stays locked though the plugin was killed")
      }
      return ""
    },
    Check("leave.shutdown", "shutdown is answered, and it exits") { trial in
      let plugin = try trial.open()
      guard case .success = try plugin.ask(.shutdown) else { throw Flaw("shutdown was refused") }
      try leaves(plugin)
      return ""
    },
    Check("leave.idle", "it exits at the end of its input") { trial in
      let plugin = try trial.open()
      plugin.abandon()
      try leaves(plugin)
      return ""
    },
    Check(
      "warm", "twenty calls, one after the other", needs: [.handshake, .script(.empty)]
    ) { trial in
      let plugin = try trial.open()
      var times: [Int64] = []
      for index in 0..<20 {
        let began = Clock.now()
        try trial.run(plugin, "warm\(index)", .empty).expect(.exit(code: 0), of: "call \(index)")
        times.append(Clock.now() - began)
      }
      times.sort()
      return "\(times[10]) µs in the middle, \(times[19]) at most"
    },
  ]

  private static func leaves(_ plugin: PluginUnderCheck) throws {
    guard try plugin.waitForExit(.seconds(10)) != nil else {
      throw Flaw("10 s later it still runs, without a call")
    }
  }
}
