import Digest
package import Engine
package import Model
import Mutants
import SQLite
import Store
import Wire

/// Judges a finished execution by its tool's rules.
package typealias Judge = @Sendable (_ digest: String, _ execution: FinishedExecution) -> Verdict

/// What a judge sees of an execution.
package struct FinishedExecution: Sendable {
  package let record: ExecutionRecord
  /// The standard output that is committed; empty when it is longer than `Judging.maxBytes`.
  package let stdout: [UInt8]
  /// Whether every kept byte arrived, and is what the executor wrote.
  package let isIntact: Bool
  package let isTooLong: Bool

  package init(record: ExecutionRecord, stdout: [UInt8], isIntact: Bool, isTooLong: Bool) {
    self.record = record
    self.stdout = stdout
    self.isIntact = isIntact
    self.isTooLong = isTooLong
  }
}

/// Collects what a verdict needs while output arrives, so that nothing is read twice.
struct Judging {
  /// The longest standard output that is parsed and checked against a result schema.
  static let maxBytes = 16 << 20

  private struct Key: Hashable {
    let call: CallID
    let stream: OutputStream
  }

  private var digests: [Key: OutputDigest] = [:]
  private var nextNumber: UInt64 = 0
  /// Made for the first long output.
  private var hashing: HashingThread?

  mutating func add(_ chunk: OutputChunk) throws {
    let key = Key(call: chunk.call, stream: chunk.stream)
    if chunk.offset == 0 { digests[key] = OutputDigest() }
    // A stream that began in an earlier life of the process is hashed from the store at its end.
    guard var digest = digests[key], digest.bytes == chunk.offset else { return }
    if hashing == nil, digest.bytes + chunk.bytes.count > OutputDigest.hereBytesMax {
      hashing = try HashingThread()
    }
    nextNumber += 1
    digest.update(chunk.bytes, hashing, number: nextNumber)
    digests[key] = digest
  }

  mutating func forget(_ call: CallID) {
    for stream in OutputStream.allCases {
      digests.removeValue(forKey: Key(call: call, stream: stream))?.drop(hashing)
    }
  }

  func stop() { hashing?.stop() }

  mutating func verdict(
    of call: CallID, digest: String, record: ExecutionRecord, store: any Storing, judge: Judge
  ) throws -> Verdict {
    let isIntact =
      try Mutant.lostOutputUnnoticed.isPlanted
      || (matches(record.stdout, .stdout, of: call, store)
        && matches(record.stderr, .stderr, of: call, store))
    let isTooLong = record.stdout.keptBytes > Self.maxBytes
    var stdout: [UInt8] = []
    if record.stdout.keptBytes > 0, !isTooLong {
      try store.readOutput(of: call, .stdout) { stdout.append(contentsOf: $0) }
    }
    return judge(
      digest,
      FinishedExecution(
        record: record, stdout: stdout, isIntact: isIntact, isTooLong: isTooLong))
  }

  private mutating func matches(
    _ account: StreamAccount, _ stream: OutputStream, of call: CallID, _ store: any Storing
  ) throws -> Bool {
    let known = digests.removeValue(forKey: Key(call: call, stream: stream))
    if account.keptBytes == 0 { return known == nil }
    if let known, known.bytes == account.keptBytes {
      return known.finish(hashing) == account.sha256
    }
    let hash = SHA256()
    var bytes = 0
    try store.readOutput(of: call, stream) { chunk in
      hash.update(chunk)
      bytes += chunk.count
    }
    return bytes == account.keptBytes && hash.finishHex() == account.sha256
  }
}
