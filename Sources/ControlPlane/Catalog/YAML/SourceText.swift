/// Checks the bytes of a file before YAML is read from them: what they may not contain reads one
/// way in an editor and another way in a parser.
enum SourceText {
  /// The largest file: a hundred times the largest that people write.
  static let maxBytes = 1 << 20

  static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

  private static let tooLargeRemedy =
    "move data out of the definition, or split it into several tools"

  /// Of a file that was not read to its end.
  static func tooLarge(_ path: String) -> DefinitionError {
    DefinitionError(
      file: path, line: 1, column: 1, rule: .fileTooLarge,
      message: "the file has more than \(maxBytes) bytes", remedy: tooLargeRemedy)
  }

  /// - Returns: whether the text can be read on as UTF-8 at all.
  static func check(_ bytes: [UInt8], _ faults: Faults) -> Bool {
    guard bytes.count <= maxBytes else {
      faults.add(
        .fileTooLarge, at: .start,
        "the file has more than \(maxBytes) bytes", remedy: tooLargeRemedy)
      return false
    }
    guard !isUTF16(bytes) else {
      faults.add(
        .fileEncoding, at: .start, "the file is UTF-16", remedy: "save it as UTF-8")
      return false
    }
    if bytes.starts(with: byteOrderMark) {
      faults.add(
        .fileByteOrderMark, at: .start, "the file begins with a byte order mark",
        remedy: "save it as UTF-8 without BOM")
    }
    return scan(bytes, faults)
  }

  /// Every second byte NUL, or a byte order mark of two bytes.
  private static func isUTF16(_ bytes: [UInt8]) -> Bool {
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) { return true }
    guard bytes.count >= 2 else { return false }
    return (bytes[0] == 0) != (bytes[1] == 0)
  }

  private static func scan(_ bytes: [UInt8], _ faults: Faults) -> Bool {
    var scan = Scan()
    bytes.withUnsafeBufferPointer { bytes in
      var index = 0
      while index < bytes.count, !scan.isOver {
        // Nearly every byte is a letter, and needs no decoding.
        if 0x20...0x7E ~= bytes[index] {
          scan.column += 1
          index += 1
        } else {
          index += scan.take(bytes[index...], faults)
        }
      }
    }
    return scan.isReadable
  }

  private struct Scan {
    var line = 1
    var column = 1
    /// Whether YAML can be read from the text, for the faults that are left.
    var isReadable = true
    var isOver = false
    private var hasCarriageReturn = false

    var position: Position { Position(line: line, column: column) }

    /// - Returns: how many bytes the next character has.
    mutating func take(_ bytes: Slice<UnsafeBufferPointer<UInt8>>, _ faults: Faults) -> Int {
      var iterator = bytes.makeIterator()
      var decoder = UTF8()
      guard case .scalarValue(let scalar) = decoder.decode(&iterator) else {
        faults.add(
          .fileEncoding, at: position, "the file is not UTF-8 from here on",
          remedy: "save it as UTF-8")
        (isReadable, isOver) = (false, true)
        return 1
      }
      switch scalar {
      case "\n": (line, column) = (line + 1, 0)
      case "\r": carriageReturn(faults)
      case "\u{FEFF}" where line == 1 && column == 1: column -= 1
      default:
        if let refused = refusal(of: scalar) {
          faults.add(.fileCharacter, at: position, refused.what, remedy: refused.remedy)
          // libyaml would stop there too, without a place.
          if refused.isControl { isReadable = false }
        }
      }
      column += 1
      isOver = faults.isFull
      return UTF8.width(scalar)
    }

    private mutating func carriageReturn(_ faults: Faults) {
      guard !hasCarriageReturn else { return }
      hasCarriageReturn = true
      faults.add(
        .fileLineEndings, at: position,
        "lines end with a carriage return, which scripts would carry to the endpoint",
        remedy: "save the file with LF line endings")
    }
  }

  private struct Refused {
    let what: String
    let remedy: String
    var isControl = false
  }

  private static func refusal(of scalar: Unicode.Scalar) -> Refused? {
    let code = "U+" + padded(scalar.value)
    let escape = "or write it as an escape in a \"quoted\" string"
    switch scalar.value {
    case 0:
      return Refused(
        what: "the file contains NUL", remedy: "remove it; no script can hold it", isControl: true)
    case 0x01...0x08, 0x0B...0x1F, 0x7F...0x84, 0x86...0x9F, 0xFEFF, 0xFFFE, 0xFFFF:
      return Refused(
        what: "the file contains the control character \(code)", remedy: "remove it, \(escape)",
        isControl: true)
    case 0x85, 0x2028, 0x2029:
      return Refused(
        what: "the file contains \(code), a line break to YAML and to nothing else",
        remedy: "use a plain line break, \(escape)")
    case 0x202A...0x202E, 0x2066...0x2069:
      return Refused(
        what: "the file contains \(code), which makes text read in another order than it runs",
        remedy: "remove it, \(escape)")
    default: return nil
    }
  }

  private static func padded(_ value: UInt32) -> String {
    let digits = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }
}
