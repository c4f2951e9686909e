internal import Catalog

/// Comments that allow a finding: `# signalbox-allow SB0315: the list is meant to be split`.
///
/// One behind other text is for its line. One that stands alone is for the next line that is no
/// comment.
struct AllowComments {
  static let mark: StaticString = "signalbox-allow"
  /// More than anyone writes.
  static let maxCount = 500

  private struct Comment {
    let codes: [(text: String, code: Code?)]
    let reason: String
    let position: Position
    let length: Int
    /// The line whose findings it allows.
    let line: Int
  }

  private let comments: [Comment]
  private let known: Set<Code>
  private let ofTheLoader: Set<Code>

  /// - Parameter known: all codes that there are.
  init(_ source: SourceLines, known: Set<Code>, ofTheLoader: Set<Code>) {
    self.known = known
    self.ofTheLoader = ofTheLoader
    var comments: [Comment] = []
    for line in 1...max(1, source.count) where comments.count < Self.maxCount {
      if let comment = Self.comment(in: source, line) { comments.append(comment) }
    }
    self.comments = comments
  }

  // MARK: - Reading

  private static func comment(in source: SourceLines, _ line: Int) -> Comment? {
    let bytes = source[line]
    guard let start = bytes.place(of: mark) else { return nil }
    let leader = bytes[..<start].reversed().drop { $0 == UInt8(ascii: " ") }.first
    // `#` of YAML and most languages, `--` of AppleScript, `//` of JavaScript.
    guard let leader, "#-/".utf8.contains(leader) else { return nil }
    let rest = bytes[(start + mark.utf8CodeUnitCount)...]
    let colon = rest.firstIndex(of: UInt8(ascii: ":"))
    let list = String(decoding: rest[..<(colon ?? rest.endIndex)], as: UTF8.self)
    let reason = colon.map { String(decoding: rest[($0 + 1)...], as: UTF8.self) } ?? ""
    let before = String(decoding: bytes[..<start], as: UTF8.self)
    let codes = list.split { $0 == "," || $0 == " " }.map(String.init)
    let isAlone = bytes[..<start].allSatisfy { "# -/\t".utf8.contains($0) }
    return Comment(
      codes: codes.map { ($0, Code(text: $0)) },
      reason: String(reason.drop { $0 == " " }.prefix(400)),
      position: Position(line: line, column: before.unicodeScalars.count + 1),
      length: mark.utf8CodeUnitCount, line: isAlone ? next(after: line, source) : line)
  }

  private static func next(after line: Int, _ source: SourceLines) -> Int {
    var next = line + 1
    // A comment of a few lines may stand between.
    while next <= source.count, next - line < 20 {
      let text = source[next].drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
      let isComment = text.first == UInt8(ascii: "#") || text.isEmpty
      if !isComment { return next }
      next += 1
    }
    return next
  }

  // MARK: - Applying

  struct Sorted {
    var kept: [Finding] = []
    var allowed: [AllowedFinding] = []
  }

  /// Takes out what is allowed, and tells of comments that do not do what they seem to.
  func sort(_ found: [Finding], _ findings: Findings) -> Sorted {
    var sorted = Sorted()
    var used: Set<[Int]> = []
    for finding in found {
      guard let (comment, place) = allowing(finding) else {
        sorted.kept.append(finding)
        continue
      }
      used.insert([comment, place])
      sorted.allowed.append(AllowedFinding(finding: finding, reason: comments[comment].reason))
    }
    for (number, comment) in comments.enumerated() { check(comment, number, used, findings) }
    sorted.kept += findings.list
    return sorted
  }

  /// The comment that allows a finding, and which of its codes does.
  private func allowing(_ finding: Finding) -> (comment: Int, place: Int)? {
    guard !ofTheLoader.contains(finding.code) else { return nil }
    for (number, comment) in comments.enumerated()
    where comment.line == finding.position.line && !comment.reason.isEmpty {
      if let place = comment.codes.firstIndex(where: { $0.code == finding.code }) {
        return (number, place)
      }
    }
    return nil
  }

  private func check(
    _ comment: Comment, _ number: Int, _ used: Set<[Int]>, _ findings: Findings
  ) {
    func tell(_ rule: LintRule, _ message: String, _ remedy: String) {
      findings.add(rule, at: comment.position, length: comment.length, message, remedy: remedy)
    }
    guard !comment.codes.isEmpty else {
      tell(
        .allowOfUnknownCode, "this allows no code at all",
        "write \"signalbox-allow SB0315: why it is right here\"")
      return
    }
    let hasReason = comment.reason.contains { !$0.isWhitespace }
    if !hasReason {
      tell(
        .allowWithoutReason, "this allows a finding and does not say why, so it allows nothing",
        "add a colon and the reason: \"signalbox-allow \(comment.codes[0].text.prefix(6)): …\"")
    }
    for (place, (text, code)) in comment.codes.enumerated() {
      guard let code, known.contains(code) else {
        tell(
          .allowOfUnknownCode, "there is no rule \"\(excerpt(text))\"",
          "write a code as \"signalbox tools check\" prints it, such as SB0315")
        continue
      }
      if ofTheLoader.contains(code) {
        tell(
          .allowOfAnError, "\(code) keeps the definition from being loaded, and cannot be allowed",
          "mend what it says, and remove this")
      } else if hasReason, !used.contains([number, place]) {
        tell(
          .allowOfNothing, "there is no \(code) here to be allowed",
          "remove it, or put it on the line that it is meant for, or the one above")
      }
    }
  }
}
