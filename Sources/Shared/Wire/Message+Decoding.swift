package import JSON
package import Model

extension Message {
  /// Reads one frame. The set of methods is closed: anything else is an error, never ignored.
  package init(_ frame: Frame) throws(WireError) {
    guard frame.bytes.count <= WireLimits.frameBytes else {
      throw WireError(
        code: "wire.frameTooLong",
        message: "\(frame.bytes.count) bytes; the limit frameBytes is \(WireLimits.frameBytes)")
    }
    if frame.isBinary {
      self = .output(try OutputChunk(binary: frame.bytes))
      return
    }
    let json = try Self.parse(frame.bytes[...])
    do {
      self = try Self.read(json)
    } catch let error as ShapeError {
      throw WireError(code: "wire.shape", message: error.description)
    } catch let error as WireError {
      throw error
    } catch {
      throw WireError(code: "wire.shape", message: "\(error)")
    }
  }

  static func parse(_ bytes: ArraySlice<UInt8>) throws(WireError) -> JSON {
    do {
      var limits = JSONLimits()
      limits.maxBytes = WireLimits.frameBytes
      limits.maxDepth = WireLimits.depth
      return try JSON(parsing: Array(bytes), limits: limits)
    } catch {
      throw WireError(code: "wire.json", message: error.description)
    }
  }

  private static func read(_ json: JSON) throws -> Message {
    guard json["jsonrpc"]?.string == "2.0" else {
      throw ShapeError(pointer: "/jsonrpc", expected: "\"2.0\"")
    }
    if let result = json["result"] {
      return .reply(id: try json.requiredCount("id"), try Reply(result))
    }
    if let error = json["error"] {
      return .refusal(
        id: try json.requiredCount("id"),
        Refusal(
          code: error["data"]?["code"]?.string ?? "refused",
          message: try error.requiredString("message")))
    }
    let method = try json.requiredString("method")
    let params = json["params"] ?? .null
    switch method {
    case "hello": return .hello(id: try json.requiredCount("id"), try Hello(params))
    case "offer": return .offer(try Offer(params))
    case "acknowledge": return .acknowledge(try Acknowledge(params))
    case "refused": return .refused(try RefusedOffer(params))
    case "released": return .released(try Released(params))
    case "finished": return .finished(try Finished(params))
    case "confirm": return .confirm(try Confirm(params))
    case "cancel":
      return .cancel(
        Cancel(call: try params.requiredCall(), by: try params.requiredString("by")))
    case "probe": return .probe(id: try json.requiredCount("id"), try params.requiredCall())
    case "heartbeat":
      return .heartbeat(
        id: try json.requiredCount("id"),
        sessionFor: params["sessionForMs"] == nil
          ? nil : .milliseconds(try params.requiredCount("sessionForMs")))
    case "output":
      throw WireError(code: "wire.outputAsText", message: "output travels in a binary message")
    default:
      throw WireError(
        code: "wire.unknownMethod", message: "no method \"\(method.prefix(40))\" on the bridge")
    }
  }
}

extension JSON {
  package func requiredCall(_ key: String = "call") throws(ShapeError) -> CallID {
    CallID(try requiredIdentifier(key))
  }

  /// An identifier: 1 to 64 letters, digits and hyphens, so that it is safe in a path.
  package func requiredIdentifier(_ key: String) throws(ShapeError) -> String {
    try required(key, "an identifier") { value in
      value.string.flatMap { $0.isIdentifier ? $0 : nil }
    }
  }
}

extension String {
  package var isIdentifier: Bool {
    let bytes = utf8
    guard (1...64).contains(bytes.count) else { return false }
    return bytes.allSatisfy { byte in
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
    }
  }
}

extension JournalHead {
  package init(_ json: JSON) throws(ShapeError) {
    let hash = try json.requiredString("hash")
    guard hash.utf8.count == 64 else {
      throw ShapeError(pointer: "/hash", expected: "64 hexadecimal digits")
    }
    self.init(sequence: try json.requiredCount("sequence"), hash: hash)
  }
}

