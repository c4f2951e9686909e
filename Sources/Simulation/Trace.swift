/// What happened, as a hash of all of it and the last lines in words. Two runs of one seed that differ
/// anywhere have different hashes.
struct Trace {
  /// Lines that a violation shows.
  static let keptLines = 120

  private var hash: UInt64 = 0xCBF2_9CE4_8422_2325
  private var lines: [String] = []
  private var next = 0
  /// Told of each line, when somebody reads along.
  let reader: ((String) -> Void)?

  init(reader: ((String) -> Void)?) { self.reader = reader }

  mutating func note(_ line: String) {
    mix(line.utf8)
    if lines.count < Self.keptLines {
      lines.append(line)
    } else {
      lines[next] = line
      next = (next + 1) % Self.keptLines
    }
    reader?(line)
  }

  /// FNV-1a, over bytes that are too many to show.
  mutating func mix(_ bytes: some Sequence<UInt8>) {
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
  }

  var text: String {
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  var last: [String] { Array(lines[next...] + lines[..<next]) }
}
