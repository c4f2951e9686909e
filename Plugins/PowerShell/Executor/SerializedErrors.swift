/// Standard error of a PowerShell whose caller is one too: a line `#< CLIXML`, and behind it one line
/// of XML that holds what should be read (MS-PSRP, 2.2.5). Here it becomes text again. All other bytes
/// pass.
package struct SerializedErrors: Sendable {
  /// A longer line of XML is passed as it is (`clixml` in docs/POWERSHELL.md).
  package static let maxBytes = 1 << 20

  private static let mark = Array("#< CLIXML".utf8)
  private var line: [UInt8] = []
  /// The line before was the mark.
  private var isMarked = false
  /// In a line that is no mark: its rest passes at once.
  private var isPassing = false

  package init() {}

  package mutating func take(_ bytes: UnsafeRawBufferPointer, into out: inout [UInt8]) {
    for byte in bytes {
      if isPassing {
        out.append(byte)
        if byte == UInt8(ascii: "\n") { isPassing = false }
        continue
      }
      line.append(byte)
      if byte == UInt8(ascii: "\n") { endLine(into: &out) } else { passIfPlain(into: &out) }
    }
  }

  /// The stream is at its end.
  package mutating func finish(into out: inout [UInt8]) { endLine(into: &out) }

  private mutating func passIfPlain(into out: inout [UInt8]) {
    let couldBeSpecial =
      isMarked
      ? line.count <= Self.maxBytes && (line[0] == UInt8(ascii: "<"))
      : Self.mark.starts(with: line)
        || line.starts(with: Self.mark)
          && line.count <= Self.mark.count + 1
    if couldBeSpecial { return }
    out += line
    line = []
    (isPassing, isMarked) = (true, false)
  }

  private mutating func endLine(into out: inout [UInt8]) {
    defer { line = [] }
    var text = line[...]
    while let last = text.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") {
      text.removeLast()
    }
    if !isMarked, Array(text) == Self.mark {
      isMarked = true
      return
    }
    if isMarked, let told = Self.told(String(decoding: text, as: UTF8.self)) {
      out += Array(told.utf8)
    } else {
      out += line
    }
    isMarked = false
  }

  /// The strings of the streams that people read; `nil` for what is no such document.
  private static func told(_ xml: String) -> String? {
    guard xml.hasPrefix("<Objs ") else { return nil }
    var out = ""
    for piece in xml.split(separator: "<S S=\"").dropFirst() {
      guard let nameEnd = piece.firstIndex(of: "\"") else { return nil }
      let name = piece[..<nameEnd].lowercased()
      guard let start = piece.firstIndex(of: ">"),
        let end = piece[start...].firstIndex(of: "<")
      else { return nil }
      guard ["error", "warning", "verbose", "debug", "information"].contains(name) else { continue }
      out += plain(piece[piece.index(after: start)..<end])
    }
    return out
  }

  private static let entities = [
    ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&"),
  ]

  /// Without XML's entities and without `_x000D_`, which stands for a character that XML has not.
  private static func plain(_ text: Substring) -> String {
    var out: [UInt16] = []
    let units = Array(text.utf16)
    var index = 0
    while index < units.count {
      if let unit = escaped(units, at: index) {
        // A line end comes as CR LF.
        if unit != 13 { out.append(unit) }
        index += 7
      } else if let (count, character) = entity(units, at: index) {
        out.append(character)
        index += count
      } else {
        out.append(units[index])
        index += 1
      }
    }
    return String(decoding: out, as: UTF16.self)
  }

  private static func escaped(_ units: [UInt16], at index: Int) -> UInt16? {
    guard index + 7 <= units.count, units[index] == 0x5F, units[index + 1] == 0x78,
      units[index + 6] == 0x5F
    else { return nil }
    return UInt16(String(decoding: units[(index + 2)..<(index + 6)], as: UTF16.self), radix: 16)
  }

  private static func entity(_ units: [UInt16], at index: Int) -> (Int, UInt16)? {
    guard units[index] == 0x26 else { return nil }
    for (name, character) in entities {
      let name = Array(name.utf16)
      if units[index...].starts(with: name), let unit = character.utf16.first {
        return (name.count, unit)
      }
    }
    return nil
  }
}
