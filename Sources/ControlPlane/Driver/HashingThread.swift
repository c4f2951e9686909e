import Digest
import Platform

/// Hashes long outputs on a thread of its own: without the processor's help a digest takes as long
/// as everything else that the engine's thread does with output.
final class HashingThread: Sendable {
  private enum Work: Sendable {
    case adopt(UInt64, Transfer<SHA256>)
    case update(UInt64, [UInt8])
    case finish(UInt64, Mailbox<String>)
    case drop(UInt64)
  }

  private let work = Mailbox<Work>()
  private let thread: WorkerThread

  init() throws(SystemError) {
    let work = work
    thread = try WorkerThread(name: "hashing") { Self.run(work) }
  }

  /// Goes on with a digest that was begun elsewhere; the caller gives it up.
  func adopt(_ number: UInt64, _ hash: SHA256) { work.post(.adopt(number, Transfer(hash))) }

  func update(_ number: UInt64, _ bytes: [UInt8]) { work.post(.update(number, bytes)) }

  /// Waits for what was handed over before, and forgets the digest.
  /// - Returns: in lower-case hexadecimal.
  func finish(_ number: UInt64) -> String {
    let answer = Mailbox<String>()
    work.post(.finish(number, answer))
    var texts: [String] = []
    _ = answer.drain(into: &texts)
    return texts.first ?? ""
  }

  func drop(_ number: UInt64) { work.post(.drop(number)) }

  func stop() {
    work.close()
    thread.join()
  }

  private static func run(_ mailbox: Mailbox<Work>) {
    var hashes: [UInt64: SHA256] = [:]
    var batch: [Work] = []
    while mailbox.drain(into: &batch) {
      for item in batch {
        switch item {
        case .adopt(let number, let hash): hashes[number] = hash.value
        case .update(let number, let bytes): hashes[number]?.update(bytes)
        case .finish(let number, let answer):
          answer.post(hashes.removeValue(forKey: number)?.finishHex() ?? "")
        case .drop(let number): hashes[number] = nil
        }
      }
      batch.removeAll(keepingCapacity: true)
    }
  }
}

/// The digest of an output that still grows: here while it is short, then on the hashing thread.
struct OutputDigest {
  /// Longer outputs are hashed beside the engine.
  static let hereBytesMax = 256 << 10

  private enum Place {
    case here(SHA256)
    case there(UInt64)
  }

  private var place = Place.here(SHA256())
  private(set) var bytes = 0

  /// - Parameters:
  ///   - thread: not `nil` once the output is long.
  ///   - number: names the digest on that thread.
  mutating func update(_ chunk: [UInt8], _ thread: HashingThread?, number: UInt64) {
    bytes += chunk.count
    switch place {
    case .there(let number): thread?.update(number, chunk)
    case .here(let hash):
      hash.update(chunk)
      guard bytes > Self.hereBytesMax, let thread else { return }
      thread.adopt(number, hash)
      place = .there(number)
    }
  }

  func finish(_ thread: HashingThread?) -> String? {
    switch place {
    case .here(let hash): hash.finishHex()
    case .there(let number): thread?.finish(number)
    }
  }

  func drop(_ thread: HashingThread?) {
    if case .there(let number) = place { thread?.drop(number) }
  }
}
