import Glibc
import Platform

/// Plain sockets on this machine's loopback.
package enum LoopbackSocket {
  /// A listener on any free port.
  static func listen() throws -> Int32 {
    let listener = socket(AF_INET, stream, 0)
    guard listener >= 0 else { throw SystemError.last("socket") }
    let isBound = withAddress(port: 0) { bind(listener, $0, $1) == 0 }
    guard isBound, Glibc.listen(listener, 64) == 0 else {
      let error = SystemError.last("listen")
      close(listener)
      throw error
    }
    return listener
  }

  static func port(of listener: Int32) throws -> UInt16 {
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isKnown = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        getsockname(listener, $0, &length) == 0
      }
    }
    guard isKnown else { throw SystemError.last("getsockname") }
    return UInt16(bigEndian: address.sin_port)
  }

  static func connect(to port: UInt16) throws -> Int32 {
    let descriptor = socket(AF_INET, stream, 0)
    guard descriptor >= 0 else { throw SystemError.last("socket") }
    guard withAddress(port: port, { Glibc.connect(descriptor, $0, $1) == 0 }) else {
      let error = SystemError.last("connect")
      close(descriptor)
      throw error
    }
    return descriptor
  }

  private static let stream = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)

  private static func withAddress<Result>(
    port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
  ) -> Result {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }
}
