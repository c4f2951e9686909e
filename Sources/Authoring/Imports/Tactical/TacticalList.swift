internal import JSON

/// The items of a list of scripts, taken apart before they are read, so that a broken one costs no
/// other. Only the brackets and strings of JSON are looked at here; each part is then read strictly.
struct TacticalList {
  struct Part {
    let text: ArraySlice<UInt8>
    /// Of the file, from 1.
    let line: Int
  }

  private(set) var parts: [Part] = []
  private let bytes: [UInt8]
  private var index = 0
  private var line = 1
  /// Where the present line begins, and whether there were only blanks on it so far.
  private var lineStart = 0
  private var isLineBlank = true

  /// More is no list of scripts.
  static let maxParts = 10_000

  /// - Returns: `nil` for what is no JSON array.
  init?(_ bytes: [UInt8]) {
    self.bytes = bytes
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { index = 3 }
    skipBlanks()
    guard current == UInt8(ascii: "[") else { return nil }
    advance()
    while parts.count < Self.maxParts {
      skipBlanks()
      guard let byte = current else { return }
      if byte == UInt8(ascii: "]") { return }
      if byte == UInt8(ascii: ",") {
        advance()
        continue
      }
      readPart()
    }
  }

  private var current: UInt8? { index < bytes.count ? bytes[index] : nil }

  private mutating func advance() {
    if current == UInt8(ascii: "\n") {
      line += 1
      lineStart = index + 1
      isLineBlank = true
    } else if current != 0x20, current != 0x09, current != 0x0D {
      isLineBlank = false
    }
    index += 1
  }

  private mutating func skipBlanks() {
    while let byte = current, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { advance() }
  }

  /// Up to the comma or bracket after an item. A line that begins like the item did, while brackets
  /// of the item are open, begins the next one: the item was not closed.
  private mutating func readPart() {
    let start = index
    let first = line
    let opening = current
    let column = index - lineStart
    var depth = 0
    while let byte = current {
      if index > start, depth > 0, byte == opening, opening == UInt8(ascii: "{"),
        index - lineStart == column, isLineBlank
      {
        break
      }
      switch byte {
      case UInt8(ascii: "\""):
        skipString()
        continue
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        if depth == 0 {
          append(start, first)
          return
        }
        depth -= 1
      case UInt8(ascii: ","):
        if depth == 0 {
          append(start, first)
          return
        }
      default: break
      }
      advance()
    }
    append(start, first)
  }

  private mutating func append(_ start: Int, _ first: Int) {
    var end = index
    while end > start, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[end - 1]) { end -= 1 }
    parts.append(Part(text: bytes[start..<end], line: first))
  }

  /// A string never holds a line feed, so one that is not closed ends with its line.
  private mutating func skipString() {
    advance()
    while let byte = current, byte != UInt8(ascii: "\n") {
      advance()
      if byte == UInt8(ascii: "\"") { return }
      if byte == UInt8(ascii: "\\"), current != nil, current != UInt8(ascii: "\n") { advance() }
    }
  }
}
