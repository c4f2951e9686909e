internal import CPlatform

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// A TCP connection that this side made, non-blocking.
package struct OutgoingSocket: ~Copyable, Sendable {
  package struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String
    /// Not because of the other side: nobody wants it any more.
    package let isCancelled: Bool

    package init(_ description: String, isCancelled: Bool = false) {
      self.description = description
      self.isCancelled = isCancelled
    }

    package init(_ over: TimeLimit.Over, _ what: String) {
      self.init("\(what): no answer in time", isCancelled: over == .cancelled)
    }
  }

  package let descriptor: Descriptor

  /// Tries the host's addresses one after the other. The name is looked up by the system's resolver,
  /// whose patience `resolv.conf(5)` sets, and not the limit.
  package static func connect(
    host: String, port: UInt16, _ limit: TimeLimit
  ) throws(Failure) -> OutgoingSocket {
    var failure = Failure("\(host) has no address")
    for address in try addresses(of: host, port) {
      do throws(Failure) {
        return try connect(address, "\(host):\(port)", limit)
      } catch {
        if error.isCancelled { throw error }
        failure = error
      }
    }
    throw failure
  }

  /// As `sockaddr`, whatever its family.
  private static func addresses(
    of host: String, _ port: UInt16
  ) throws(Failure) -> [(family: Int32, bytes: [UInt8])] {
    var hints = addrinfo()
    #if canImport(Glibc)
      hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    #else
      hints.ai_socktype = SOCK_STREAM
    #endif
    // getaddrinfo(3): no addresses of families that this machine has none of itself.
    hints.ai_flags = AI_ADDRCONFIG
    var list: UnsafeMutablePointer<addrinfo>?
    let result = getaddrinfo(host, String(port), &hints, &list)
    guard result == 0 else {
      let why = gai_strerror(result).map { String(cString: $0) } ?? "error \(result)"
      throw Failure("the name \(host) cannot be looked up: \(why)")
    }
    defer { freeaddrinfo(list) }
    var found: [(family: Int32, bytes: [UInt8])] = []
    var next = list
    while let entry = next {
      let bytes = UnsafeRawBufferPointer(
        start: entry.pointee.ai_addr, count: Int(entry.pointee.ai_addrlen))
      found.append((entry.pointee.ai_family, Array(bytes)))
      next = entry.pointee.ai_next
    }
    return found
  }

  private static func connect(
    _ address: (family: Int32, bytes: [UInt8]), _ place: String, _ limit: TimeLimit
  ) throws(Failure) -> OutgoingSocket {
    let socket = try unconnected(address.family)
    let number = socket.number
    let result = address.bytes.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return Int32(EINVAL) }
      let name = base.assumingMemoryBound(to: sockaddr.self)
      return platformConnect(number, name, socklen_t(bytes.count)) == 0 ? 0 : errno
    }
    // connect(2): EINPROGRESS, "it is possible to poll(2) for completion"; so it is when interrupted.
    guard result == 0 || result == EINPROGRESS || result == EINTR else {
      throw Failure("\(SystemError("connect to", path: place, number: result))")
    }
    do throws(TimeLimit.Over) {
      try limit.wait(for: .writable, of: socket)
    } catch {
      throw Failure(error, "connect to \(place)")
    }
    var failure: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(number, SOL_SOCKET, SO_ERROR, &failure, &size)
    guard failure == 0 else {
      throw Failure("\(SystemError("connect to", path: place, number: failure))")
    }
    return OutgoingSocket(descriptor: socket)
  }

  private static func unconnected(_ family: Int32) throws(Failure) -> Descriptor {
    do throws(SystemError) {
      let number = try retried("socket") { open(family) }
      let socket = Descriptor(owning: number)
      try socket.setNonblocking()
      return socket
    } catch {
      throw Failure("\(error)")
    }
  }

  private static func open(_ family: Int32) -> Int32 {
    #if canImport(Glibc)
      Glibc.socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    #else
      socket(family, Int32(SOCK_STREAM) | Int32(SOCK_CLOEXEC), 0)
    #endif
  }
}

private func platformConnect(
  _ number: Int32, _ address: UnsafePointer<sockaddr>, _ size: socklen_t
) -> Int32 {
  #if canImport(Glibc)
    Glibc.connect(number, address, size)
  #elseif canImport(Musl)
    Musl.connect(number, address, size)
  #else
    Darwin.connect(number, address, size)
  #endif
}
