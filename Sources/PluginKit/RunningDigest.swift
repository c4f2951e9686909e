internal import Digest
internal import Platform

/// SHA-256 of a stream. A short one is hashed as it comes; a long one by a thread beside the loop,
/// because without SHA instructions in the processor hashing costs more than all the rest together
/// (measured: 400 MB/s, against 1 GB/s for reading and writing).
final class RunningDigest {
  /// From here on a thread is worth its start.
  private static let threadAfterBytes = 4 << 20

  private var hash = SHA256()
  private var hashedBytes = 0
  private var line: DigestLine?

  func update(_ bytes: UnsafeRawBufferPointer) {
    if let line { return line.update(bytes) }
    hash.update(bytes)
    hashedBytes += bytes.count
    // Without a thread to be had, it goes on as it began.
    if hashedBytes >= Self.threadAfterBytes { line = try? DigestLine(continuing: hash) }
  }

  /// The digest of all so far, in hexadecimal. Nothing may follow.
  func finishHex() -> String {
    line?.finish()
    line = nil
    return hash.finishHex()
  }
}

/// The thread and the buffers that go round between it and the loop. They bound how far the loop
/// can be ahead: with none free, it waits.
private final class DigestLine {
  private static let buffers = 4

  private let filled = Mailbox<[UInt8]>()
  private let free = Mailbox<[UInt8]>()
  private let thread: WorkerThread
  private var available: [[UInt8]] = []

  /// - Parameter hash: the thread's until `finish` has returned.
  init(continuing hash: SHA256) throws(SystemError) {
    nonisolated(unsafe) let hash = hash
    let (filled, free) = (filled, free)
    thread = try WorkerThread(name: "digest") {
      var batch: [[UInt8]] = []
      while filled.drain(into: &batch) {
        for bytes in batch { hash.update(bytes) }
        free.post(contentsOf: batch)
        batch.removeAll(keepingCapacity: true)
      }
    }
    available = Array(repeating: [], count: Self.buffers)
  }

  func update(_ bytes: UnsafeRawBufferPointer) {
    if available.isEmpty { _ = free.drain(into: &available) }
    var buffer = available.popLast() ?? []
    buffer.removeAll(keepingCapacity: true)
    buffer.append(contentsOf: bytes)
    filled.post(buffer)
  }

  func finish() {
    filled.close()
    thread.join()
  }
}