extension Hello {
  init(_ json: JSON) throws(ShapeError) {
    let proof: Proof
    if let token = json["joinToken"]?.string {
      proof = .joinToken(token)
    } else {
      proof = .credential(
        EndpointID(try json.requiredIdentifier("endpoint")),
        secret: try json.requiredString("credential"))
    }
    let listed = try json.required("calls", "an array", \.array)
    guard listed.count <= WireLimits.heldCalls else {
      throw ShapeError(pointer: "/calls", expected: "at most \(WireLimits.heldCalls) calls")
    }
    var calls: [HeldCall] = []
    for item in listed { calls.append(try HeldCall(item)) }
    self.init(
      protocolVersion: try json.requiredCount("protocol"),
      name: try json.requiredString("name"),
      proof: proof,
      runtime: try RuntimeInfo(json["runtime"] ?? .null),
      epoch: json["epoch"]?.string.map { EpochID($0) },
      head: try JournalHead(json["journal"] ?? .null),
      provenRow: try json["proof"].map { (row) throws(ShapeError) in try JournalHead(row) },
      capacity: try json.requiredCount("capacity"),
      calls: calls)
  }
}

extension HeldCall {
  fileprivate init(_ json: JSON) throws(ShapeError) {
    self.init(
      call: try json.requiredCall(), state: try json.requiredState(),
      hasBegun: json["begun"] == true)
  }
}

extension JSON {
  fileprivate func requiredState() throws(ShapeError) -> CallState {
    try required("state", "a call state") { $0.string.flatMap(CallState.init(rawValue:)) }
  }
}

extension RuntimeInfo {
  package init(_ json: JSON) throws(ShapeError) {
    self.init(
      kind: try json.requiredString("kind"), platform: try json.requiredString("platform"),
      architecture: try json.requiredString("architecture"),
      version: try json.requiredString("version"), bootID: try json.requiredString("bootId"),
      executors: (json["executors"]?.array ?? []).compactMap(\.string),
      sessions: try json.runtimes()?.filter(\.name.isSession) ?? [])
  }
}

extension JSON {
  /// An agent from before there were several has the service only, and lists none.
  fileprivate func runtimes() throws(ShapeError) -> [Runtime]? {
    guard let listed = self["runtimes"] else { return nil }
    guard let items = listed.array, items.count <= WireLimits.runtimes else {
      throw ShapeError(
        pointer: "/runtimes", expected: "at most \(WireLimits.runtimes) runtimes")
    }
    var runtimes: [Runtime] = []
    for item in items {
      runtimes.append(
        Runtime(
          name: try item.requiredRuntime("name"),
          executors: (item["executors"]?.array ?? []).compactMap(\.string)))
    }
    let names = runtimes.map(\.name)
    guard names.contains(.service), Set(names).count == names.count else {
      throw ShapeError(pointer: "/runtimes", expected: "the service, and each session once")
    }
    return runtimes
  }

  fileprivate func requiredRuntime(_ key: String) throws(ShapeError) -> RuntimeName {
    try required(key, "service, or session: and a user's name") {
      $0.string.flatMap { RuntimeName($0) }
    }
  }
}

extension Offer {
  package init(_ json: JSON) throws(ShapeError) {
    self.init(
      call: try json.requiredCall(), attempt: try json.requiredCount("attempt"),
      digest: try json.requiredString("digest"),
      definition: try json.requiredString("definition"),
      arguments: json["arguments"] ?? [:],
      expiresIn: .milliseconds(try json.requiredCount("expiresInMs")),
      runtime: json["runtime"] == nil ? nil : try json.requiredRuntime("runtime"))
  }
}

extension RefusedOffer {
  init(_ json: JSON) throws(ShapeError) {
    self.init(
      call: try json.requiredCall(), attempt: try json.requiredCount("attempt"),
      cause: try json.required("cause", "noRuntime or noExecutor") {
        $0.string.flatMap(RefusalCause.init)
      },
      reason: try json.requiredString("reason"), remedy: try json.requiredString("remedy"))
  }
}

extension Acknowledge {
  init(_ json: JSON) throws(ShapeError) {
    self.init(
      call: try json.requiredCall(), attempt: try json.requiredCount("attempt"),
      state: try json.requiredState(), head: try JournalHead(json["journal"] ?? .null))
  }
}

extension Released {
  init(_ json: JSON) throws(ShapeError) {
    self.init(
      call: try json.requiredCall(),
      startedAt: json["startedAtUs"]?.int.map { Instant(microseconds: Int64($0)) },
      pid: json["pid"]?.int, head: try JournalHead(json["journal"] ?? .null))
  }
}

