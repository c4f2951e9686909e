import ControlPlane
import Digest
import Engine
import Glibc
import JSON
import Model
import Platform
import Sockets

/// Durable calls per second: through the real bridge to an agent in a process of its own, whose
/// executor does nothing. Every call is synced on both sides.
enum Throughput {
  static func run(_ bench: Bench) throws -> JSON {
    var rows: [JSON] = []
    for outstanding in [1, 10, 64, 256] {
      let row = try measure(outstanding, bench)
      rows.append(row.json)
      bench.say(
        "throughput, \(outstanding) outstanding: \(Int(row.perSecond)) calls/s; \(row.latency.text)"
      )
    }
    return ["throughput": .array(rows)]
  }

  private struct Row {
    let outstanding: Int
    let calls: Int
    let perSecond: Double
    let latency: Figures

    var json: JSON {
      [
        "outstanding": .int(outstanding), "calls": .int(calls),
        "callsPerSecond": .int(Int(perSecond)), "latency": latency.json,
      ]
    }
  }

  private static func measure(_ outstanding: Int, _ bench: Bench) throws -> Row {
    let directory = try bench.directory()
    let drive = Drive(outstanding: outstanding, seconds: bench.seconds)
    let box = try Box(directory: directory) { drive.changed($0) }
    let token = directory + "/join-token"
    try Files.writeAtomically(Array(Box.joinToken.utf8), to: token)
    let agent = try Child(
      bench.executable, ["noop-agent", "\(box.port)", directory + "/endpoint", token],
      log: directory + "/agent.log")
    let endpoint = box.awaitEndpoint("bench")
    drive.begin(box.controlPlane, endpoint)
    let (times, spent) = drive.done.take()
    agent.terminate()
    box.controlPlane.stop()
    box.loop.stop()
    return Row(
      outstanding: outstanding, calls: times.count,
      perSecond: Double(times.count) / (microseconds(spent) / 1e6), latency: Figures(times))
  }

  /// Keeps `outstanding` calls on their way until the time is up. All of it happens on the engine's
  /// thread; `@unchecked Sendable` because `begin` hands it over before the first event.
  private final class Drive: @unchecked Sendable {
    let done = Answer<([Double], Duration)>()
    private let outstanding: Int
    private let limit: Duration
    private var controlPlane: ControlPlane?
    private var endpoint = EndpointID("")
    private var sentAt: [CallID: ContinuousClock.Instant] = [:]
    private var early: [CallID: ContinuousClock.Instant] = [:]
    private var times: [Double] = []
    private var began = ContinuousClock.now
    private var isOver = false

    init(outstanding: Int, seconds: Int) {
      self.outstanding = outstanding
      limit = .seconds(seconds)
    }

    func begin(_ controlPlane: ControlPlane, _ endpoint: EndpointID) {
      controlPlane.inspect { [self] _, _ in
        self.controlPlane = controlPlane
        self.endpoint = endpoint
        began = ContinuousClock.now
        for _ in 0..<outstanding { submit() }
      }
    }

    private func submit() {
      let at = ContinuousClock.now
      let now = Instant(microseconds: Clock.now())
      let request = CallRequest(
        tool: "noop", toolVersion: "1.0.0", digest: Self.digest, arguments: [:],
        shownArguments: [:], idempotencyKey: nil, by: "bench", acceptedAt: now,
        expiresAt: now + .seconds(3_600), ackWithin: .seconds(30), maxAttempts: 3,
        idempotent: true)
      controlPlane?.submit(
        Submission(endpoint: endpoint, request: request, definition: Self.definition)
      ) { [self] result in
        if case .success(let id) = result { sentAt[id] = at }
      }
    }

    func changed(_ news: [CallID: Outcome?]) {
      for (id, outcome) in news where outcome != nil { ended(id) }
    }

    private func ended(_ id: CallID) {
      guard let at = sentAt.removeValue(forKey: id) else { return }
      times.append(microseconds(ContinuousClock.now - at))
      if ContinuousClock.now - began < limit {
        submit()
      } else if !isOver, sentAt.isEmpty {
        isOver = true
        done.give((times, ContinuousClock.now - began))
      }
    }

    static let definition = """
      {"delivery":{"ackWithinMs":10000,"attempts":3,"expiresAfterMs":86400000,"whenOffline":"queue"},\
      "limits":{"killGraceMs":1000,"runMs":1000,"stderrBytes":0,"stdoutBytes":0},\
      "name":"noop","recovery":{"attempts":1,"onLostAfterStart":"unknown"},"redact":[],\
      "run":[{"input":{},"script":"","when":{},"with":"noop"}],"signalbox":1,"version":"1.0.0"}
      """
    static let digest = "sha256:" + SHA256.hex(of: Array(definition.utf8))
  }
}
