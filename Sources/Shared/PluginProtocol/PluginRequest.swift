package import JSON
package import Model

/// What the agent asks of a plugin.
package enum PluginRequest: Sendable {
  case initialize(agentName: String, agentVersion: String, protocolVersion: Int)
  case prepare(Preparation)
  case start(CallID)
  case discard(CallID)
  case cancel(CallID)
  /// Whether it answers.
  case ping
  case shutdown

  package var method: String {
    switch self {
    case .initialize: "initialize"
    case .prepare: "prepare"
    case .start: "start"
    case .discard: "discard"
    case .cancel: "cancel"
    case .ping: "ping"
    case .shutdown: "shutdown"
    }
  }

  private var parameters: JSON {
    switch self {
    case .initialize(let name, let version, let protocolVersion):
      [
        "protocol": .int(protocolVersion),
        "agent": ["name": .string(name), "version": .string(version)],
      ]
    case .prepare(let preparation): preparation.json
    case .start(let call), .discard(let call), .cancel(let call): ["call": .string(call.text)]
    case .ping, .shutdown: [:]
    }
  }

  /// The message with its newline.
  package func line(id: Int) -> [UInt8] {
    var line = JSONText()
    line.write(#"{"jsonrpc":"2.0","id":"#)
    line.add(id)
    line.add(#","method":"#, .string(method), #","params":"#, parameters)
    line.write("}\n")
    return line.bytes
  }
}

/// A request as a plugin received it, with the id to answer to.
package struct ReceivedRequest: Sendable {
  /// A string or a number, to be sent back as it came; `nil` in a notification, which is not
  /// answered.
  package let id: JSON?
  /// The request, or the fault to answer with.
  package let content: Result<PluginRequest, PluginFault>

  package init(line: [UInt8]) {
    let message: JSON
    do throws(JSONError) {
      message = try JSON(parsing: line, limits: JSONLimits(maxBytes: PluginProtocol.maxLineBytes))
    } catch {
      // JSON-RPC 2.0 section 5: an id that could not be read is answered as null.
      self.init(
        id: .null,
        fault: PluginFault(
          code: PluginFault.notJSON, message: "not JSON: \(error)", reason: "plugin.notJSON",
          remedy: "send one JSON-RPC 2.0 message per line"))
      return
    }
    self.init(message)
  }

  private init(_ message: JSON) {
    let id = message["id"]
    guard message["jsonrpc"]?.string == "2.0", let method = message["method"]?.string else {
      self.init(
        id: id ?? .null,
        fault: PluginFault(
          code: PluginFault.notARequest, message: "not a JSON-RPC 2.0 request",
          reason: "plugin.notARequest", remedy: "send \"jsonrpc\", \"id\", \"method\", \"params\""))
      return
    }
    do throws(ShapeError) {
      self.init(id: id, request: try Self.request(method, message["params"] ?? [:]), method)
    } catch {
      self.init(id: id, fault: .badParameters("\(method): \(error)"))
    }
  }

  private init(id: JSON?, request: PluginRequest?, _ method: String) {
    self.id = id
    guard let request else {
      let fault = PluginFault(
        code: PluginFault.unknownMethod, message: "unknown method \(method)",
        reason: "plugin.unknownMethod", remedy: "update the plugin")
      content = .failure(fault)
      return
    }
    content = .success(request)
  }

  private init(id: JSON?, fault: PluginFault) {
    self.id = id
    content = .failure(fault)
  }

  private static func request(
    _ method: String, _ parameters: JSON
  ) throws(ShapeError) -> PluginRequest? {
    switch method {
    case "initialize":
      .initialize(
        agentName: parameters["agent"]?["name"]?.string ?? "",
        agentVersion: parameters["agent"]?["version"]?.string ?? "",
        protocolVersion: try parameters.requiredCount("protocol"))
    case "prepare": .prepare(try Preparation(parameters))
    case "start": .start(CallID(try parameters.requiredString("call")))
    case "discard": .discard(CallID(try parameters.requiredString("call")))
    case "cancel": .cancel(CallID(try parameters.requiredString("call")))
    case "ping": .ping
    case "shutdown": .shutdown
    default: nil
    }
  }
}
