package import Wire

/// What a bridge tells its user: decoded messages, and the beginning and end of connections.
package enum BridgeEvent: Sendable {
  case opened(UInt64)
  case message(UInt64, Message)
  case closed(UInt64, reason: String)

  package var connection: UInt64 {
    switch self {
    case .opened(let connection), .message(let connection, _), .closed(let connection, _):
      connection
    }
  }
}

package enum BridgePath {
  /// Where the control plane takes the WebSocket upgrade.
  package static let path = "/v1/bridge"
}

/// A sender of messages is told why its connection ends with one of these (RFC 6455, section 7.4).
enum CloseCode {
  static let normal: UInt16 = 1000
  static let protocolError: UInt16 = 1002
}
