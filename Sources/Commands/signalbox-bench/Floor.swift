import Glibc
import JSON
import Platform

/// What the same machine needs at least, measured in the same run: a bare spawn, a commit's sync,
/// a round trip over loopback.
struct Floor {
  let spawn: Figures
  let sync: Figures
  let roundTrip: Figures

  init(directory: String, count: Int) throws {
    spawn = try Self.spawns(directory, count)
    sync = try Self.syncs(directory, count)
    roundTrip = try Self.roundTrips(count)
  }

  var json: JSON {
    ["spawn": spawn.json, "sync": sync.json, "loopbackRoundTrip": roundTrip.json]
  }

  /// `/bin/sh` with a script file, as the shell plugin starts it, and the wait for its end.
  private static func spawns(_ directory: String, _ count: Int) throws -> Figures {
    let script = directory + "/true.sh"
    try Files.writeAtomically(Array("true\n".utf8), to: script, permissions: 0o600)
    let null = try Files.open("/dev/null", .readWrite)
    let launch = Launch(
      "/bin/sh", arguments: ["/bin/sh", script], environment: [("PATH", "/usr/bin:/bin")])
    return try timed(count) {
      let child = try ChildProcess.spawn(launch, stdin: null, stdout: null, stderr: null)
      _ = try child.wait()
    }
  }

  /// Appending two pages to a file and syncing its data, as a commit does with its log.
  private static func syncs(_ directory: String, _ count: Int) throws -> Figures {
    let file = try Files.open(directory + "/sync", .createNew, permissions: 0o600)
    let page = [UInt8](repeating: 7, count: 8_192)
    return try timed(count) {
      try file.writeAll(page)
      try file.syncData()
    }
  }

  private static func roundTrips(_ count: Int) throws -> Figures {
    let listener = try Loopback.listen()
    let port = Loopback.port(of: listener)
    let echo = try WorkerThread(name: "echo") {
      let near = accept(listener, nil, nil)
      var byte: UInt8 = 0
      var on: Int32 = 1
      setsockopt(near, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
      while recv(near, &byte, 1, 0) == 1 { _ = send(near, &byte, 1, 0) }
      close(near)
    }
    let far = try Loopback.connect(to: port)
    var byte: UInt8 = 1
    let figures = timed(count) {
      _ = send(far, &byte, 1, 0)
      _ = recv(far, &byte, 1, 0)
    }
    close(far)
    close(listener)
    echo.join()
    return figures
  }
}

/// Plain blocking TCP on this machine, so that what is measured is not measured with itself.
enum Loopback {
  static func listen() throws -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = address(port: 0)
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
          && Glibc.listen(descriptor, 8) == 0
      }
    }
    guard bound else { throw SystemError.last("listen") }
    return descriptor
  }

  static func port(of descriptor: Int32) -> UInt16 {
    var address = address(port: 0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) { pointer in
      _ = pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        getsockname(descriptor, $0, &length)
      }
    }
    return UInt16(bigEndian: address.sin_port)
  }

  static func connect(to port: UInt16) throws -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = address(port: port)
    let connected = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
    guard connected else { throw SystemError.last("connect") }
    var on: Int32 = 1
    setsockopt(
      descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    return descriptor
  }

  private static func address(port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    return address
  }
}
