import Glibc
import Model
import Platform
import Store
import Support
import Testing

@testable import Catalog
@testable import Notifications

enum TLSPrograms {
  static let openssl = "/usr/bin/openssl"
  static let python = "/usr/bin/python3"
  static let areThere = Files.exists(openssl) && Files.exists(python)
}

/// Against a receiver in Python with a certificate of its own.
@Suite("Webhooks over TLS", .enabled(if: TLSPrograms.areThere, "needs openssl and python3"))
struct TLSTests {
  private static let server = """
    import http.server, ssl, sys
    class Hook(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            self.send_response(204 if body == b"{}" else 400)
            self.end_headers()
        def log_message(self, *words): pass
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1] + "/cert.pem", sys.argv[1] + "/key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    with open(sys.argv[1] + "/port.new", "w") as file: file.write(str(server.server_port))
    import os
    os.rename(sys.argv[1] + "/port.new", sys.argv[1] + "/port")
    server.serve_forever()
    """

  private func spawn(_ arguments: [String]) throws -> ChildProcess {
    let null = try Files.open("/dev/null", .readWrite)
    return try ChildProcess.spawn(
      Launch(arguments[0], arguments: arguments, environment: [("PATH", "/usr/bin:/bin")]),
      stdin: null, stdout: null, stderr: null)
  }

  /// Calls `body` with the port of a receiver whose certificate is for these names.
  private func with(_ names: String, _ body: (String, UInt16) throws -> Void) throws {
    try withTemporaryDirectory { directory in
      try Files.writeAtomically(
        Array("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3".utf8), to: directory + "/secret")
      let made = try spawn([
        TLSPrograms.openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
        "-nodes", "-days", "2", "-subj", "/CN=receiver", "-addext", "subjectAltName=\(names)",
        "-keyout", directory + "/key.pem", "-out", directory + "/cert.pem",
      ]).wait()
      #expect(made.how == .exit(code: 0))
      try Files.writeAtomically(Array(Self.server.utf8), to: directory + "/server.py")
      let server = try spawn([TLSPrograms.python, directory + "/server.py", directory])
      defer {
        try? server.signal(Signals.kill)
        _ = try? server.wait()
      }
      let end = ContinuousClock.now + .seconds(20)
      while !Files.exists(directory + "/port"), ContinuousClock.now < end { usleep(10_000) }
      let text = String(decoding: try Files.read(directory + "/port"), as: UTF8.self)
      try body(directory, try #require(UInt16(text)))
    }
  }

  private func send(
    _ url: String, _ directory: String, trust: String?, limit: Duration = .seconds(10)
  ) throws -> AttemptResult? {
    let now = Instant(microseconds: Clock.now())
    let receiver = PolicyBook.Hook.Webhook(
      url: try #require(HookURL(url)), secretFile: directory + "/secret", trustFile: trust)
    return Webhook(
      notification: StoredNotification(
        id: "1-ops", call: CallID("1"), hook: "ops", createdAt: now, giveUpAt: now, body: "{}"),
      receiver: receiver, responseBytes: 4_096, limit: TimeLimit(limit)
    ).send()
  }

  private func why(_ result: AttemptResult?) -> String {
    guard case .failed(let why, _)? = result else { return "\(String(describing: result))" }
    return why
  }

  @Test("a certificate that is trusted, and names the receiver, is good")
  func good() throws {
    try with("DNS:localhost,IP:127.0.0.1") { directory, port in
      for host in ["localhost", "127.0.0.1"] {
        let result = try send(
          "https://\(host):\(port)/hook", directory, trust: directory + "/cert.pem")
        #expect(result == .delivered)
      }
    }
  }

  @Test("a certificate that nobody trusts is not, and nothing is sent")
  func stranger() throws {
    try with("DNS:localhost,IP:127.0.0.1") { directory, port in
      let result = why(try send("https://localhost:\(port)/", directory, trust: nil))
      #expect(result.contains("certificate does not hold: self-signed"), "\(result)")
    }
  }

  @Test("a certificate for another name is not")
  func otherName() throws {
    try with("DNS:else.example,IP:127.0.0.2") { directory, port in
      for host in ["localhost", "127.0.0.1"] {
        let result = why(
          try send("https://\(host):\(port)/", directory, trust: directory + "/cert.pem"))
        #expect(result.contains("mismatch"), "\(result)")
      }
    }
  }

  @Test("a receiver that does not speak TLS, or nothing at all, fails the attempt in its time")
  func noTLS() throws {
    let plain = try Receiver(.status(200))
    defer { plain.stop() }
    try withTemporaryDirectory { directory in
      try Files.writeAtomically(
        Array("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3".utf8), to: directory + "/secret")
      let begun = ContinuousClock.now
      let result = why(
        try send(
          "https://localhost:\(plain.port)/", directory, trust: nil, limit: .milliseconds(500)))
      #expect(result.contains("TLS") || result.contains("no answer in time"), "\(result)")
      #expect(ContinuousClock.now - begun < .seconds(5))
      #expect(plain.requests.isEmpty)
      let port = plain.port
      plain.stop()
      let refused = why(try send("http://127.0.0.1:\(port)/", directory, trust: nil))
      #expect(refused.contains("refused"), "\(refused)")
      let unknown = why(try send("https://no-such-host.invalid/", directory, trust: nil))
      #expect(unknown.contains("cannot be looked up"), "\(unknown)")
    }
  }
}
