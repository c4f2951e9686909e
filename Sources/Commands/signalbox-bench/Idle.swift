import Bridge
import Glibc
import JSON
import Model
import Platform
import Sockets
import Wire

/// Memory of the control plane for each idle endpoint: real connections that joined and answer
/// their heartbeats, held by this process; the control plane runs in another.
enum Idle {
  static func run(_ bench: Bench) throws -> JSON {
    var rows: [JSON] = []
    for count in [1_000, 5_000] {
      let bytes = try measure(count, bench)
      rows.append(["endpoints": .int(count), "bytesPerEndpoint": .int(bytes)])
      bench.say("idle, \(count) endpoints: \(bytes) bytes each")
    }
    return ["idle": .array(rows)]
  }

  private static func measure(_ count: Int, _ bench: Bench) throws -> Int {
    let directory = try bench.directory()
    let portFile = directory + "/port"
    let server = try Child(
      bench.executable, ["control-plane", directory, portFile], log: directory + "/serve.log")
    var port: UInt16?
    while port == nil {
      usleep(5_000)
      port = (try? Files.read(portFile)).flatMap { UInt16(String(decoding: $0, as: UTF8.self)) }
    }
    let loop = SocketLoop()
    try loop.start()
    defer { loop.stop() }
    let crowd = Crowd(loop: loop, port: port ?? 0)
    // The first ones pay for what all share: tables, statements, code that was not paged in yet.
    crowd.grow(to: 50)
    usleep(200_000)
    let before = server.residentBytes
    crowd.grow(to: 50 + count)
    usleep(6_000_000)
    return (server.residentBytes - before) / count
  }

  /// Many endpoints in one process.
  private final class Crowd {
    private let dialer: Dialer
    private let welcomed = Mailbox<UInt64>()
    private var size: UInt64 = 0

    init(loop: SocketLoop, port: UInt16) {
      dialer = Dialer(loop: loop, host: "127.0.0.1", port: port)
      let dialer = dialer
      let welcomed = welcomed
      dialer.deliver(to: { event in
        switch event {
        case .opened(let number): dialer.send([.hello(id: 1, Self.hello(number))], on: number)
        case .message(let number, .reply(_, .welcome)): welcomed.post(number)
        case .message(let number, .heartbeat(let id, _)):
          dialer.send([.reply(id: id, .alive(.empty))], on: number)
        case .message, .closed: break
        }
      })
    }

    /// Joins in small groups, so that the listener's backlog is not what is measured.
    func grow(to target: Int) {
      var taken: [UInt64] = []
      while size < target {
        let group = min(100, UInt64(target) - size)
        for _ in 0..<group {
          size += 1
          dialer.dial(size)
        }
        taken.removeAll()
        while taken.count < group { _ = welcomed.drain(into: &taken) }
      }
    }

    private static func hello(_ number: UInt64) -> Hello {
      Hello(
        name: "endpoint-\(number)", proof: .joinToken(Box.joinToken),
        runtime: RuntimeInfo(
          kind: "service", platform: "linux", architecture: "x86_64", version: "1",
          bootID: "00000000-0000-0000-0000-000000000000", executors: ["shell"]),
        epoch: nil, head: .empty, capacity: 64, calls: [])
    }
  }
}
