package import JSON

/// A refusal on the wire: the `error` of a JSON-RPC reply.
package struct PluginFault: Error, Sendable, Hashable, CustomStringConvertible {
  /// The JSON-RPC number: the class of the refusal.
  package var code: Int
  package var message: String
  /// Stable, for machines: `interpreter.missing`.
  package var reason: String
  /// What a person can do about it.
  package var remedy: String

  package init(code: Int = PluginFault.refused, message: String, reason: String, remedy: String) {
    self.code = code
    self.message = message
    self.reason = reason
    self.remedy = remedy
  }

  // JSON-RPC 2.0 section 5.1; what is ours starts at -32000.
  package static let notJSON = -32700
  package static let notARequest = -32600
  package static let unknownMethod = -32601
  package static let badParameters = -32602
  /// The plugin understood, and will not or cannot.
  package static let refused = -32000

  package var description: String { "\(reason): \(message); \(remedy)" }

  package var json: JSON {
    [
      "code": .int(code), "message": .string(message),
      "data": ["reason": .string(reason), "remedy": .string(remedy)],
    ]
  }

  /// Reads whatever a plugin sent as its error; members that are missing get a plain stand-in.
  package init(_ json: JSON) {
    self.init(
      code: json["code"]?.int ?? Self.refused,
      message: json["message"]?.string ?? "the plugin gave no message",
      reason: json["data"]?["reason"]?.string ?? "plugin.refused",
      remedy: json["data"]?["remedy"]?.string ?? "see the plugin's log")
  }

  package static func badParameters(_ what: String) -> PluginFault {
    PluginFault(
      code: badParameters, message: what, reason: "plugin.badParameters",
      remedy: "agent and plugin disagree about the protocol; update both")
  }
}
