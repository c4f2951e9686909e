import Glibc
import Platform
import Synchronization

/// A TCP relay on loopback that can cut every connection at once, in the middle of whatever is said.
final class Cutter: Sendable {
  let port: UInt16
  private let listener: Int32
  private let target: UInt16
  private let wantsCut = Atomic<Bool>(false)
  private let isOver = Atomic<Bool>(false)

  init(to target: UInt16) throws {
    self.target = target
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard listener >= 0 else { throw SystemError.last("socket") }
    self.listener = listener
    var address = Self.loopback(port: 0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, length) == 0 && listen(listener, 64) == 0
          && getsockname(listener, $0, &length) == 0
      }
    }
    guard bound else { throw SystemError.last("listen") }
    port = UInt16(bigEndian: address.sin_port)
    // Runs until `end`.
    _ = try WorkerThread(name: "cutter") { [self] in run() }
  }

  func cut() { wantsCut.store(true, ordering: .relaxed) }
  func end() { isOver.store(true, ordering: .relaxed) }

  private static func loopback(port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    return address
  }

  private func run() {
    var pairs: [(Int32, Int32)] = []
    while !isOver.load(ordering: .relaxed) {
      if wantsCut.exchange(false, ordering: .relaxed) {
        for pair in pairs { closeBoth(pair) }
        pairs.removeAll()
      }
      var polled = [pollfd(fd: listener, events: Int16(POLLIN), revents: 0)]
      for pair in pairs {
        polled.append(pollfd(fd: pair.0, events: Int16(POLLIN), revents: 0))
        polled.append(pollfd(fd: pair.1, events: Int16(POLLIN), revents: 0))
      }
      guard poll(&polled, nfds_t(polled.count), 10) > 0 else { continue }
      var ended: Set<Int> = []
      for index in pairs.indices {
        let pair = pairs[index]
        if polled[1 + index * 2].revents != 0, !pump(pair.0, pair.1) { ended.insert(index) }
        if polled[2 + index * 2].revents != 0, !pump(pair.1, pair.0) { ended.insert(index) }
      }
      for index in ended.sorted(by: >) { closeBoth(pairs.remove(at: index)) }
      if polled[0].revents != 0, let pair = takeConnection() { pairs.append(pair) }
    }
    for pair in pairs { closeBoth(pair) }
    close(listener)
  }

  private func takeConnection() -> (Int32, Int32)? {
    let near = accept(listener, nil, nil)
    guard near >= 0 else { return nil }
    let far = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = Self.loopback(port: target)
    let connected = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(far, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
    guard connected else {
      close(near)
      close(far)
      return nil
    }
    return (near, far)
  }

  private func pump(_ from: Int32, _ to: Int32) -> Bool {
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    let count = recv(from, &buffer, buffer.count, 0)
    guard count > 0 else { return false }
    var sent = 0
    while sent < count {
      let part = buffer[sent..<count].withUnsafeBytes {
        send(to, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard part > 0 else { return false }
      sent += part
    }
    return true
  }

  private func closeBoth(_ pair: (Int32, Int32)) {
    close(pair.0)
    close(pair.1)
  }
}

enum RawSocket {
  /// Sends bytes to a port of this machine, reads what comes for a moment, and hangs up.
  static func send(_ bytes: [UInt8], to port: UInt16) throws {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw SystemError.last("socket") }
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let connected = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
    guard connected else { throw SystemError.last("connect") }
    _ = bytes.withUnsafeBytes {
      Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    }
    var wait = timeval(tv_sec: 0, tv_usec: 200_000)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &wait, socklen_t(MemoryLayout<timeval>.size))
    var answer = [UInt8](repeating: 0, count: 4_096)
    _ = recv(descriptor, &answer, answer.count, 0)
  }
}
