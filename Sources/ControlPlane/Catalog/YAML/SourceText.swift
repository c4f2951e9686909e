/// Checks the bytes of a file before YAML is read from them: what they may not contain reads one way
/// in an editor and another way in a parser.
enum SourceText {
  /// The largest file: a hundred times the largest that people write.
  static let maxBytes = 1 << 20

  private static let tooLargeRemedy =
    "move data out of the definition, or split it into several tools"

  /// Of a file that was not read to its end.
  static func tooLarge(_ path: String) -> DefinitionErrors {
    DefinitionErrors([
      DefinitionError(
        file: path, line: 1, column: 1, rule: .fileTooLarge,
        message: "the file has more than \(maxBytes) bytes", remedy: tooLargeRemedy)
    ])
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
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
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
    var (line, column) = (1, 1)
    var hasCarriageReturn = false
    var iterator = bytes.makeIterator()
    var decoder = UTF8()
    while !faults.isFull {
      switch decoder.decode(&iterator) {
      case .emptyInput: return true
      case .error:
        faults.add(
          .fileEncoding, at: Position(line: line, column: column),
          "the file is not UTF-8 from here on", remedy: "save it as UTF-8")
        return false
      case .scalarValue("\n"): (line, column) = (line + 1, 1)
      case .scalarValue("\r"):
        if !hasCarriageReturn {
          hasCarriageReturn = true
          faults.add(
            .fileLineEndings, at: Position(line: line, column: column),
            "lines end with a carriage return, which scripts would carry to the endpoint",
            remedy: "save the file with LF line endings")
        }
        column += 1
      case .scalarValue("\u{FEFF}") where line == 1 && column == 1: break
      case .scalarValue(let scalar):
        if let refused = refusal(of: scalar) {
          faults.add(
            .fileCharacter, at: Position(line: line, column: column), refused.what,
            remedy: refused.remedy)
          if scalar.value == 0 { return false }
        }
        column += 1
      }
    }
    return false
  }

  private static func refusal(of scalar: Unicode.Scalar) -> (what: String, remedy: String)? {
    let code = "U+" + padded(scalar.value)
    switch scalar.value {
    case 0:
      return ("the file contains NUL", "remove it; no argument, script or schema can hold it")
    case 0x01...0x08, 0x0B...0x1F, 0x7F, 0x80...0x84, 0x86...0x9F, 0xFEFF, 0xFFFE, 0xFFFF:
      return (
        "the file contains the control character \(code)",
        "remove it, or write it as an escape in a \"quoted\" string"
      )
    case 0x85, 0x2028, 0x2029:
      return (
        "the file contains \(code), a line break to YAML and to nothing else",
        "use a plain line break, or write it as an escape in a \"quoted\" string"
      )
    case 0x202A...0x202E, 0x2066...0x2069:
      return (
        "the file contains \(code), which makes text read in another order than it runs",
        "remove it, or write it as an escape in a \"quoted\" string"
      )
    default: return nil
    }
  }

  private static func padded(_ value: UInt32) -> String {
    let digits = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }
}
