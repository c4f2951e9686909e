internal import Digest
internal import Model
internal import Platform
internal import PluginProtocol

extension Check {
  static let outputs: [Check] = [
    Check(
      "output.large", "large output is kept whole",
      needs: [.handshake, .script(.large)]
    ) { trial in
      let bytes = trial.subject.settings.largeBytes
      let began = Clock.now()
      let plugin = try trial.open()
      try trial.start(plugin, "large", .large) { $0.limits.stdoutBytes = bytes + 1 }
      let facts = try trial.end(plugin, "large", within: trial.patience(times: 20))
      let seconds = Double(Clock.now() - began) / 1_000_000
      try facts.expectPattern(bytes)
      try facts.expect(.exit(code: 0), of: "a good end")
      return "\(bytes >> 20) MiB, \(Int(Double(bytes >> 20) / seconds)) MiB/s"
    },
    Check(
      "output.limited", "output over its limit is cut there, and counted",
      needs: [.handshake, .script(.large)]
    ) { trial in
      let bytes = trial.subject.settings.largeBytes
      let facts = try trial.run(trial.open(), "limited", .large) { $0.limits.stdoutBytes = 1_003 }
      try facts.expectOutput(LargePattern.bytes(1_003), of: "1,003 bytes of output")
      try facts.expect(.exit(code: 0), of: "a call whose output was cut")
      guard facts.record?.stdout.producedBytes == bytes else {
        throw Flaw(
          "the record counts \(facts.record?.stdout.producedBytes ?? 0) bytes produced, not \(bytes)"
        )
      }
      return ""
    },
    Check(
      "output.slowReader", "an agent that reads no messages holds nothing up",
      needs: [.handshake, .script(.large)]
    ) { trial in
      let plugin = try trial.open(smallPipe: true)
      let bytes = trial.subject.settings.largeBytes
      plugin.send(.prepare(try trial.preparation("slow", .large) { $0.limits.stdoutBytes = bytes }))
      plugin.send(.start(CallID("slow")))
      try plugin.flush()
      let facts = try trial.waitForSpool(
        "slow", within: trial.patience(times: bytes > 1 << 28 ? 20 : 2))
      try facts.expectPattern(bytes)
      _ = try trial.end(plugin, "slow", within: .seconds(10))
      return ""
    },
  ]

  static let limits: [Check] = [
    Check(
      "limit.run", "the run limit ends a call and all its processes",
      needs: [.handshake, .script(.wait), .cancel]
    ) { trial in
      let plugin = try trial.open()
      let before = SessionCensus.members(of: plugin.process)
      let facts = try tooLong(trial, plugin, .wait)
      guard case .limit("run", _) = facts.record?.ended else {
        throw Flaw("a call over its run limit was recorded as \(facts.endWords), not as limit run")
      }
      try facts.expectOutput(Array("waiting\n".utf8), of: "what it printed before")
      try noneLeft(plugin, before)
      return ""
    },
    Check(
      "limit.stubborn", "a script that does not end at SIGTERM is killed after the grace",
      needs: [.handshake, .script(.stubborn), .cancel]
    ) { trial in
      let plugin = try trial.open()
      let before = SessionCensus.members(of: plugin.process)
      let facts = try tooLong(trial, plugin, .stubborn)
      guard facts.record?.ended == .limit("run", signal: 9) else {
        throw Flaw("it was recorded as \(facts.endWords), not as limit run, signal 9")
      }
      try noneLeft(plugin, before)
      return ""
    },
    Check(
      "cancel", "a cancel ends a call and all its processes",
      needs: [.handshake, .cancel, .script(.wait)]
    ) { trial in
      let plugin = try trial.open()
      let before = SessionCensus.members(of: plugin.process)
      try trial.start(plugin, "cancelled", .wait)
      try trial.waitForOutput("cancelled")
      let began = Clock.now()
      plugin.send(.cancel(CallID("cancelled")))
      let facts = try trial.end(plugin, "cancelled", within: trial.patience(times: 1))
      guard case .cancelled = facts.record?.ended else {
        throw Flaw("a cancelled call was recorded as \(facts.endWords), not as cancelled")
      }
      try facts.expectOutput(Array("waiting\n".utf8), of: "what it printed before")
      try noneLeft(plugin, before)
      return "\((Clock.now() - began) / 1_000) ms"
    },
  ]

  /// Runs a script that does not end to its run limit. One that had not come to its first line by then
  /// says nothing of the plugin: it gets more time.
  private static func tooLong(
    _ trial: Trial, _ plugin: PluginUnderCheck, _ script: CheckScript
  ) throws -> SpoolFacts {
    func facts(_ call: String, _ limit: Duration) throws -> SpoolFacts {
      try trial.start(plugin, call, script) { $0.limits.run = limit }
      return try trial.end(plugin, call, within: limit + trial.patience(times: 1))
    }
    let first = try facts("short", .seconds(1))
    return first.stdoutBytes > 0 ? first : try facts("long", .seconds(15))
  }

  private static func noneLeft(_ plugin: PluginUnderCheck, _ before: Set<Int>) throws {
    let left = SessionCensus.leftOver(plugin.process, since: before, within: .seconds(5))
    if !left.isEmpty {
      throw Flaw(
        "processes of the call are left: \(left.sorted().map(String.init).joined(separator: ", "))")
    }
  }
}

/// What the script `large` prints.
enum LargePattern {
  private static let word = Array("signalbox\n".utf8)
  private static let block: [UInt8] = Array(repeatElement(word, count: 6_554).joined())

  static func bytes(_ count: Int) -> [UInt8] { Array(block.prefix(count)) }

  static func digest(_ count: Int) -> String {
    let hash = SHA256()
    var left = count
    while left > 0 {
      hash.update(Array(block.prefix(left)))
      left -= min(left, block.count)
    }
    return hash.finishHex()
  }
}

extension SpoolFacts {
  fileprivate func expectPattern(_ bytes: Int) throws {
    guard stdoutBytes == bytes else { throw Flaw("\(stdoutBytes) bytes are kept, not \(bytes)") }
    guard stdoutDigest == LargePattern.digest(bytes) else {
      throw Flaw("the \(bytes) bytes that are kept are not those that were printed")
    }
  }
}
