internal import Model
internal import Redaction

/// The books of one output stream: what came, what was kept, what was dropped, exactly.
struct StreamBook {
  private let limit: Int
  private var redactor: Redactor?
  private let digest = RunningDigest()
  private var redacted: [UInt8] = []
  private(set) var produced = 0
  private(set) var kept = 0
  private(set) var dropped = 0
  /// The kept bytes are a beginning of the stream: after the first dropped one nothing is kept.
  private var isFull = false

  /// A frame carries at most this much.
  static let pieceBytes = 256 << 10

  /// - Parameter limit: bytes to keep, after redaction.
  init(limit: Int, secrets: [String]) {
    self.limit = limit
    redactor = Redactor(secrets)
  }

  /// - Parameter keep: stores bytes at an offset of the kept stream; `false` when it cannot.
  mutating func take(
    _ bytes: UnsafeRawBufferPointer, keep: (UnsafeRawBufferPointer, Int) -> Bool
  ) {
    produced += bytes.count
    guard redactor != nil else { return enter(bytes, keep) }
    redacted.removeAll(keepingCapacity: true)
    redactor?.redact(bytes, into: &redacted)
    enterRedacted(keep)
  }

  /// The stream has ended: takes in what the redactor held back.
  mutating func finish(keep: (UnsafeRawBufferPointer, Int) -> Bool) {
    redacted.removeAll(keepingCapacity: true)
    redactor?.finish(into: &redacted)
    enterRedacted(keep)
  }

  /// To be asked for once, at the end.
  func account() -> StreamAccount {
    StreamAccount(
      producedBytes: produced, keptBytes: kept, droppedBytes: dropped,
      redactions: redactor?.count ?? 0, sha256: digest.finishHex())
  }

  private mutating func enterRedacted(_ keep: (UnsafeRawBufferPointer, Int) -> Bool) {
    let bytes = redacted
    bytes.withUnsafeBytes { enter($0, keep) }
  }

  private mutating func enter(
    _ bytes: UnsafeRawBufferPointer, _ keep: (UnsafeRawBufferPointer, Int) -> Bool
  ) {
    var start = 0
    while start < bytes.count, !isFull {
      let count = min(bytes.count - start, limit - kept, Self.pieceBytes)
      if count == 0 { break }
      let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<(start + count)])
      guard keep(piece, kept) else { break }
      digest.update(piece)
      kept += count
      start += count
    }
    if start < bytes.count {
      isFull = true
      dropped += bytes.count - start
    }
  }
}
