/// The lines of a file.
package struct SourceLines: Sendable {
  private let bytes: [UInt8]
  /// Where each line begins; and one past the end of the last.
  private let starts: [Int]

  package init(_ bytes: [UInt8]) {
    self.bytes = bytes
    var starts = [0]
    for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") {
      starts.append(index + 1)
    }
    starts.append(bytes.count + 1)
    self.starts = starts
  }

  package var count: Int { starts.count - 1 }

  /// The bytes of a line, counted from 1, without its end; empty for a line that there is not.
  package subscript(line: Int) -> ArraySlice<UInt8> {
    guard line > 0, line <= count else { return [] }
    return bytes[starts[line - 1]..<(starts[line] - 1)]
  }

  /// Where `text` stands in a line; the start of the line if it does not.
  func position(of text: String, inLine line: Int) -> Position {
    let needle = Array(text.utf8)
    let haystack = self[line]
    var index = haystack.startIndex
    while index + needle.count <= haystack.endIndex {
      if haystack[index...].starts(with: needle) {
        let before = String(decoding: haystack[..<index], as: UTF8.self)
        return Position(line: line, column: before.unicodeScalars.count + 1)
      }
      index += 1
    }
    return Position(line: line, column: 1)
  }
}
