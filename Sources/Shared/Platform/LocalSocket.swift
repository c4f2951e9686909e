internal import CPlatform

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// A socket of the file system that others connect to, and never block on. Who may, is told by the
/// directory that it is in. On Unix .NET's named pipes are such sockets.
package struct LocalListener: ~Copyable, Sendable {
  /// Readable when someone connects; for a poll.
  package let descriptor: Descriptor

  /// - Parameter path: of a name that is free; at most 107 bytes on Linux (unix(7), "sun_path").
  package init(path: String) throws(SystemError) {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    let capacity = MemoryLayout.size(ofValue: address.sun_path)
    guard bytes.count < capacity else {
      throw SystemError("bind", path: path, number: ENAMETOOLONG)
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let number = try retried("socket") { Self.open() }
    let socket = Descriptor(owning: number)
    _ = try retried("bind", path: path) {
      withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
      }
    }
    _ = try retried("listen", path: path) { listen(number, 1) }
    try socket.setNonblocking()
    descriptor = socket
  }

  /// The next connection, non-blocking; `nil` if nobody waits for one.
  package func accept() throws(SystemError) -> Descriptor? {
    do {
      let number = try retried("accept") { signalbox_accept(descriptor.number) }
      let connection = Descriptor(owning: number)
      try connection.setNonblocking()
      return connection
    } catch  where error.number == EAGAIN {
      return nil
    }
  }

  private static func open() -> Int32 {
    #if canImport(Glibc)
      Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    #else
      socket(AF_UNIX, Int32(SOCK_STREAM) | Int32(SOCK_CLOEXEC), 0)
    #endif
  }
}

#if os(Linux)
  extension Descriptor {
    /// The process that made this connection; `nil` for what is no such connection.
    package var peerProcess: Int? {
      let peer = signalbox_peer(number)
      return peer > 0 ? Int(peer) : nil
    }
  }
#endif
