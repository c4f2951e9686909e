package import JSON
package import Model

/// What a plugin sends to the agent.
package enum PluginMessage: Sendable {
  case result(id: JSON, JSON)
  /// The id is null when the plugin could not read the request's.
  case fault(id: JSON, PluginFault)
  /// The spool has grown to so many bytes.
  case progress(CallID, spoolBytes: Int)
  /// The spool is complete and on disk.
  case ended(CallID, spoolBytes: Int)

  /// The message with its newline.
  package var line: [UInt8] {
    var line = JSONText()
    line.write(#"{"jsonrpc":"2.0","#)
    switch self {
    case .result(let id, let result): line.add(#""id":"#, id, #","result":"#, result)
    case .fault(let id, let fault): line.add(#""id":"#, id, #","error":"#, fault.json)
    case .progress(let call, let bytes): line.addNotification("progress", call, bytes)
    case .ended(let call, let bytes): line.addNotification("ended", call, bytes)
    }
    line.write("}\n")
    return line.bytes
  }

  /// - Returns: `nil` for a notification that this version does not know, which is ignored.
  package static func parse(line: [UInt8]) throws(PluginFault) -> PluginMessage? {
    do {
      let limits = JSONLimits(maxBytes: PluginProtocol.maxLineBytes)
      return try parse(JSON(parsing: line, limits: limits))
    } catch let error as JSONError {
      throw garbage("not JSON: \(error)")
    } catch let error as ShapeError {
      throw garbage("\(error)")
    } catch let fault as PluginFault {
      throw fault
    } catch {
      throw garbage("\(error)")
    }
  }

  private static func parse(_ message: JSON) throws -> PluginMessage? {
    guard message["jsonrpc"]?.string == "2.0" else { throw garbage("not a JSON-RPC 2.0 message") }
    if let result = message["result"], let id = message["id"] { return .result(id: id, result) }
    if let error = message["error"], let id = message["id"] {
      return .fault(id: id, PluginFault(error))
    }
    guard let method = message["method"]?.string, message["id"] == nil else {
      throw garbage("neither a reply nor a notification")
    }
    let parameters = message["params"] ?? [:]
    switch method {
    case "progress":
      return .progress(
        CallID(try parameters.requiredString("call")),
        spoolBytes: try parameters.requiredCount("spoolBytes"))
    case "ended":
      return .ended(
        CallID(try parameters.requiredString("call")),
        spoolBytes: try parameters.requiredCount("spoolBytes"))
    default: return nil
    }
  }

  private static func garbage(_ what: String) -> PluginFault {
    PluginFault(
      message: what, reason: "plugin.garbage",
      remedy: "only protocol messages may go to the plugin's standard output; log to stderr")
  }
}

extension JSONText {
  fileprivate mutating func addNotification(
    _ method: StaticString, _ call: CallID, _ bytes: Int
  ) {
    write(#""method":""#)
    write(method)
    add(#"","params":{"call":"#, .string(call.text), #","spoolBytes":"#)
    add(bytes)
    write("}")
  }
}
