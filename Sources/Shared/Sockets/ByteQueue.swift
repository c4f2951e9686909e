/// Bytes waiting to be sent, in the pieces they were handed over in.
struct ByteQueue {
  private var pieces: [[UInt8]] = []
  private var head = 0
  private var headOffset = 0
  private(set) var count = 0

  var isEmpty: Bool { count == 0 }

  mutating func append(_ bytes: [UInt8]) {
    guard !bytes.isEmpty else { return }
    pieces.append(bytes)
    count += bytes.count
  }

  /// Offers the first piece and takes off as many bytes as `send` says it took. Returns that number,
  /// which is negative when it failed.
  mutating func sendFirst(_ send: (UnsafeRawBufferPointer) -> Int) -> Int {
    guard head < pieces.count else { return 0 }
    let offered = pieces[head].count - headOffset
    let offset = headOffset
    let taken = pieces[head].withUnsafeBytes { bytes in
      send(UnsafeRawBufferPointer(rebasing: bytes[offset...]))
    }
    guard taken > 0 else { return taken }
    count -= taken
    headOffset += taken
    guard taken == offered else { return taken }
    pieces[head] = []
    head += 1
    headOffset = 0
    if head == pieces.count {
      pieces.removeAll(keepingCapacity: true)
      head = 0
    }
    return taken
  }

  mutating func removeAll() { self = ByteQueue() }
}
