/// The limits of one loop. Every queue and buffer has one; each error names the limit it met.
package struct SocketConfiguration: Sendable {
  /// A longer incoming WebSocket message closes its connection with 1009.
  package var maxMessageBytes = 16 << 20
  /// More than this waiting to be sent closes the WebSocket connection with 1008, or ends a
  /// streamed reply.
  package var maxQueuedBytes = 64 << 20
  /// `onDrained` is called when a queue that had grown beyond this falls below it again.
  package var lowWaterBytes = 256 << 10
  /// A longer request body is refused with 413.
  package var maxBodyBytes = 16 << 20
  /// All headers of a request or a response together; longer ones end the connection.
  package var maxHeaderBytes = 16 << 10
  /// Beyond this, new connections wait in the kernel's backlog until others have ended.
  package var maxConnections = 100_000
  /// How long a peer may take over its headers, its body, or its side of the closing handshake.
  package var handshakeTimeout: Duration = .seconds(20)
  /// How long an HTTP connection may take from one reply to the head of its next request.
  package var keepAliveTimeout: Duration = .seconds(60)
  /// How long `stop()` waits for the peers to take what is queued and to say goodbye.
  package var stopGrace: Duration = .seconds(1)
  /// How much is read from a socket in one go, into a buffer all connections share.
  package var receiveBytes = 128 << 10
  /// The WebSocket subprotocol both ends agree on.
  package var subprotocol = "signalbox.1"
  /// Hears libwebsockets' own warnings and errors. Silent unless set.
  package var onLibraryMessage: (@Sendable (LibraryMessage) -> Void)?

  package init() {}

  /// For a process that only dials, a few connections at a time: what libwebsockets keeps for each
  /// descriptor that the process may have is made for those.
  package static var dialing: SocketConfiguration {
    var configuration = SocketConfiguration()
    configuration.maxConnections = 16
    configuration.receiveBytes = 16 << 10
    return configuration
  }
}

/// A line libwebsockets would have printed to stderr.
package struct LibraryMessage: Sendable, Hashable {
  package let isError: Bool
  package let text: String
}
