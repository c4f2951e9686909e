internal import Catalog

/// Where the bytes of a string stand in the file that it was written in, through indentation,
/// folded lines, quotes and escapes. A class, so that it is drawn only once a place is asked for.
final class ScalarMap {
  /// From `offset` on, text and file agree character for character until the next one.
  private struct Segment {
    let offset: Int
    let position: Position
  }

  private let node: Node
  private let text: [UInt8]
  private let source: SourceLines
  private var segments: [Segment] = []

  init(_ node: Node, _ text: [UInt8], _ source: SourceLines) {
    self.node = node
    self.text = text
    self.source = source
  }

  private func draw() {
    segments = [Segment(offset: 0, position: node.position)]
    switch node.style {
    case .literal: mapLiteral()
    case .folded: mapFolded()
    case .plain, .quoted: mapFlow()
    }
  }

  /// Where a range of bytes stands; as much of it as is on the line where it begins.
  func place(_ range: Range<Int>) -> Place {
    if segments.isEmpty { draw() }
    let end = min(range.upperBound, text.count)
    let start = min(range.lowerBound, end)
    let stop = text[start..<end].firstIndex(of: UInt8(ascii: "\n")) ?? end
    return Place(position: position(of: start), length: Self.count(text[start..<stop]))
  }

  private func position(of offset: Int) -> Position {
    let segment = segments[segments.partitioningIndex { $0.offset > offset } - 1]
    let distance = Self.count(text[segment.offset..<offset])
    return Position(line: segment.position.line, column: segment.position.column + distance)
  }

  private static func count(_ bytes: ArraySlice<UInt8>) -> Int {
    bytes.reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) }
  }

  private func add(_ offset: Int, _ line: Int, _ column: Int) {
    let segment = Segment(offset: offset, position: Position(line: line, column: column))
    if segments.last?.offset == offset { segments.removeLast() }
    segments.append(segment)
  }

  // MARK: - Blocks

  /// Every line of the text is a line of the file, after its indentation.
  private func mapLiteral() {
    var line = node.position.line + 1
    for (offset, content) in lines() {
      let raw = source[line]
      let indentation = max(0, raw.count - content.count)
      add(offset, line, indentation + 1)
      line += 1
    }
  }

  private func lines() -> [(offset: Int, content: ArraySlice<UInt8>)] {
    text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map {
      ($0.startIndex, $0)
    }
  }

  /// A line of the file is found in the text after the blanks or line ends that it was joined with.
  private func mapFolded() {
    var offset = 0
    var line = node.position.line + 1
    while offset < text.count, line <= source.count {
      let raw = source[line]
      let content = raw.drop { $0 == UInt8(ascii: " ") }
      if !content.isEmpty {
        while offset < text.count, text[offset] != content.first { offset += 1 }
        add(offset, line, raw.count - content.count + 1)
        offset += content.count
      }
      line += 1
    }
  }
}

// MARK: - Flow scalars

extension ScalarMap {
  private enum Quotes {
    case plain
    case single
    case double
  }

  /// Walks the file and the text side by side.
  private func mapFlow() {
    var cursor = Cursor(source, node.position)
    let quotes: Quotes
    switch cursor.byte {
    case UInt8(ascii: "\""): quotes = .double
    case UInt8(ascii: "'"): quotes = .single
    default: quotes = .plain
    }
    if quotes != .plain { cursor.advance(1) }
    var offset = 0
    add(offset, cursor)
    while offset < text.count, cursor.line <= source.count {
      if cursor.isAtEnd || Self.isContinued(cursor.rest, quotes) {
        // The line was folded into a blank, or into line ends, or into nothing.
        cursor.nextLine(source)
        guard let byte = cursor.byte else { continue }
        while offset < text.count, text[offset] != byte,
          text[offset] == UInt8(ascii: " ") || text[offset] == UInt8(ascii: "\n")
        {
          offset += 1
        }
        add(offset, cursor)
      } else if let (width, bytes) = Self.escape(cursor.rest, quotes) {
        add(offset, cursor)
        cursor.advance(width)
        offset += bytes
        add(offset, cursor)
      } else {
        cursor.advance(1)
        offset += 1
      }
    }
  }

