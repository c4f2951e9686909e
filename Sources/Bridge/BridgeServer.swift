package import Sockets
package import Wire

/// The control plane's end: connections of the runtimes on a socket loop. Messages are decoded and
/// encoded on the loop's thread, so that the engine's thread only decides.
package final class BridgeServer: Sendable {
  private let loop: SocketLoop
  private let connections: Connections
  private let deliver: @Sendable (BridgeEvent) -> Void

  /// - Parameter deliver: called on the loop's thread, in the order of arrival.
  package init(loop: SocketLoop, deliver: @escaping @Sendable (BridgeEvent) -> Void) {
    self.loop = loop
    self.deliver = deliver
    connections = Connections()
  }

  /// To be given to the listener for upgrades at `BridgePath.path`.
  package var handlers: WebSocketHandlers {
    let connections = connections
    let deliver = deliver
    let loop = loop
    return WebSocketHandlers(
      onOpen: { id in
        connections.byNumber[id.number] = id
        deliver(.opened(id.number))
      },
      onMessage: { id, bytes, isBinary in
        do throws(WireError) {
          let message = try Message(Frame(bytes: bytes, isBinary: isBinary))
          deliver(.message(id.number, message))
        } catch {
          loop.close(id, code: CloseCode.protocolError, reason: error.code)
        }
      },
      onClose: { id, code, reason in
        connections.byNumber[id.number] = nil
        deliver(.closed(id.number, reason: reason.isEmpty ? "closed (\(code))" : reason))
      })
  }

  /// Sends messages, each on its connection, in order. A connection that is gone is skipped: its
  /// runtime says hello again. Any thread may call this.
  package func send(_ messages: [(connection: UInt64, message: Message)]) {
    _ = loop.post { [loop, connections] in
      for (number, message) in messages {
        guard let id = connections.byNumber[number] else { continue }
        let frame = message.frame
        loop.send(id, frame.bytes, binary: frame.isBinary)
      }
    }
  }

  package func close(_ number: UInt64, reason: String) {
    _ = loop.post { [loop, connections] in
      guard let id = connections.byNumber[number] else { return }
      loop.close(id, code: CloseCode.normal, reason: reason)
    }
  }
}

/// `@unchecked Sendable`: only touched on the loop's thread.
private final class Connections: @unchecked Sendable {
  var byNumber: [UInt64: ConnectionID] = [:]
}
