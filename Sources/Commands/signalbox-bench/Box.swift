import Bridge
import ControlPlane
import Digest
import Engine
import Glibc
import JSON
import Model
import Platform
import Sockets
import Wire

/// A control plane inside the benchmark: the real engine, store and bridge, without the HTTP API.
final class Box: Sendable {
  static let joinToken = "bench"
  let loop: SocketLoop
  let port: UInt16
  let controlPlane: ControlPlane

  /// - Parameter changed: what the control plane tells of each committed batch.
  init(
    directory: String, changed: @escaping @Sendable ([CallID: Outcome?]) -> Void
  ) throws {
    let loop = SocketLoop()
    try loop.start()
    self.loop = loop
    let late = Late()
    let bridge = BridgeServer(loop: loop) { event in late.post(event) }
    controlPlane = try ControlPlane(
      storePath: directory + "/store.db", settings: EngineSettings(),
      joinTokenHash: SHA256.digest(of: Array(Self.joinToken.utf8)),
      judge: { _, _ in Verdict(outcome: .succeededEmpty, validity: .valid, meaning: "noop") },
      visible: { effects in
        var messages: [(connection: UInt64, message: Message)] = []
        for effect in effects {
          switch effect {
          case .send(let link, let message): messages.append((link.number, message))
          case .close(let link, let reason): bridge.close(link.number, reason: reason)
          }
        }
        if !messages.isEmpty { bridge.send(messages) }
      }, changed: { news, _ in changed(news) },
      fatal: { why in
        print("bench: \(why)")
        exit(70)
      })
    late.controlPlane = controlPlane
    port = try loop.listen(
      address: "127.0.0.1", port: 0,
      handlers: ServerHandlers(
        webSocket: bridge.handlers, onUpgrade: { _ in .accept },
        onRequest: { request in loop.respond(request.id, status: 404) })
    ).port
  }

  /// Set once, before the listener exists; read on the loop's thread from then on.
  private final class Late: @unchecked Sendable {
    var controlPlane: ControlPlane?

    func post(_ event: BridgeEvent) {
      switch event {
      case .opened(let number): controlPlane?.post(.linkOpened(LinkID(number)))
      case .message(let number, let message):
        controlPlane?.post(.message(LinkID(number), message))
      case .closed(let number, let reason):
        controlPlane?.post(.linkClosed(LinkID(number), reason: reason))
      }
    }
  }

  /// Waits until an endpoint proved a round trip.
  func awaitEndpoint(_ name: String) -> EndpointID {
    while true {
      let found = Answer<EndpointID?>()
      controlPlane.inspect { engine, now in
        let endpoint = engine.endpoint(named: name)
        let isOpen = endpoint.map {
          if case .reachable = engine.reachability(of: $0, at: now) { true } else { false }
        }
        found.give(isOpen == true ? endpoint?.id : nil)
      }
      if let id = found.take() { return id }
      usleep(500)
    }
  }
}

/// One value from another thread.
final class Answer<Value: Sendable>: Sendable {
  private let mailbox = Mailbox<Value>()

  func give(_ value: Value) { mailbox.post(value) }

  func take() -> Value {
    var taken: [Value] = []
    while taken.isEmpty { _ = mailbox.drain(into: &taken) }
    return taken[0]
  }
}

/// A child process that ends with the benchmark.
final class Child {
  private let process: ChildProcess

  init(_ path: String, _ arguments: [String], log: String = "/dev/null") throws {
    let null = try Files.open("/dev/null", .readWrite)
    let number = Glibc.open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard number >= 0 else { throw SystemError.last("open", path: log) }
    let out = Descriptor(owning: number)
    process = try ChildProcess.spawn(
      Launch(path, arguments: [path] + arguments, environment: [("PATH", "/usr/bin:/bin")]),
      stdin: null, stdout: out, stderr: out)
  }

  deinit {
    try? process.signal(SIGKILL)
    _ = try? process.wait()
  }

  var id: Int { process.id }

  func terminate() {
    try? process.signal(SIGTERM)
    _ = try? process.wait()
  }

  /// Resident memory, in bytes, as `proc(5)` tells it.
  var residentBytes: Int { Self.residentBytes(of: process.id) }

  static func residentBytes(of process: Int) -> Int {
    let text = String(
      decoding: (try? Files.read("/proc/\(process)/status")) ?? [], as: UTF8.self)
    for line in text.split(separator: "\n") where line.hasPrefix("VmRSS:") {
      return (line.split(separator: " ").compactMap { Int($0) }.first ?? 0) * 1_024
    }
    return 0
  }
}
