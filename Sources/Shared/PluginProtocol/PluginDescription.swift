package import JSON
package import Model

/// What a plugin says of itself in the handshake.
package struct PluginDescription: Sendable, Hashable {
  package var name: String
  package var version: String
  package var protocolVersion: Int
  /// What a tool can name in `with:`.
  package var executors: [String]
  /// How arguments can reach the tool: `env`, `argv`, `stdin`.
  package var inputs: [String]
  package var canCancel: Bool
  /// Running calls outlive the agent, and their spools can be read on.
  package var canReattach: Bool
  /// What of `Preparation.asksFor` it can do: `limits`, `runAs`, `privileges`, `agent`.
  package var isolation: [String]
  package var platform: String

  package init(
    name: String, version: String, protocolVersion: Int = PluginProtocol.version,
    executors: [String], inputs: [String] = ["env", "argv", "stdin"], canCancel: Bool = true,
    canReattach: Bool = true, isolation: [String] = [], platform: String
  ) {
    self.name = name
    self.version = version
    self.protocolVersion = protocolVersion
    self.executors = executors
    self.inputs = inputs
    self.canCancel = canCancel
    self.canReattach = canReattach
    self.isolation = isolation
    self.platform = platform
  }

  package var json: JSON {
    [
      "protocol": .int(protocolVersion),
      "plugin": ["name": .string(name), "version": .string(version)],
      "executors": .array(executors.map(JSON.string)),
      "capabilities": [
        "inputs": .array(inputs.map(JSON.string)), "cancel": .bool(canCancel),
        "reattach": .bool(canReattach),
        "isolation": .array(isolation.map(JSON.string)),
      ],
      "platform": .string(platform),
    ]
  }

  package init(_ json: JSON) throws(ShapeError) {
    let plugin = json["plugin"] ?? .null
    let executors = try json.required("executors", "an array of strings", \.array)
    let capabilities = json["capabilities"] ?? [:]
    self.init(
      name: try plugin.requiredString("name"), version: try plugin.requiredString("version"),
      protocolVersion: try json.requiredCount("protocol"),
      executors: executors.compactMap(\.string),
      inputs: (capabilities["inputs"]?.array ?? []).compactMap(\.string),
      canCancel: capabilities["cancel"]?.bool ?? false,
      canReattach: capabilities["reattach"]?.bool ?? false,
      isolation: (capabilities["isolation"]?.array ?? []).compactMap(\.string),
      platform: json["platform"]?.string ?? "")
  }
}
