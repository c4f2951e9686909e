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

    package init(run: Duration, killGrace: Duration, stdoutBytes: Int, stderrBytes: Int) {
      self.run = run
      self.killGrace = killGrace
      self.stdoutBytes = stdoutBytes
      self.stderrBytes = stderrBytes
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
  /// Secrets that must appear nowhere in the output.
  package var redact: [String]

  package init(
    call: CallID, executor: String, directory: String, spool: String, script: String,
    interpreter: String? = nil, environment: [(name: String, value: String)] = [],
    arguments: [String] = [], stdin: String? = nil, limits: Limits, redact: [String] = []
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
    self.redact = redact
  }
}

extension Preparation {
  package var json: JSON {
    var environment = JSONObject()
    for (name, value) in self.environment { environment[name] = .string(value) }
    return [
      "call": .string(call.text), "executor": .string(executor),
      "directory": .string(directory), "spool": .string(spool), "script": .string(script),
      "interpreter": interpreter.map(JSON.string) ?? .null,
      "environment": .object(environment), "arguments": .array(arguments.map(JSON.string)),
      "stdin": stdin.map(JSON.string) ?? .null, "limits": limits.json,
      "redact": .array(redact.map(JSON.string)),
    ]
  }

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
      redact: try json.strings("redact"))
  }
}

extension Preparation.Limits {
  package var json: JSON {
    [
      "runMs": .int(Int(run.wholeMilliseconds)),
      "killGraceMs": .int(Int(killGrace.wholeMilliseconds)),
      "stdoutBytes": .int(stdoutBytes), "stderrBytes": .int(stderrBytes),
    ]
  }

  package init(_ json: JSON) throws(ShapeError) {
    self.init(
      run: .milliseconds(try json.requiredCount("runMs")),
      killGrace: .milliseconds(try json.requiredCount("killGraceMs")),
      stdoutBytes: try json.requiredCount("stdoutBytes"),
      stderrBytes: try json.requiredCount("stderrBytes"))
  }
}

extension JSON {
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
