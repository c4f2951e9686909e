import JSON
package import Model
import Platform

/// Who this endpoint is to its control plane: assigned when it joined, kept apart from the journal,
/// so that a lost journal does not make the endpoint a stranger. The file has mode 0600.
package struct Identity: Sendable {
  package let endpoint: EndpointID
  package let credential: String

  package init(endpoint: EndpointID, credential: String) {
    self.endpoint = endpoint
    self.credential = credential
  }

  /// `nil` when the endpoint has not joined yet.
  static func read(from path: String) throws -> Identity? {
    guard Files.exists(path) else { return nil }
    let json = try JSON(parsing: try Files.read(path, limit: 64 << 10))
    return Identity(
      endpoint: EndpointID(try json.requiredString("endpoint")),
      credential: try json.requiredString("credential"))
  }

  /// On return the file is on disk: it is written before the first call is acknowledged.
  func write(to path: String) throws {
    let json: JSON = [
      "endpoint": .string(endpoint.text), "credential": .string(credential),
    ]
    try Files.writeAtomically(json.bytes, to: path, permissions: 0o600)
  }
}
