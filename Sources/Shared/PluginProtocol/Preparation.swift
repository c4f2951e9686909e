package import JSON
package import Model

/// All that a plugin needs to know to run a call.
package struct Preparation: Sendable {
  package struct Limits: Sendable, Hashable {
    package var run: Duration
    /// Between the polite request to end and the kill.
    package var killGrace: Duration
    package var stdoutBytes: Int
    package var stderrBytes: Int
    /// What its processes may take; without a limit of the tool's for `nil`.
    package var memoryBytes: Int?
    package var processes: Int?
    package var openFiles: Int?
    package var fileSizeBytes: Int?
    package var cpu: Duration?

    package init(
      run: Duration, killGrace: Duration, stdoutBytes: Int, stderrBytes: Int,
      memoryBytes: Int? = nil, processes: Int? = nil, openFiles: Int? = nil,
      fileSizeBytes: Int? = nil, cpu: Duration? = nil
    ) {
      self.run = run
      self.killGrace = killGrace
      self.stdoutBytes = stdoutBytes
      self.stderrBytes = stderrBytes
      self.memoryBytes = memoryBytes
      self.processes = processes
      self.openFiles = openFiles
      self.fileSizeBytes = fileSizeBytes
      self.cpu = cpu
    }
  }

  package var call: CallID
  package var executor: String
  /// The call's own directory, of which the plugin may use any name but the spool's.
  package var directory: String
  package var spool: String
  package var script: String
  package var interpreter: String?
  package var environment: [(name: String, value: String)]
  package var arguments: [String]
  package var stdin: String?
  package var limits: Limits
  /// The user to run as; the plugin's own for `nil`.
  package var runAs: String?
  /// The number that this name had when the user logged in, for a call that runs in that session. Under
  /// another number it must not run.
  package var runAsID: Int?
  /// What a script is not given otherwise: `privileges`, `agent`.
  package var needs: [String]
  /// Secrets that must appear nowhere in the output.
  package var redact: [String]
  /// A spool of at most so many bytes need not be synced when the call has ended, as long as there is an
  /// agent: its journal keeps what the spool holds.
  package var unsyncedBytes: Int

  package init(
    call: CallID, executor: String, directory: String, spool: String, script: String,
    interpreter: String? = nil, environment: [(name: String, value: String)] = [],
    arguments: [String] = [], stdin: String? = nil, limits: Limits, runAs: String? = nil,
    runAsID: Int? = nil, needs: [String] = [], redact: [String] = [], unsyncedBytes: Int = 0
  ) {
    self.call = call
    self.executor = executor
    self.directory = directory
    self.spool = spool
    self.script = script
    self.interpreter = interpreter
    self.environment = environment
    self.arguments = arguments
    self.stdin = stdin
    self.limits = limits
    self.runAs = runAs
    self.runAsID = runAsID
    self.needs = needs
    self.redact = redact
    self.unsyncedBytes = unsyncedBytes
  }
}

extension Preparation {
  package var json: JSON {
    var environment = JSONObject()
    for (name, value) in self.environment { environment[name] = .string(value) }
    var json = JSONObject([
      ("call", .string(call.text)), ("executor", .string(executor)),
      ("directory", .string(directory)), ("spool", .string(spool)), ("script", .string(script)),
      ("interpreter", interpreter.map(JSON.string) ?? .null),
      ("environment", .object(environment)),
      ("arguments", .array(arguments.map(JSON.string))),
      ("stdin", stdin.map(JSON.string) ?? .null), ("limits", limits.json),
      ("redact", .array(redact.map(JSON.string))),
    ])
    if let runAs { json["runAs"] = .string(runAs) }
    if let runAsID { json["runAsId"] = .int(runAsID) }
    if !needs.isEmpty { json["needs"] = .array(needs.map(JSON.string)) }
    if unsyncedBytes > 0 { json["unsyncedBytes"] = .int(unsyncedBytes) }
    return .object(json)
  }

