/// The lines of a file, to find the column of what stands in a block of text.
struct SourceLines {
  private let lines: [[UInt8]]

  init(_ bytes: [UInt8]) {
    lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map(
      Array.init)
  }

  /// Where `text` stands in a line; the start of the line if it does not.
  func position(of text: String, inLine line: Int) -> Position {
    guard lines.indices.contains(line - 1) else { return Position(line: line, column: 1) }
    let line8 = lines[line - 1]
    let needle = Array(text.utf8)
    var index = 0
    while index + needle.count <= line8.count {
      if line8[index...].starts(with: needle) {
        let before = String(decoding: line8[..<index], as: UTF8.self)
        return Position(line: line, column: before.unicodeScalars.count + 1)
      }
      index += 1
    }
    return Position(line: line, column: 1)
  }
}
