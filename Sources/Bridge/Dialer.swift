package import Sockets
package import Wire

/// Opens connections to a control plane. The caller numbers its dials and hears of them by number.
package protocol Dialing: AnyObject, Sendable {
  /// Where events go; called once, before the first dial.
  func deliver(to user: @escaping @Sendable (BridgeEvent) -> Void)
  func dial(_ number: UInt64)
  func send(_ messages: [Message], on number: UInt64)
  func close(_ number: UInt64, reason: String)
}

/// A runtime's end of the bridge on a socket loop.
package final class Dialer: Dialing {
  private let loop: SocketLoop
  private let target: WebSocketTarget
  private let state = State()

  package init(loop: SocketLoop, host: String, port: UInt16) {
    self.loop = loop
    target = WebSocketTarget(host: host, port: port, path: BridgePath.path)
  }

  package func deliver(to user: @escaping @Sendable (BridgeEvent) -> Void) {
    _ = loop.post { [state] in state.user = user }
  }

  package func dial(_ number: UInt64) {
    _ = loop.post { [loop, target, state] in
      let handlers = WebSocketHandlers(
        onOpen: { id in
          state.connections[number] = id
          state.user(.opened(number))
        },
        onMessage: { id, bytes, isBinary in
          do throws(WireError) {
            state.user(.message(number, try Message(Frame(bytes: bytes, isBinary: isBinary))))
          } catch {
            loop.close(id, code: CloseCode.protocolError, reason: error.code)
          }
        },
        onClose: { _, code, reason in
          state.connections[number] = nil
          state.user(.closed(number, reason: reason.isEmpty ? "closed (\(code))" : reason))
        })
      _ = loop.connect(
        target, handlers: handlers,
        onConnectFailed: { _, failure in state.user(.closed(number, reason: failure.reason)) })
    }
  }

  package func send(_ messages: [Message], on number: UInt64) {
    _ = loop.post { [loop, state] in
      guard let id = state.connections[number] else { return }
      for message in messages {
        let frame = message.frame
        loop.send(id, frame.bytes, binary: frame.isBinary)
      }
    }
  }

  package func close(_ number: UInt64, reason: String) {
    _ = loop.post { [loop, state] in
      guard let id = state.connections[number] else { return }
      loop.close(id, code: CloseCode.normal, reason: reason)
    }
  }

  /// `@unchecked Sendable`: only touched on the loop's thread.
  private final class State: @unchecked Sendable {
    var connections: [UInt64: ConnectionID] = [:]
    var user: @Sendable (BridgeEvent) -> Void = { _ in }
  }
}
