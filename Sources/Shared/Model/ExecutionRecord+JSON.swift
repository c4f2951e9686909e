package import JSON

// The record's JSON form, the same in the spool, on the wire, in the store and in the API. Times are
// whole microseconds since 1970-01-01T00:00:00Z.

/// A JSON value that is not what it should be.
package struct ShapeError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The member that is missing or of the wrong type, as a JSON Pointer (RFC 6901).
  package let pointer: String
  package let expected: String

  package init(pointer: String, expected: String) {
    self.pointer = pointer
    self.expected = expected
  }

  package var description: String { "\(pointer): expected \(expected)" }
}

extension JSON {
  /// Reads a required member.
  package func required<Value>(
    _ key: String, _ expected: String, _ read: (JSON) -> Value?
  ) throws(ShapeError) -> Value {
    guard let member = self[key], let value = read(member) else {
      throw ShapeError(pointer: "/" + key, expected: expected)
    }
    return value
  }

  package func requiredString(_ key: String) throws(ShapeError) -> String {
    try required(key, "a string", \.string)
  }

  /// A required whole number of at least 0.
  package func requiredCount(_ key: String) throws(ShapeError) -> Int {
    try required(key, "a whole number of at least 0") { value in
      value.int.flatMap { $0 >= 0 ? $0 : nil }
    }
  }

  package func requiredInstant(_ key: String) throws(ShapeError) -> Instant {
    Instant(microseconds: Int64(try requiredCount(key)))
  }
}

extension ExecutionRecord {
  package var json: JSON {
    var members: [(String, JSON)] = [
      ("ended", ended.json),
      ("startedAtUs", .int(Int(startedAt.microseconds))),
      ("endedAtUs", .int(Int(endedAt.microseconds))),
      ("durationUs", .int(Int(duration.wholeMicroseconds))),
      ("executor", executor.json),
      ("process", process.json),
    ]
    if let isolation { members.append(("isolation", isolation.json)) }
    members += [("stdout", stdout.json), ("stderr", stderr.json)]
    return .object(JSONObject(members))
  }

  package init(_ json: JSON) throws(ShapeError) {
    self.init(
      ended: try Ending(json["ended"] ?? .null),
      startedAt: try json.requiredInstant("startedAtUs"),
      endedAt: try json.requiredInstant("endedAtUs"),
      duration: .microseconds(try json.requiredCount("durationUs")),
      executor: try Executor(json["executor"] ?? .null),
      process: try ProcessUsage(json["process"] ?? [:]),
      isolation: try Isolation.ifTold(json["isolation"]),
      stdout: try StreamAccount(json["stdout"] ?? .null),
      stderr: try StreamAccount(json["stderr"] ?? .null))
  }
}

extension Ending {
  package var json: JSON {
    switch self {
    case .exit(let code): ["how": "exit", "code": .int(code)]
    case .signal(let number, let core):
      ["how": "signal", "signal": .int(number), "coreDumped": .bool(core)]
    case .limit(let limit, let signal):
      ["how": "limit", "limit": .string(limit), "signal": signal.map(JSON.int) ?? .null]
    case .cancelled(let signal): ["how": "cancelled", "signal": signal.map(JSON.int) ?? .null]
    }
  }

  package init(_ json: JSON) throws(ShapeError) {
    switch try json.requiredString("how") {
    case "exit": self = .exit(code: try json.required("code", "an exit code", \.int))
    case "signal":
      self = .signal(
        number: try json.requiredCount("signal"), coreDumped: json["coreDumped"]?.bool ?? false)
    case "limit": self = .limit(try json.requiredString("limit"), signal: json["signal"]?.int)
    case "cancelled": self = .cancelled(signal: json["signal"]?.int)
    default:
      throw ShapeError(pointer: "/ended/how", expected: "exit, signal, limit or cancelled")
    }
  }
}

extension Executor {
  package var json: JSON {
    [
      "name": .string(name), "version": .string(version),
      "interpreter": interpreter.map(JSON.string) ?? .null,
      "interpreterVersion": interpreterVersion.map(JSON.string) ?? .null,
    ]
  }

  package init(_ json: JSON) throws(ShapeError) {
    self.init(
      name: try json.requiredString("name"), version: try json.requiredString("version"),
      interpreter: json["interpreter"]?.string,
      interpreterVersion: json["interpreterVersion"]?.string)
  }
}

extension ProcessUsage {
  package var json: JSON {
    [
      "pid": pid.map(JSON.int) ?? .null,
      "cpuUserUs": cpuUser.map { .int(Int($0.wholeMicroseconds)) } ?? .null,
      "cpuSystemUs": cpuSystem.map { .int(Int($0.wholeMicroseconds)) } ?? .null,
      "peakMemoryBytes": peakMemoryBytes.map(JSON.int) ?? .null,
      "escapedKilled": .int(escapedKilled),
    ]
  }

  package init(_ json: JSON) throws(ShapeError) {
    self.init(
      pid: json["pid"]?.int,
      cpuUser: json["cpuUserUs"]?.int.map { .microseconds($0) },
      cpuSystem: json["cpuSystemUs"]?.int.map { .microseconds($0) },
      peakMemoryBytes: json["peakMemoryBytes"]?.int,
      escapedKilled: json["escapedKilled"]?.int ?? 0)
  }
}

extension StreamAccount {
  package var json: JSON {
    [
      "producedBytes": .int(producedBytes), "keptBytes": .int(keptBytes),
      "droppedBytes": .int(droppedBytes), "redactions": .int(redactions),
      "sha256": .string(sha256),
    ]
  }

  package init(_ json: JSON) throws(ShapeError) {
    self.init(
      producedBytes: try json.requiredCount("producedBytes"),
      keptBytes: try json.requiredCount("keptBytes"),
      droppedBytes: try json.requiredCount("droppedBytes"),
      redactions: try json.requiredCount("redactions"),
      sha256: try json.requiredString("sha256"))
  }
}
