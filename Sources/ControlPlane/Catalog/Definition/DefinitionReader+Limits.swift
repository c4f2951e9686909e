internal import JSON
internal import Model
internal import Tools

private let second = 1_000
private let minute = 60 * second
private let hour = 60 * minute
private let day = 24 * hour

/// The defaults and bounds of what a definition may set; docs/TOOLS.md lists them.
enum Bounds {
  static let runMs = 100...day
  static let standardRunMs = minute
  static let killGraceMs = 0...(5 * minute)
  static let standardKillGraceMs = 10 * second
  static let streamBytes = 1...(4 << 30)
  static let standardStdoutBytes = 1 << 20
  static let standardStderrBytes = 64 << 10
  static let memoryBytes = (8 << 20)...(1 << 44)
  static let processes = 1...65_536
  static let openFiles = 16...1_048_576
  static let fileSizeBytes = 1...(1 << 44)
  /// The kernel counts whole seconds.
  static let cpuMs = second...day
  static let expiresAfterMs = second...(30 * day)
  static let standardExpiresAfterMs = day
  static let ackWithinMs = second...(5 * minute)
  static let standardAckWithinMs = 10 * second
  static let deliveryAttempts = 1...100
  static let standardDeliveryAttempts = 5
  static let recoveryAttempts = 1...10
  /// 0 to 255 where POSIX rules; Windows has 32 bits.
  static let exitCodes = 0...Int(UInt32.max)
}

extension DefinitionReader {
  /// Each part in canonical form.
  func readLimits(_ fields: Fields, parse: ResultContract.Parse?) -> JSON? {
    let known = Fields.names(
      form, plain: ["processes", "openFiles"], durations: ["run", "killGrace", "cpu"],
      sizes: ["stdout", "stderr", "memory", "fileSize"])
    guard let (part, node) = optionalPart(fields, "limits", known) else { return nil }
    let run = part.duration("run", default: Bounds.standardRunMs, in: Bounds.runMs)
    let grace = part.duration(
      "killGrace", default: Bounds.standardKillGraceMs, in: Bounds.killGraceMs)
    let stdout = part.size("stdout", default: Bounds.standardStdoutBytes, in: Bounds.streamBytes)
    let stderr = part.size("stderr", default: Bounds.standardStderrBytes, in: Bounds.streamBytes)
    if let stdout, let parse, parse != .text, stdout > Self.maxParsedBytes {
      faults.add(
        .limit, at: node["stdout"]?.position ?? node.position,
        "stdout may have \(Quantity.text(bytes: stdout)), and \(parse.rawValue) is read up to"
          + " \(Quantity.text(bytes: Self.maxParsedBytes))",
        remedy: "lower the limit, or use \"parse: text\"")
    }
    let resources = readResources(part)
    guard let run, let grace, let stdout, let stderr else { return nil }
    return .object(
      JSONObject(
        [
          ("runMs", .int(run)), ("killGraceMs", .int(grace)), ("stdoutBytes", .int(stdout)),
          ("stderrBytes", .int(stderr)),
        ] + resources))
  }

  /// Those that are set. The others are the endpoint's matter, and no part of the canonical form.
  private func readResources(_ part: Fields) -> [(String, JSON)] {
    var resources: [(String, JSON)] = []
    func add(_ name: String, _ stored: String, _ value: Int?) {
      guard part.has(part.form == .file ? name : stored), let value else { return }
      resources.append((stored, .int(value)))
    }
    // The default is never taken: what is absent is left out above.
    add("memory", "memoryBytes", part.size("memory", default: 0, in: Bounds.memoryBytes))
    add("processes", "processes", part.int("processes", default: 0, in: Bounds.processes))
    add("openFiles", "openFiles", part.int("openFiles", default: 0, in: Bounds.openFiles))
    add("fileSize", "fileSizeBytes", part.size("fileSize", default: 0, in: Bounds.fileSizeBytes))
    add("cpu", "cpuMs", part.duration("cpu", default: 0, in: Bounds.cpuMs))
    return resources
  }

  func readDelivery(_ fields: Fields) -> JSON? {
    let known = Fields.names(
      form, plain: ["whenOffline", "attempts", "runtime"], durations: ["expiresAfter", "ackWithin"])
    guard let (part, node) = optionalPart(fields, "delivery", known) else { return nil }
    let whenOffline = part.word("whenOffline", default: DeliveryPolicy.WhenOffline.queue)
    let expires = part.duration(
      "expiresAfter", default: Bounds.standardExpiresAfterMs, in: Bounds.expiresAfterMs)
    let ack = part.duration(
      "ackWithin", default: Bounds.standardAckWithinMs, in: Bounds.ackWithinMs)
    let attempts = part.int(
      "attempts", default: Bounds.standardDeliveryAttempts, in: Bounds.deliveryAttempts)
    if let expires, let ack, ack > expires {
      faults.add(
        .limit, at: node["ackWithin"]?.position ?? node.position,
        "ackWithin is longer than expiresAfter, so no offer could go unanswered in time",
        remedy: "shorten ackWithin, or lengthen expiresAfter")
    }
    let runtime = part.word("runtime", default: Placement.service)
    if let runtime, runtime != .service { refuseUser(besides: runtime, fields) }
    guard let whenOffline, let expires, let ack, let attempts, let runtime else { return nil }
    var delivery = JSONObject([
      ("whenOffline", .string(whenOffline.rawValue)), ("expiresAfterMs", .int(expires)),
      ("ackWithinMs", .int(ack)), ("attempts", .int(attempts)),
    ])
    // Left out where it says nothing: tools from before there were several keep their digests.
    if runtime != .service { delivery.append("runtime", .string(runtime.rawValue)) }
    return .object(delivery)
  }

  /// A session runs everything as its own user.
  private func refuseUser(besides runtime: Placement, _ fields: Fields) {
    for variant in fields.node["run"]?.items ?? [] {
      guard let user = variant["runAs"] else { continue }
      faults.add(
        .value, at: user.position,
        "runAs names a user, and \"runtime: \(runtime.rawValue)\" lets the tool run as the one who"
          + " is logged in",
        remedy: "remove one of the two")
    }
  }

  func readRecovery(_ fields: Fields, _ effects: Effects?) -> JSON? {
    guard let (part, node) = optionalPart(fields, "recovery", ["attempts", "onLostAfterStart"])
    else { return nil }
    let attempts = part.int("attempts", default: 1, in: Bounds.recoveryAttempts)
    let onLost = part.word("onLostAfterStart", default: RecoveryPolicy.OnLostAfterStart.unknown)
    if let effects, !effects.idempotent {
      for (isRetry, name) in [
        ((attempts ?? 1) > 1, "attempts"), (onLost == .retry, "onLostAfterStart"),
      ]
      where isRetry {
        faults.add(
          .recovery, at: node[name]?.position ?? node.position,
          "\(name) asks for a second execution, and the tool is not idempotent",
          remedy: "remove it, or set idempotent to true if running it twice changes nothing more")
      }
    }
    guard let attempts, let onLost else { return nil }
    return ["attempts": .int(attempts), "onLostAfterStart": .string(onLost.rawValue)]
  }

  /// A part that may be left out, and then has every default.
  private func optionalPart(_ fields: Fields, _ name: String, _ known: [String]) -> (Fields, Node)?
  {
    guard fields.has(name) else {
      let empty = Node(position: fields.node.position, value: .mapping([]))
      return self.fields(empty, name, known).map { ($0, empty) }
    }
    guard let node = fields[name] else { return nil }
    return self.fields(node, name, known).map { ($0, node) }
  }
}
