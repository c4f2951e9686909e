import Glibc
import Platform
import Sockets

@testable import API

/// Asks for something and never reads the answer.
final class IdleReader {
  private let descriptor: Int32

  init(_ desk: Desk, _ path: String) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw SystemError.last("socket") }
    // A small window, so that the kernel takes little.
    var size: Int32 = 4_096
    setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = desk.port.bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let isConnected = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
    guard isConnected else { throw SystemError.last("connect") }
    let head = """
      GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\n\
      Authorization: Bearer \(desk.service.apiToken)\r\n\r\n
      """
    let bytes = Array(head.utf8)
    guard send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
      throw SystemError.last("send")
    }
  }

  deinit { close(descriptor) }
}
