import Glibc
import JSON
import Platform

/// `signalbox serve`, an agent and the shell plugin as users run them, beside this executable.
final class RealProcesses {
  private let directory: String
  private var controlPlane: Child?
  private var agent: Child?
  private(set) var port: UInt16 = 0
  private var token = ""

  init(_ bench: Bench, tools: [String: String]) throws {
    directory = try bench.directory()
    let data = directory + "/data"
    for path in [data, directory + "/tools"] {
      try Files.makeDirectories(path, permissions: 0o700)
    }
    let plugins = try bench.plugins("signalbox-plugin-shell", in: directory)
    for (name, text) in tools {
      try Files.writeAtomically(Array(text.utf8), to: directory + "/tools/" + name)
    }
    controlPlane = try Child(
      try bench.command("signalbox"),
      ["serve", "--data", data, "--port", "0", "--tools", directory + "/tools"],
      log: directory + "/serve.log")
    while port == 0 {
      usleep(5_000)
      guard let text = try? Files.read(data + "/api.json"), let json = try? JSON(parsing: text)
      else { continue }
      port = UInt16(json["port"]?.int ?? 0)
    }
    token = String(
      String(decoding: try Files.read(data + "/api-token"), as: UTF8.self)
        .prefix { !$0.isWhitespace })
    agent = try Child(
      try bench.command("signalbox-agent"),
      [
        "run", "--state", directory + "/endpoint", "--name", "web-01", "--control-plane",
        "127.0.0.1:\(port)", "--join-token-file", data + "/join-token", "--plugins", plugins,
      ], log: directory + "/agent.log")
  }

  /// One HTTP connection that is kept for many requests.
  func connect() throws -> Connection {
    Connection(descriptor: try Loopback.connect(to: port), token: token)
  }

  func end() {
    agent?.terminate()
    controlPlane?.terminate()
  }

  /// The little of HTTP/1.1 that the benchmark needs: a request with a body, and a reply with a
  /// length or in chunks. Blocking, and of its own make, so that the client costs next to nothing.
  final class Connection {
    private let descriptor: Int32
    private let token: String
    private var buffer: [UInt8] = []

    init(descriptor: Int32, token: String) {
      self.descriptor = descriptor
      self.token = token
    }

    deinit { close(descriptor) }

    func post(_ path: String, _ body: String) throws -> JSON {
      let text = """
        POST \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer \(token)\r\n\
        Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)
        """
      let bytes = Array(text.utf8)
      guard send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
        throw SystemError.last("send")
      }
      return try JSON(parsing: try reply())
    }

    private func reply() throws -> [UInt8] {
      var head = ""
      while let line = try line(), !line.isEmpty { head += line.lowercased() + "\n" }
      if head.contains("transfer-encoding: chunked") { return try chunks() }
      let length = head.split(separator: "\n").first { $0.hasPrefix("content-length:") }
        .flatMap { Int($0.split(separator: " ").last ?? "") }
      return try take(length ?? 0)
    }

    private func chunks() throws -> [UInt8] {
      var body: [UInt8] = []
      while let line = try line(), let size = Int(line, radix: 16) {
        body += try take(size)
        _ = try self.line()
        if size == 0 { break }
      }
      return body
    }

    private func line() throws -> String? {
      while true {
        if let end = buffer.firstIndex(of: 10) {
          let line = buffer[..<end].filter { $0 != 13 }
          buffer.removeFirst(end + 1)
          return String(decoding: line, as: UTF8.self)
        }
        try fill()
      }
    }

    private func take(_ count: Int) throws -> [UInt8] {
      while buffer.count < count { try fill() }
      defer { buffer.removeFirst(count) }
      return Array(buffer[..<count])
    }

    private func fill() throws {
      var more = [UInt8](repeating: 0, count: 16_384)
      let count = recv(descriptor, &more, more.count, 0)
      guard count > 0 else { throw SystemError.last("receive") }
      buffer += more[..<count]
    }
  }
}
