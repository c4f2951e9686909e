import Platform

/// Many seeds, on a few threads; each of them is simulated by one.
package struct Sweep: Sendable {
  package var seeds: [UInt64]
  package var isFaultFree = false
  package var jobs = 1
  /// No further seeds after this many have failed.
  package var maxFailures = 10

  package init(seeds: [UInt64]) { self.seeds = seeds }

  /// - Parameter told: each result, from any thread.
  package func run(told: @escaping @Sendable (Simulation.Result) -> Void = { _ in }) -> Summary {
    let state = Shared()
    let work: @Sendable () -> Void = {
      var mine = Summary()
      while let seed = state.next(of: seeds, maxFailures: maxFailures) {
        let result = Simulation.run(seed: seed, isFaultFree: isFaultFree)
        mine.add(result)
        if !result.violations.isEmpty { state.fail() }
        told(result)
      }
      state.add(mine)
    }
    var threads: [WorkerThread] = []
    for number in 1..<max(2, jobs + 1) {
      // The last share is this thread's own, as is everything when no thread can be made.
      if number == jobs || jobs < 2 { break }
      if let thread = try? WorkerThread(name: "simulation", work) { threads.append(thread) }
    }
    work()
    for thread in threads { thread.join() }
    return state.summary
  }

  private final class Shared: Sendable {
    private struct Content {
      var position = 0
      var failures = 0
      var summary = Summary()
    }

    private let content = Locked(Content())

    func next(of seeds: [UInt64], maxFailures: Int) -> UInt64? {
      content.withLock { content in
        guard content.position < seeds.count, content.failures < maxFailures else { return nil }
        content.position += 1
        return seeds[content.position - 1]
      }
    }

    func fail() { content.withLock { $0.failures += 1 } }
    func add(_ summary: Summary) { content.withLock { $0.summary.add(summary) } }
    var summary: Summary { content.withLock { $0.summary } }
  }
}
