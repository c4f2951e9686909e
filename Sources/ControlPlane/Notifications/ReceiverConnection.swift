import Catalog
import Platform
import TLS

/// A connection to the receiver of a webhook, in the clear or with TLS. Blocks, up to its limit.
final class ReceiverConnection {
  private let socket: OutgoingSocket
  private let session: TLSSession?
  private let limit: TimeLimit
  private let place: String
  private var buffer = [UInt8](repeating: 0, count: 16 << 10)

  init(_ receiver: PolicyBook.Hook.Webhook, _ limit: TimeLimit) throws(OutgoingSocket.Failure) {
    let url = receiver.url
    self.limit = limit
    place = "\(url.host):\(url.port)"
    // What this name means is not left to a resolver: in the clear it has to stay on the machine.
    let host = url.host == "localhost" && !url.isSecure ? "127.0.0.1" : url.host
    let socket = try OutgoingSocket.connect(host: host, port: url.port, limit)
    var session: TLSSession?
    if url.isSecure {
      do throws(TLSSession.Failure) {
        session = try TLSSession(
          on: socket.descriptor, host: url.host, trustFile: receiver.trustFile)
      } catch {
        throw OutgoingSocket.Failure(error.description)
      }
    }
    self.socket = socket
    self.session = session
    if let session {
      while true {
        let progress = try step { () throws(TLSSession.Failure) in try session.handshake() }
        switch progress {
        case .bytes: return
        case .ended: throw OutgoingSocket.Failure("\(place) ended the TLS handshake")
        case .wants(let readiness): try wait(for: readiness)
        }
      }
    }
  }

  func send(_ bytes: [UInt8]) throws(OutgoingSocket.Failure) {
    var sent = 0
    while sent < bytes.count {
      switch try write(bytes[sent...]) {
      case .bytes(let count): sent += count
      case .ended: throw OutgoingSocket.Failure("\(place) closed the connection")
      case .wants(let readiness): try wait(for: readiness)
      }
    }
  }

  /// - Returns: nothing at the end.
  func receive() throws(OutgoingSocket.Failure) -> [UInt8] {
    var over: OutgoingSocket.Failure?
    while true {
      switch try read() {
      case .bytes(let count): return Array(buffer[..<count])
      case .ended: return []
      case .wants(let readiness):
        if let over { throw over }
        do throws(OutgoingSocket.Failure) {
          try wait(for: readiness)
        } catch {
          // The answer may have come while this thread was held up: it is read once more.
          over = error
        }
      }
    }
  }

  private func write(
    _ bytes: ArraySlice<UInt8>
  ) throws(OutgoingSocket.Failure) -> TLSSession.Progress {
    try bytes.withUnsafeBytes { bytes -> Result<TLSSession.Progress, OutgoingSocket.Failure> in
      Result { () throws(OutgoingSocket.Failure) in
        if let session {
          return try step { () throws(TLSSession.Failure) in try session.write(bytes) }
        }
        do throws(SystemError) {
          let count = try socket.descriptor.writeIfReady(bytes)
          return count.map { .bytes($0) } ?? .wants(.writable)
        } catch {
          throw OutgoingSocket.Failure("\(place): \(error)")
        }
      }
    }.get()
  }

  private func read() throws(OutgoingSocket.Failure) -> TLSSession.Progress {
    try buffer.withUnsafeMutableBytes {
      buffer -> Result<TLSSession.Progress, OutgoingSocket.Failure> in
      Result { () throws(OutgoingSocket.Failure) in
        if let session {
          return try step { () throws(TLSSession.Failure) in try session.read(into: buffer) }
        }
        do throws(SystemError) {
          guard let count = try socket.descriptor.readIfReady(into: buffer) else {
            return .wants(.readable)
          }
          return count == 0 ? .ended : .bytes(count)
        } catch {
          throw OutgoingSocket.Failure("\(place): \(error)")
        }
      }
    }.get()
  }

  private func step(
    _ body: () throws(TLSSession.Failure) -> TLSSession.Progress
  ) throws(OutgoingSocket.Failure) -> TLSSession.Progress {
    do throws(TLSSession.Failure) {
      return try body()
    } catch {
      throw OutgoingSocket.Failure("\(place): \(error)")
    }
  }

  private func wait(for readiness: TimeLimit.Readiness) throws(OutgoingSocket.Failure) {
    do throws(TimeLimit.Over) {
      try limit.wait(for: readiness, of: socket.descriptor)
    } catch {
      throw OutgoingSocket.Failure(error, place)
    }
  }
}
