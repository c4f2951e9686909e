/// One WebSocket message: text for JSON-RPC, binary for output (a JSON-RPC line, a line feed, then
/// the bytes as they are, so that output needs no encoding).
package struct Frame: Sendable, Hashable {
  package var bytes: [UInt8]
  package var isBinary: Bool

  package init(bytes: [UInt8], isBinary: Bool) {
    self.bytes = bytes
    self.isBinary = isBinary
  }
}

/// The limits of the bridge. A peer that breaks one is told which, and the connection ends.
package enum WireLimits {
  /// The longest message. An offer carries a definition (at most 1 MiB) and its arguments.
  package static let frameBytes = 4 << 20
  /// The longest payload of one `output` message.
  package static let outputChunkBytes = 256 << 10
  /// Unconfirmed output of one connection.
  package static let creditBytes = 4 << 20
  /// Calls that one `hello` may list.
  package static let heldCalls = 16_384
  /// What shows one fault of an agent's check of itself.
  package static let evidenceBytes = 512
  /// Runtimes that one endpoint tells of; users who logged in later have none.
  package static let runtimes = 64
  package static let depth = 64
}

/// A frame that is not a message of this protocol.
package struct WireError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Stable, such as `wire.unknownMethod`.
  package let code: String
  package let message: String

  package init(code: String, message: String) {
    self.code = code
    self.message = message
  }

  package var description: String { "\(code): \(message)" }
}
