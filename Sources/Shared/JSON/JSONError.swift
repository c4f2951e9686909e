/// Why a text is not JSON, or not JSON that we take.
package struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
  package enum Reason: String, Sendable, Hashable, CaseIterable {
    case unexpectedEnd = "json.unexpectedEnd"
    case unexpectedByte = "json.unexpectedByte"
    case trailingContent = "json.trailingContent"
    case byteOrderMark = "json.byteOrderMark"
    case invalidNumber = "json.invalidNumber"
    case invalidEscape = "json.invalidEscape"
    case unpairedSurrogate = "json.unpairedSurrogate"
    case controlCharacter = "json.controlCharacter"
    case invalidUTF8 = "json.invalidUTF8"
    case duplicateKey = "json.duplicateKey"
    case bytesLimit = "json.limit.bytes"
    case depthLimit = "json.limit.depth"
    case numberDigitsLimit = "json.limit.numberDigits"
    case exponentLimit = "json.limit.exponent"
    case valuesLimit = "json.limit.values"
  }

  package let reason: Reason
  /// What is wrong, and what would be right.
  package let message: String
  /// Bytes before the place.
  package let offset: Int
  /// From 1.
  package let line: Int
  /// From 1, in Unicode scalars.
  package let column: Int

  /// Stable, for programs: `json.duplicateKey`.
  package var code: String { reason.rawValue }

  package var description: String {
    "\(code) at line \(line), column \(column) (byte \(offset)): \(message)"
  }
}

/// An error that knows its place only as an offset: lines are counted once there is an error.
struct ParseFailure: Error {
  let reason: JSONError.Reason
  let offset: Int
  let message: String

  init(_ reason: JSONError.Reason, at offset: Int, _ message: String) {
    self.reason = reason
    self.offset = offset
    self.message = message
  }

  func located(in text: Span<UInt8>) -> JSONError {
    let end = min(max(offset, 0), text.count)
    var line = 1
    var column = 1
    for index in 0..<end {
      let byte = text[index]
      if byte == UInt8(ascii: "\n") {
        line += 1
        column = 1
      } else if byte & 0xC0 != 0x80 {
        column += 1
      }
    }
    return JSONError(reason: reason, message: message, offset: offset, line: line, column: column)
  }
}
