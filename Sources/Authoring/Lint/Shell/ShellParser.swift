/// Reads a script of a POSIX shell, with the extensions of bash where they are to be found.
///
/// One pass over the bytes. Compounds are kept on a stack; only substitutions recurse, and not
/// deeper than `maxDepth`. At the first place that cannot be read it stops, with what it has.
struct ShellParser {
  /// Substitutions within substitutions.
  static let maxDepth = 24
  /// Compounds within compounds.
  static let maxOpen = 100
  /// As many as the longest script has, if each has five letters.
  static let maxCommands = 50_000

  struct Open {
    enum Phase {
      /// Of `if`: before `then`; of a loop: before `do`.
      case condition
      /// Of `case`: before a pattern.
      case pattern
      case body
    }

    let word: String
    let compound: Int
    var phase: Phase
    let offset: Int
    let isFunction: Bool
  }

  struct PendingDocument {
    let end: [UInt8]
    let stripsTabs: Bool
    let isQuoted: Bool
    let command: Int?
    let offset: Int
  }

  let bytes: [UInt8]
  var at = 0
  var end: Int
  var script = ShellScript()
  var depth = 0
  var pending: [PendingDocument] = []
  var functions: [Int] = []
  /// The innermost compound that is open.
  var current: Int?

  static func parse(_ text: [UInt8]) -> ShellScript {
    var parser = ShellParser(text)
    parser.skipShebang()
    parser.commands(until: nil)
    return parser.script
  }

  private init(_ bytes: [UInt8]) {
    self.bytes = bytes
    end = bytes.count
  }

  private mutating func skipShebang() {
    if bytes.starts(with: "#!".utf8) { skipComment() }
  }

  // MARK: - Characters

  func byte(_ offset: Int = 0) -> UInt8? { at + offset < end ? bytes[at + offset] : nil }

  func has(_ text: StaticString) -> Bool {
    text.withUTF8Buffer { text in
      at + text.count <= end && bytes[at..<(at + text.count)].elementsEqual(text)
    }
  }

  func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

  mutating func fail(_ message: String, at offset: Int) {
    if script.fault == nil { script.fault = ShellFault(message: message, offset: offset) }
    // Whatever followed would be read wrongly.
    at = end
  }

  mutating func skip(_ count: Int) { at = min(at + count, end) }

  mutating func skipBlanks() {
    while let byte = byte() {
      if byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") {
        skip(1)
      } else if byte == UInt8(ascii: "\\"), self.byte(1) == UInt8(ascii: "\n") {
        skip(2)
      } else {
        return
      }
    }
  }

  mutating func skipComment() {
    let start = at
    while let byte = byte(), byte != UInt8(ascii: "\n") { skip(1) }
    script.comments.append(start..<at)
  }

  /// Blanks, line ends and comments.
  mutating func skipLines() {
    while true {
      skipBlanks()
      switch byte() {
      case UInt8(ascii: "\n"): newline()
      case UInt8(ascii: "#"): skipComment()
      default: return
      }
    }
  }

  /// A line has ended, so the here-documents that it announced follow.
  mutating func newline() {
    skip(1)
    guard !pending.isEmpty else { return }
    let documents = pending
    pending = []
    for document in documents { hereDocument(document) }
  }

  static func isName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
      true
    default: false
    }
  }

  static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }

  /// What ends a word.
  static func isMeta(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: ";"),
      UInt8(ascii: "&"), UInt8(ascii: "|"), UInt8(ascii: "<"), UInt8(ascii: ">"),
      UInt8(ascii: "("), UInt8(ascii: ")"):
      true
    default: false
    }
  }
}
