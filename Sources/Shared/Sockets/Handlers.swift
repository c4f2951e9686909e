/// What a WebSocket tells its user. Every closure is called on the loop's thread: be quick there.
package struct WebSocketHandlers: Sendable {
  package var onOpen: @Sendable (ConnectionID) -> Void
  /// A whole message, put together from its fragments.
  package var onMessage: @Sendable (ConnectionID, _ message: [UInt8], _ isBinary: Bool) -> Void
  /// The queue had grown beyond `lowWaterBytes` and is below it again.
  package var onDrained: @Sendable (ConnectionID) -> Void
  /// Exactly once for every `onOpen`. 1006 when the peer vanished without a closing handshake.
  package var onClose: @Sendable (ConnectionID, _ code: UInt16, _ reason: String) -> Void

  package init(
    onOpen: @escaping @Sendable (ConnectionID) -> Void = { _ in },
    onMessage: @escaping @Sendable (ConnectionID, [UInt8], Bool) -> Void = { _, _, _ in },
    onDrained: @escaping @Sendable (ConnectionID) -> Void = { _ in },
    onClose: @escaping @Sendable (ConnectionID, UInt16, String) -> Void = { _, _, _ in }
  ) {
    self.onOpen = onOpen
    self.onMessage = onMessage
    self.onDrained = onDrained
    self.onClose = onClose
  }
}

/// What a server tells its user, on the loop's thread.
package struct ServerHandlers: Sendable {
  package var webSocket: WebSocketHandlers
  /// Decides before the WebSocket exists. Without one, upgrades are refused with 404.
  package var onUpgrade: @Sendable (UpgradeRequest) -> UpgradeDecision
  /// The reply may be given here, or later and from any thread.
  package var onRequest: @Sendable (HTTPRequest) -> Void
  /// The peer left before its reply was complete; replying is harmless and does nothing.
  package var onRequestGone: @Sendable (RequestID) -> Void
  /// The queue of a streamed reply had grown beyond `lowWaterBytes` and is below it again.
  package var onRequestDrained: @Sendable (RequestID) -> Void

  package init(
    webSocket: WebSocketHandlers = WebSocketHandlers(),
    onUpgrade: @escaping @Sendable (UpgradeRequest) -> UpgradeDecision = { _ in
      .refuse(status: 404, body: "no WebSocket here\n")
    },
    onRequest: @escaping @Sendable (HTTPRequest) -> Void,
    onRequestGone: @escaping @Sendable (RequestID) -> Void = { _ in },
    onRequestDrained: @escaping @Sendable (RequestID) -> Void = { _ in }
  ) {
    self.webSocket = webSocket
    self.onUpgrade = onUpgrade
    self.onRequest = onRequest
    self.onRequestGone = onRequestGone
    self.onRequestDrained = onRequestDrained
  }
}
