/// Marks of template languages around the name of an argument. The loader refuses `{{name}}`.
struct TemplateRules {
  let script: Script
  let subject: Subject
  let findings: Findings

  private static let marks: [(open: String, close: String)] = [
    ("<%=", "%>"), ("<%", "%>"), ("[[", "]]"), ("@@", "@@"), ("__", "__"), ("@", "@"),
    ("%", "%"), ("#{", "}"), ("${{", "}}"), ("<<", ">>"), ("{%", "%}"),
  ]

  func check() {
    let names = Set(subject.arguments.all.map(\.name))
    guard !names.isEmpty else { return }
    let bytes = script.bytes
    var index = 0
    while index < bytes.count {
      guard ShellParser.isName(bytes[index]), bytes[index] != UInt8(ascii: "_") else {
        index += 1
        continue
      }
      var end = index
      while end < bytes.count,
        ShellParser.isName(bytes[end]) && bytes[end] != UInt8(ascii: "_")
          || isInner(bytes, end)
      {
        end += 1
      }
      let name = String(decoding: bytes[index..<end], as: UTF8.self)
      if names.contains(name), let range = mark(around: index..<end) {
        findings.add(
          .foreignTemplate, in: script, range,
          "\(script.excerpt(range)) is no way to an argument: nothing is put into a script's text",
          remedy: "bind it with \"input: {env: {NAME: /\(excerpt(name, limit: 64))}}\" and write"
            + " \"$NAME\"")
      }
      index = end
    }
  }

  /// `-` and `_` within a name.
  private func isInner(_ bytes: [UInt8], _ index: Int) -> Bool {
    "-_".utf8.contains(bytes[index]) && index + 1 < bytes.count
      && ShellParser.isName(bytes[index + 1]) && bytes[index + 1] != UInt8(ascii: "_")
  }

  private func mark(around range: Range<Int>) -> Range<Int>? {
    let bytes = script.bytes
    var (start, end) = (range.lowerBound, range.upperBound)
    while start > 0, bytes[start - 1] == UInt8(ascii: " "), range.lowerBound - start < 4 {
      start -= 1
    }
    while end < bytes.count, bytes[end] == UInt8(ascii: " "), end - range.upperBound < 4 {
      end += 1
    }
    for (open, close) in Self.marks {
      let (before, after) = (open.utf8.count, close.utf8.count)
      // Blanks belong to marks of two characters only: in `%d % name %` they are arithmetic.
      let isTight = start == range.lowerBound && end == range.upperBound
      guard before > 1 || isTight, start >= before, end + after <= bytes.count,
        bytes[(start - before)..<start].elementsEqual(open.utf8),
        bytes[end..<(end + after)].elementsEqual(close.utf8)
      else { continue }
      // `[[ name ]]` is a test of bash, and `%name%` means something to cmd alone.
      if open == "[[", !isTight { continue }
      return (start - before)..<(end + after)
    }
    return nil
  }
}
