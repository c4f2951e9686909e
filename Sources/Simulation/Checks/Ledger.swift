import Model

/// What really happened to the processes of calls. It hears from the executors alone, so that nobody
/// whose word is checked can write in it.
struct Ledger {
  struct Run {
    let host: Int
    let pid: Int
    let startedAt: Instant
    var record: ExecutionRecord?
    var kept: [OutputStream: [UInt8]] = [:]
    var executorDied = false
  }

  private(set) var runs: [CallID: [Run]] = [:]
  private var lastPID = 100

  func starts(of call: CallID) -> Int { runs[call]?.count ?? 0 }

  func starts(of call: CallID, on host: Int) -> Int {
    runs[call]?.count { $0.host == host } ?? 0
  }

  mutating func started(_ call: CallID, on host: Int, at now: Instant) -> Int {
    lastPID += 1
    runs[call, default: []].append(Run(host: host, pid: lastPID, startedAt: now))
    return lastPID
  }

  mutating func ended(
    _ call: CallID, _ record: ExecutionRecord, _ kept: [OutputStream: [UInt8]]
  ) {
    guard var all = runs[call], let index = all.lastIndex(where: { $0.pid == record.process.pid })
    else { return }
    all[index].record = record
    all[index].kept = kept
    runs[call] = all
  }

  mutating func executorDied(_ call: CallID) {
    guard var all = runs[call], let last = all.indices.last else { return }
    all[last].executorDied = true
    runs[call] = all
  }
}
