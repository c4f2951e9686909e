/// Puts the parts of a message together, within a limit.
struct MessageAssembly {
  enum Step {
    case more
    case message([UInt8])
    case tooLong
  }

  private var bytes: [UInt8] = []

  /// `remaining` bytes are announced to follow in the same frame.
  mutating func take(
    _ piece: UnsafeRawBufferPointer, isFirst: Bool, isFinal: Bool, remaining: Int, limit: Int
  ) -> Step {
    if isFirst { bytes = [] }
    guard remaining <= limit, bytes.count + piece.count <= limit - remaining else {
      bytes = []
      return .tooLong
    }
    if isFirst, isFinal { return .message(Array(piece)) }
    // A peer may announce much and send nothing: believe it only so far.
    if isFirst { bytes.reserveCapacity(min(piece.count + remaining, 1 << 20)) }
    bytes.append(contentsOf: piece)
    return isFinal ? .message(exchangeValue(&bytes, [])) : .more
  }

  mutating func drop() { bytes = [] }
}
