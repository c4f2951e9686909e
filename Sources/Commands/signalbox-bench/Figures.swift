import JSON

/// Times of one operation, in microseconds.
struct Figures {
  private(set) var sorted: [Double]

  init(_ microseconds: [Double]) { sorted = microseconds.sorted() }

  func percentile(_ share: Double) -> Double {
    guard let last = sorted.indices.last else { return 0 }
    return sorted[min(last, Int(Double(sorted.count) * share))]
  }

  var p50: Double { percentile(0.5) }
  var p99: Double { percentile(0.99) }

  var json: JSON {
    [
      "count": .int(sorted.count), "p50Us": .int(Int(p50)), "p90Us": .int(Int(percentile(0.9))),
      "p99Us": .int(Int(p99)), "maxUs": .int(Int(sorted.last ?? 0)),
    ]
  }

  var text: String {
    "p50 \(Self.rounded(p50)) µs, p99 \(Self.rounded(p99)) µs, max \(Self.rounded(sorted.last ?? 0)) µs"
  }

  static func rounded(_ value: Double, places: Int = 0) -> String {
    var scale = 1.0
    for _ in 0..<places { scale *= 10 }
    let scaled = (value * scale).rounded() / scale
    return places == 0 ? "\(Int(scaled))" : "\(scaled)"
  }
}

/// Runs `body` again and again and times each run.
func timed(_ count: Int, _ body: () throws -> Void) rethrows -> Figures {
  var times: [Double] = []
  times.reserveCapacity(count)
  let clock = ContinuousClock()
  for _ in 0..<count {
    let spent = try clock.measure(body)
    times.append(microseconds(spent))
  }
  return Figures(times)
}

func microseconds(_ duration: Duration) -> Double {
  let (seconds, attoseconds) = duration.components
  return Double(seconds) * 1e6 + Double(attoseconds) / 1e12
}
