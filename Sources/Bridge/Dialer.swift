package import Platform
package import Sockets
package import Wire

/// Opens connections to a control plane. The caller numbers its dials and hears of them by number.
package protocol Dialing: AnyObject, Sendable {
  /// Where events go; called once, before the first dial.
  func deliver(to user: @escaping @Sendable (BridgeEvent) -> Void)
  func dial(_ number: UInt64)
  func send(_ messages: [Message], on number: UInt64)
  func close(_ number: UInt64, reason: String)
  /// A turn of `loop` in which the connections have their turn too, for those that live on the caller's
  /// thread.
  func turn(of loop: EventLoop, waitUpTo limit: Duration?) throws
  /// Says goodbye. There will be no further turn.
  func end()
}

extension Dialing {
  package func turn(of loop: EventLoop, waitUpTo limit: Duration?) throws {
    try loop.turn(waitUpTo: limit)
  }

  package func end() {}
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

/// A runtime's end of the bridge on a socket loop: one that was started, or else on the thread that
/// takes turns.
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
    state.user = user
  }

  package func dial(_ number: UInt64) {
    let target: WebSocketTarget
    do throws(DialFailure) {
      let address = try address()
      target = WebSocketTarget(host: address.host, port: address.port, path: BridgePath.path)
    } catch {
      loop.perform { [state] in state.user(.closed(number, reason: error.reason)) }
      return
    }
    loop.perform { [loop, state] in
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
    loop.perform { [loop, state] in
      guard let id = state.connections[number] else { return }
      for message in messages {
        let frame = message.frame
        loop.send(id, frame.bytes, binary: frame.isBinary)
      }
    }
  }

  package func close(_ number: UInt64, reason: String) {
    loop.perform { [loop, state] in
      guard let id = state.connections[number] else { return }
      loop.close(id, code: CloseCode.normal, reason: reason)
    }
  }

  package func turn(of other: EventLoop, waitUpTo limit: Duration?) throws {
    if !state.isAttached {
      try loop.attach(beside: other.descriptor)
      state.isAttached = true
    }
    loop.turn(waitUpTo: other.timeToWait(upTo: limit))
    try other.turn(waitUpTo: .zero)
  }

  package func end() { if state.isAttached { loop.detach() } }

  /// `@unchecked Sendable`: `user` is set before the first dial; all else is only touched on the loop's
  /// thread.
  private final class State: @unchecked Sendable {
    var connections: [UInt64: ConnectionID] = [:]
    var user: @Sendable (BridgeEvent) -> Void = { _ in }
    var isAttached = false
  }
}