extension OutputChunk {
  init(binary bytes: [UInt8]) throws(WireError) {
    guard let lineEnd = bytes.prefix(1024).firstIndex(of: UInt8(ascii: "\n")) else {
      throw WireError(code: "wire.shape", message: "binary message without a header line")
    }
    let header = try Message.parse(bytes[..<lineEnd])
    let params = header["params"] ?? .null
    let count = bytes.count - lineEnd - 1
    do throws(ShapeError) {
      guard header["jsonrpc"]?.string == "2.0", header["method"]?.string == "output" else {
        throw ShapeError(pointer: "/method", expected: "\"output\" in a binary message")
      }
      guard try params.requiredCount("bytes") == count, count <= WireLimits.outputChunkBytes
      else {
        throw ShapeError(
          pointer: "/params/bytes",
          expected: "the number of bytes that follow, at most \(WireLimits.outputChunkBytes)")
      }
      self.init(
        call: try params.requiredCall(),
        stream: try params.required("stream", "stdout or stderr") {
          $0.string.flatMap(OutputStream.init(rawValue:))
        },
        offset: try params.requiredCount("offset"),
        at: try params.requiredInstant("atUs"),
        bytes: Array(bytes[(lineEnd + 1)...]))
    } catch {
      throw WireError(code: "wire.shape", message: error.description)
    }
  }
}

extension Finished {
  init(_ json: JSON) throws(ShapeError) {
    self.init(
      call: try json.requiredCall(), report: try Report(json["report"] ?? .null),
      head: try JournalHead(json["journal"] ?? .null))
  }
}

extension Report {
  package init(_ json: JSON) throws(ShapeError) {
    switch try json.requiredString("how") {
    case "ended": self = .ended(try ExecutionRecord(json["record"] ?? .null))
    case "interrupted":
      self = .interrupted(
        reason: try json.requiredString("reason"),
        startedAt: json["startedAtUs"]?.int.map { Instant(microseconds: Int64($0)) })
    case "rejected":
      self = .rejected(
        code: try json.requiredString("code"), reason: try json.requiredString("reason"),
        remedy: try json.requiredString("remedy"))
    case "cancelled": self = .cancelled
    case "expired": self = .expired
    case "lost": self = .lost(reason: try json.requiredString("reason"))
    default:
      throw ShapeError(
        pointer: "/report/how",
        expected: "ended, interrupted, rejected, cancelled, expired or lost")
    }
  }
}

extension Confirm {
  init(_ json: JSON) throws(ShapeError) {
    self.init(
      finished: try json.calls("finished"), creditBytes: try json.requiredCount("creditBytes"),
      lowWater: json["lowWater"]?.string.map { CallID($0) })
  }
}

extension Reply {
  init(_ json: JSON) throws(ShapeError) {
    switch try json.requiredString("kind") {
    case "welcome": self = .welcome(try Welcome(json))
    case "prove": self = .prove(sequence: try json.requiredCount("sequence"))
    case "state": self = .state(try HeldCall(json))
    case "alive":
      let head = try JournalHead(json["journal"] ?? .null)
      self = .alive(
        head,
        health: try json["health"].map { (value) throws(ShapeError) in try AgentHealth(value) },
        runtimes: try json.runtimes())
    default:
      throw ShapeError(pointer: "/result/kind", expected: "welcome, prove, state or alive")
    }
  }
}

extension Welcome {
  init(_ json: JSON) throws(ShapeError) {
    var outputs: [CommittedOutput] = []
    for item in json["outputs"]?.array ?? [] {
      outputs.append(
        CommittedOutput(
          call: try item.requiredCall(), stdoutBytes: try item.requiredCount("stdoutBytes"),
          stderrBytes: try item.requiredCount("stderrBytes")))
    }
    self.init(
      endpoint: EndpointID(try json.requiredIdentifier("endpoint")),
      credential: json["credential"]?.string,
      epoch: EpochID(try json.requiredIdentifier("epoch")),
      heartbeat: .milliseconds(try json.requiredCount("heartbeatMs")),
      creditBytes: try json.requiredCount("creditBytes"),
      lowWater: json["lowWater"]?.string.map { CallID($0) },
      outputs: outputs, started: try json.calls("started"), closed: try json.calls("closed"))
  }
}

extension JSON {
  /// Ids of calls that the runtime named; a control plane from before a list sends none.
  fileprivate func calls(_ key: String) throws(ShapeError) -> [CallID] {
    guard let listed = self[key] else { return [] }
    guard let items = listed.array, items.count <= WireLimits.heldCalls else {
      throw ShapeError(pointer: "/" + key, expected: "at most \(WireLimits.heldCalls) calls")
    }
    var calls: [CallID] = []
    for (position, item) in items.enumerated() {
      guard let text = item.string, text.isIdentifier else {
        throw ShapeError(pointer: "/\(key)/\(position)", expected: "an identifier")
      }
      calls.append(CallID(text))
    }
    return calls
  }
}
