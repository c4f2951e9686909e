internal import Platform
internal import Sockets

/// Where a control plane listens, found out when it is asked for: it may come and go.
package struct ControlPlanePlace: Sendable {
  package let words: String
  let resolve: @Sendable () throws -> (host: String, port: UInt16)

  package init(
    _ words: String, resolve: @escaping @Sendable () throws -> (host: String, port: UInt16)
  ) {
    self.words = words
    self.resolve = resolve
  }
}

/// Goes to the control plane on a way of its own, beside the agent's: connects, asks for something that
/// needs no credential, and compares the clocks.
struct ControlPlaneVisit {
  /// Beyond this, what technicians read of times at the two ends does not fit together. Nothing is
  /// decided by comparing clocks, so calls run all the same.
  static let clockOffsetMax: Duration = .seconds(5)
  /// The quickest of so many answers says most about the clocks.
  static let visits = 3
  static let patience: Duration = .seconds(10)

  private let place: ControlPlanePlace?

  init(_ place: ControlPlanePlace?) { self.place = place }

  /// What one request has shown, in microseconds by the wall clock here.
  struct Visit: Equatable {
    let askedAt: Int64
    let answeredAt: Int64
    let status: Int
    /// By the control plane's wall clock; `nil` where the answer has no time.
    let saidAt: Int64?

    var roundTrip: Int64 { max(0, answeredAt - askedAt) }
  }

  func findings() -> [Finding] {
    guard let place else {
      let why = "where it listens is not known; give --control-plane"
      return [.skipped("connection", why), .skipped("clockOffset", why)]
    }
    do {
      let address = try place.resolve()
      let name = "\(address.host):\(address.port)"
      let visits = try (0..<Self.visits).map { _ in try Self.visit(address.host, address.port) }
      return Self.judge(visits, name)
    } catch {
      return [
        .failed(
          "connection", "\(place.words): \(error)",
          "see that the control plane runs, and that nothing on the way refuses the connection"),
        .skipped("clockOffset", "the control plane was not reached"),
      ]
    }
  }

  /// The path needs a token: whoever has none is answered with the time all the same.
  private static func visit(_ host: String, _ port: UInt16) throws -> Visit {
    let answered = Locked<Int64>(0)
    let askedAt = Clock.wall()
    let (status, headers) = try HTTPExchange.stream(
      HTTPCall("GET", host: host, port: port, path: "/v1/status"), timeout: patience,
      onHead: { _, _ in answered.withLock { $0 = Clock.wall() } }, onChunk: { _ in true })
    return Visit(
      askedAt: askedAt, answeredAt: answered.withLock { $0 }, status: status,
      saidAt: headers["x-signalbox-time-us"].flatMap { Int64($0) })
  }

  static func judge(_ visits: [Visit], _ name: String) -> [Finding] {
    guard let best = visits.min(by: { $0.roundTrip < $1.roundTrip }) else { return [] }
    let time = "\(name) answered in \(best.roundTrip / 1_000) ms, the quickest of \(visits.count)"
    guard best.status == 401 || best.status == 200 else {
      return [
        .failed(
          "connection", "\(time), with HTTP status \(best.status)",
          "something else than a control plane listens there: look at --control-plane"),
        .skipped("clockOffset", "no control plane was reached"),
      ]
    }
    return [.passed("connection", time), clocks(best)]
  }

  /// The control plane read its clock at some time between question and answer: the middle is wrong by
  /// half of the round trip at most.
  private static func clocks(_ visit: Visit) -> Finding {
    guard let saidAt = visit.saidAt else {
      return .skipped("clockOffset", "this control plane does not tell the time; update it")
    }
    let offset = visit.askedAt + visit.roundTrip / 2 - saidAt
    let doubt = visit.roundTrip / 2
    let way = offset < 0 ? "behind" : "ahead of"
    let detail =
      "\(words(offset)) \(way) the control plane's clock, give or take \(words(doubt))"
    guard abs(offset) - doubt > clockOffsetMax.components.seconds * 1_000_000 else {
      return .passed("clockOffset", detail)
    }
    return .failed(
      "clockOffset",
      detail + "; the limit clockOffsetMax is \(clockOffsetMax.components.seconds) s",
      "see that the time is synchronised at both ends; times in transcripts do not fit until then")
  }

  private static func words(_ microseconds: Int64) -> String {
    let size = abs(microseconds)
    return size < 10_000_000 ? "\(size / 1_000) ms" : "\(size / 1_000_000) s"
  }
}
