internal import Digest
package import JSON
package import Model

/// What an endpoint needs to know of a tool in order to run it, read from the tool's canonical
/// definition.
package struct ExecutionPlan: Sendable, Hashable {
  package let name: String
  package let version: String
  /// The first whose conditions hold is the one that runs.
  package let variants: [Variant]
  package let limits: Limits
  package let delivery: DeliveryPolicy
  package let recovery: RecoveryPolicy
  /// Arguments that are secrets.
  package let redact: [JSONPointer]

  package init(definition: JSON) throws(ShapeError) {
    let part = Part(definition)
    guard definition["signalbox"]?.int == Self.format else {
      throw part.wrong("signalbox", "\(Self.format), the format that this version reads")
    }
    name = try part.string("name")
    version = try part.string("version")
    var variants: [Variant] = []
    for item in try part.list("run") { variants.append(try Variant(item)) }
    self.variants = variants
    limits = try Limits(part.object("limits"))
    delivery = try DeliveryPolicy(part.object("delivery"))
    recovery = try RecoveryPolicy(part.object("recovery"))
    var redact: [JSONPointer] = []
    for item in try part.list("redact") { redact.append(try item.asPointer()) }
    self.redact = redact
  }

  /// The version of the definition format.
  package static let format = 1

  /// `sha256:` and the digest of the definition's canonical JSON: a tool's address.
  package static func digest(of definition: JSON) -> String {
    "sha256:" + SHA256.hex(of: definition.canonical)
  }

  /// The variant to run on an endpoint.
  /// - Parameter os: `linux`, `macos` or `windows`.
  package func variant(
    os: String, hasCommand: (String) -> Bool
  ) -> Result<Variant, Refusal> {
    var missing: [String] = []
    var isForPlatform = false
    for variant in variants {
      guard let lacking = variant.when.missing(os: os, hasCommand: hasCommand) else { continue }
      if lacking.isEmpty { return .success(variant) }
      isForPlatform = true
      for command in lacking where !missing.contains(command) { missing.append(command) }
    }
    guard isForPlatform else { return .failure(wrongPlatform(os)) }
    let list = missing.joined(separator: ", ")
    return .failure(
      Refusal(
        reason: "tool.missingCommand", message: "\(name) needs \(list), which this endpoint lacks",
        remedy: "install \(list) there, or choose another tool"))
  }

  private func wrongPlatform(_ os: String) -> Refusal {
    var platforms: [String] = []
    for platform in variants.flatMap(\.when.os) where !platforms.contains(platform) {
      platforms.append(platform)
    }
    return Refusal(
      reason: "tool.wrongPlatform",
      message: "\(name) runs on \(platforms.joined(separator: ", ")), and this endpoint is \(os)",
      remedy: "choose a tool for \(os)")
  }

  /// The texts to replace in all that the execution prints.
  package func secrets(in arguments: JSON) -> [String] {
    redact.compactMap { $0.value(in: arguments)?.string }.filter { !$0.isEmpty }
  }
}