  /// What a plugin has to offer (`capabilities.isolation`) to run this call as it is meant.
  package var asksFor: [String] {
    (limits.hasResources ? ["limits"] : []) + (runAs == nil ? [] : [Self.asOther]) + needs
  }

  /// What it has to offer to run a call as another user.
  package static let asOther = "runAs"

  package init(_ json: JSON) throws(ShapeError) {
    self.init(
      call: CallID(try json.requiredString("call")),
      executor: try json.requiredString("executor"),
      directory: try json.requiredString("directory"),
      spool: try json.requiredString("spool"),
      script: try json.requiredString("script"),
      interpreter: try json.optionalString("interpreter"),
      environment: try json.environment("environment"),
      arguments: try json.strings("arguments"),
      stdin: try json.optionalString("stdin"),
      limits: try Limits(json["limits"] ?? .null),
      runAs: try json.optionalString("runAs"), runAsID: json["runAsId"]?.int,
      needs: try json.strings("needs"),
      redact: try json.strings("redact"),
      unsyncedBytes: try json.optionalCount("unsyncedBytes") ?? 0)
  }
}

extension Preparation.Limits {
  package var hasResources: Bool {
    memoryBytes != nil || processes != nil || openFiles != nil || fileSizeBytes != nil
      || cpu != nil
  }

  package var json: JSON {
    var json = JSONObject([
      ("runMs", .int(Int(run.wholeMilliseconds))),
      ("killGraceMs", .int(Int(killGrace.wholeMilliseconds))),
      ("stdoutBytes", .int(stdoutBytes)), ("stderrBytes", .int(stderrBytes)),
    ])
    // Only what there is: most calls have none of them.
    for (name, value) in [
      ("memoryBytes", memoryBytes), ("processes", processes), ("openFiles", openFiles),
      ("fileSizeBytes", fileSizeBytes), ("cpuMs", cpu.map { Int($0.wholeMilliseconds) }),
    ] {
      if let value { json[name] = .int(value) }
    }
    return .object(json)
  }

  package init(_ json: JSON) throws(ShapeError) {
    self.init(
      run: .milliseconds(try json.requiredCount("runMs")),
      killGrace: .milliseconds(try json.requiredCount("killGraceMs")),
      stdoutBytes: try json.requiredCount("stdoutBytes"),
      stderrBytes: try json.requiredCount("stderrBytes"),
      memoryBytes: try json.optionalCount("memoryBytes"),
      processes: try json.optionalCount("processes"),
      openFiles: try json.optionalCount("openFiles"),
      fileSizeBytes: try json.optionalCount("fileSizeBytes"),
      cpu: try json.optionalCount("cpuMs").map { .milliseconds($0) })
  }
}

extension JSON {
  fileprivate func optionalCount(_ key: String) throws(ShapeError) -> Int? {
    self[key] == nil || self[key] == .null ? nil : try requiredCount(key)
  }

  fileprivate func optionalString(_ key: String) throws(ShapeError) -> String? {
    switch self[key] {
    case nil, .null: nil
    case .string(let text): text
    case .bool, .number, .array, .object:
      throw ShapeError(pointer: "/" + key, expected: "a string or null")
    }
  }

  fileprivate func strings(_ key: String) throws(ShapeError) -> [String] {
    guard let member = self[key] else { return [] }
    let texts = member.array?.compactMap(\.string)
    guard let texts, texts.count == member.array?.count else {
      throw ShapeError(pointer: "/" + key, expected: "an array of strings")
    }
    return texts
  }

  fileprivate func environment(
    _ key: String
  ) throws(ShapeError) -> [(name: String, value: String)] {
    guard let member = self[key] else { return [] }
    guard let object = member.object else {
      throw ShapeError(pointer: "/" + key, expected: "an object of strings")
    }
    var variables: [(name: String, value: String)] = []
    for (name, value) in object.members {
      guard let text = value.string else {
        throw ShapeError(pointer: "/\(key)/\(name)", expected: "a string")
      }
      variables.append((name, text))
    }
    return variables
  }
}
