/// The text of a script as a definition can hold it: UTF-8 with line feeds. What had to be done for
/// that is noted; what cannot be done without changing what the script does is refused.
struct ScriptText {
  /// Who reads the script on the endpoint, as far as the text is concerned.
  enum Reader {
    /// PowerShell and cmd.exe: they were made for carriage returns, and read what is not UTF-8 in
    /// the code page of the machine.
    case windows
    case other
  }

  private(set) var text: String
  private(set) var notes: [Remark] = []
  private(set) var gaps: [Remark] = []

  init(_ bytes: [UInt8], path: String, reader: Reader) throws(ItemRefusal) {
    text = ""
    let decoded = try decode(bytes, path, reader)
    text = try withLineFeeds(decoded, path, reader)
    guard !text.utf8.contains(0) else {
      throw ItemRefusal(
        .fileBinary,
        "\(path) contains NUL, so it is no script; wrap the program in a script of yours"
      )
    }
    guard !text.allSatisfy(\.isWhitespace) else {
      throw ItemRefusal(.scriptEmpty, "\(path) is empty")
    }
  }

  // MARK: Decoding

  private mutating func decode(
    _ bytes: [UInt8], _ path: String, _ reader: Reader
  ) throws(ItemRefusal) -> String {
    if let text = UTF16Text.decoded(bytes) {
      notes.append(Remark(.textDecoded, "\(path) was UTF-16, and is UTF-8 now"))
      return text
    }
    var rest = bytes[...]
    if rest.starts(with: [0xEF, 0xBB, 0xBF]) {
      rest = rest.dropFirst(3)
      notes.append(Remark(.textByteOrderMark, "the byte order mark of \(path) is left out"))
    }
    if let text = String(validating: rest, as: UTF8.self) { return text }
    guard !rest.contains(0) else {
      throw ItemRefusal(
        .fileBinary,
        "\(path) is a binary file, and a tool is a script; wrap it in a script of yours")
    }
    let line = Self.firstBadLine(rest)
    guard reader == .windows, let text = Windows1252.decoded(rest) else {
      throw ItemRefusal(
        .fileEncoding,
        "\(path) is not UTF-8 from line \(line) on; save it as UTF-8 and import again")
    }
    gaps.append(
      Remark(
        .textDecoded,
        "\(path) is not UTF-8 (line \(line)) and was read as Windows-1252; check what is not ASCII")
    )
    return text
  }

  private static func firstBadLine(_ bytes: ArraySlice<UInt8>) -> Int {
    var line = 1
    for part in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      if String(validating: part, as: UTF8.self) == nil { return line }
      line += 1
    }
    return line
  }

  // MARK: Lines

  /// CR LF, and CR CR LF, which some transfers leave behind, end lines. A CR alone does so for
  /// Windows' interpreters; for the others it is a character that a definition cannot hold.
  private mutating func withLineFeeds(
    _ text: String, _ path: String, _ reader: Reader
  ) throws(ItemRefusal) -> String {
    guard text.utf8.contains(UInt8(ascii: "\r")) else { return text }
    var out: [UInt8] = []
    out.reserveCapacity(text.utf8.count)
    let bytes = Array(text.utf8)
    let hasLineFeeds = bytes.contains(UInt8(ascii: "\n"))
    var index = 0
    var line = 1
    while index < bytes.count {
      guard bytes[index] == UInt8(ascii: "\r") else {
        if bytes[index] == UInt8(ascii: "\n") { line += 1 }
        out.append(bytes[index])
        index += 1
        continue
      }
      let end = bytes[index...].firstIndex { $0 != UInt8(ascii: "\r") } ?? bytes.count
      let endsLine = end == bytes.count || bytes[end] == UInt8(ascii: "\n")
      if !endsLine {
        guard reader == .windows || !hasLineFeeds else {
          throw ItemRefusal(
            .fileCarriageReturn,
            "line \(line) of \(path) has a carriage return within; write it as an escape of the"
              + " script's language")
        }
        out += repeatElement(UInt8(ascii: "\n"), count: end - index)
      } else if end == bytes.count {
        out.append(UInt8(ascii: "\n"))
      }
      index = end
    }
    notes.append(Remark(.textLineEndings, "the lines of \(path) end with line feeds alone now"))
    return String(decoding: out, as: UTF8.self)
  }
}

/// Text in two bytes a character, as PowerShell's own editor saved it for years.
enum UTF16Text {
  /// - Returns: `nil` for what is no UTF-16, or is not valid.
  static func decoded(_ bytes: [UInt8]) -> String? {
    let isLittle: Bool
    if bytes.starts(with: [0xFF, 0xFE]) {
      isLittle = true
    } else if bytes.starts(with: [0xFE, 0xFF]) {
      isLittle = false
    } else {
      return nil
    }
    guard bytes.count.isMultiple(of: 2) else { return nil }
    var units: [UInt16] = []
    units.reserveCapacity(bytes.count / 2)
    for index in stride(from: 2, to: bytes.count, by: 2) {
      let (first, second) = (UInt16(bytes[index]), UInt16(bytes[index + 1]))
      units.append(isLittle ? second << 8 | first : first << 8 | second)
    }
    return String(validating: units, as: UTF16.self)
  }
}

/// The code page that scripts from Western Windows machines are mostly in.
enum Windows1252 {
  /// 0x80 to 0x9F; the others are as in Unicode. Zero where the code page has nothing.
  private static let upper: [UInt32] = [
    0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039,
    0x0152, 0, 0x017D, 0, 0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122,
    0x0161, 0x203A, 0x0153, 0, 0x017E, 0x0178,
  ]

  static func decoded(_ bytes: ArraySlice<UInt8>) -> String? {
    var text = String.UnicodeScalarView()
    for byte in bytes {
      guard 0x80...0x9F ~= byte else {
        text.append(Unicode.Scalar(byte))
        continue
      }
      let value = upper[Int(byte - 0x80)]
      guard value != 0, let scalar = Unicode.Scalar(value) else { return nil }
      text.append(scalar)
    }
    return String(text)
  }
}
