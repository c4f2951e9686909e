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

package struct DialAddress: Sendable, Hashable {
  package let host: String
  package let port: UInt16

  package init(host: String, port: UInt16) {
    self.host = host
    self.port = port
  }
}

/// It is not known where to dial; the next try asks again.
package struct DialFailure: Error, Sendable, Hashable {
  package let reason: String

  package init(reason: String) { self.reason = reason }
}

/// A runtime's end of the bridge on a socket loop.
package final class Dialer: Dialing {
  private let loop: SocketLoop
  private let address: @Sendable () throws(DialFailure) -> DialAddress
  private let state = State()

  package convenience init(loop: SocketLoop, host: String, port: UInt16) {
    self.init(loop: loop) { DialAddress(host: host, port: port) }
  }

  /// - Parameter address: where to dial, asked for each dial. What it throws is a dial that failed.
  package init(
    loop: SocketLoop, address: @escaping @Sendable () throws(DialFailure) -> DialAddress
  ) {
    self.loop = loop
    self.address = address
  }

  package func deliver(to user: @escaping @Sendable (BridgeEvent) -> Void) {
    _ = loop.post { [state] in state.user = user }
  }

  package func dial(_ number: UInt64) {
    let target: WebSocketTarget
    do throws(DialFailure) {
      let address = try address()
      target = WebSocketTarget(host: address.host, port: address.port, path: BridgePath.path)
    } catch {
      _ = loop.post { [state] in state.user(.closed(number, reason: error.reason)) }
      return
    }
    _ = loop.post { [loop, state] in
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
