/// Bytes waiting to be sent, in pieces of a size that a socket takes in one go.
struct ByteQueue {
  private static let pieceBytes = 256 << 10

  private var pieces: [ArraySlice<UInt8>] = []
  private var head = 0
  private(set) var count = 0

  var isEmpty: Bool { count == 0 }

  mutating func append(_ bytes: [UInt8]) {
    count += bytes.count
    var rest = bytes[...]
    while !rest.isEmpty {
      pieces.append(rest.prefix(Self.pieceBytes))
      rest = rest.dropFirst(Self.pieceBytes)
    }
  }

  mutating func takeFirst() -> ArraySlice<UInt8>? {
    guard head < pieces.count else { return nil }
    let piece = pieces[head]
    pieces[head] = []
    head += 1
    count -= piece.count
    if head == pieces.count {
      pieces.removeAll(keepingCapacity: true)
      head = 0
    }
    return piece
  }
}