  private func add(_ offset: Int, _ cursor: Cursor) { add(offset, cursor.line, cursor.column) }

  /// A place in the file that moves on.
  private struct Cursor {
    private(set) var line: Int
    private(set) var column: Int
    private var raw: ArraySlice<UInt8>
    private var index: Int
    /// Blanks at the end of a line are no part of the text.
    private var end: Int

    init(_ source: SourceLines, _ position: Position) {
      line = position.line
      column = position.column
      raw = source[position.line]
      index = ScalarMap.index(ofColumn: position.column, in: raw)
      end = ScalarMap.endOfContent(raw)
    }

    var byte: UInt8? { index < raw.endIndex ? raw[index] : nil }
    var rest: ArraySlice<UInt8> { raw[min(index, raw.endIndex)...] }
    var isAtEnd: Bool { index >= end }

    mutating func advance(_ count: Int) {
      for _ in 0..<count where index < raw.endIndex {
        index += 1
        // A column is a character, and begins with its first byte.
        if index == raw.endIndex || raw[index] & 0xC0 != 0x80 { column += 1 }
      }
    }

    mutating func nextLine(_ source: SourceLines) {
      line += 1
      raw = source[line]
      end = ScalarMap.endOfContent(raw)
      index = raw.firstIndex { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") } ?? raw.endIndex
      column = index - raw.startIndex + 1
    }
  }

  private static func index(ofColumn column: Int, in raw: ArraySlice<UInt8>) -> Int {
    var left = column - 1
    var index = raw.startIndex
    while index < raw.endIndex {
      if raw[index] & 0xC0 != 0x80 {
        if left == 0 { return index }
        left -= 1
      }
      index += 1
    }
    return index
  }

  private static func endOfContent(_ raw: ArraySlice<UInt8>) -> Int {
    let last = raw.lastIndex { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
    return last.map { $0 + 1 } ?? raw.startIndex
  }

  /// A `\` at the end of a line.
  private static func isContinued(_ rest: ArraySlice<UInt8>, _ quotes: Quotes) -> Bool {
    quotes == .double && rest.count == 1 && rest.first == UInt8(ascii: "\\")
  }

  /// - Returns: how long an escape is in the file, and how many bytes it stands for.
  private static func escape(
    _ rest: ArraySlice<UInt8>, _ quotes: Quotes
  ) -> (width: Int, bytes: Int)? {
    guard let first = rest.first, let next = rest.dropFirst().first else { return nil }
    switch quotes {
    case .plain: return nil
    case .single:
      return first == UInt8(ascii: "'") && next == first ? (2, 1) : nil
    case .double:
      guard first == UInt8(ascii: "\\") else { return nil }
      let digits: Int
      switch next {
      case UInt8(ascii: "x"): digits = 2
      case UInt8(ascii: "u"): digits = 4
      case UInt8(ascii: "U"): digits = 8
      // Two bytes each: a no-break space, and a next line. Three: the separators.
      case UInt8(ascii: "_"), UInt8(ascii: "N"): return (2, 2)
      case UInt8(ascii: "L"), UInt8(ascii: "P"): return (2, 3)
      default: return (2, 1)
      }
      let code = UInt32(
        String(decoding: rest.dropFirst(2).prefix(digits), as: UTF8.self), radix: 16)
      let width = code.flatMap(Unicode.Scalar.init).map { UTF8.width($0) } ?? 1
      return (2 + digits, width)
    }
  }
}

extension Array {
  /// The first place from which on `isAfter` holds.
  fileprivate func partitioningIndex(where isAfter: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = low + (high - low) / 2
      if isAfter(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
