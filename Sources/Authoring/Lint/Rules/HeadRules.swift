internal import Catalog

/// Names, versions and descriptions, and what awaits a review.
struct HeadRules {
  let subject: Subject
  let findings: Findings

  func check() {
    checkName()
    checkFileName()
    checkVersion()
    checkDescription()
    checkReview()
  }

  private func checkName() {
    guard let node = subject.root["name"], let name = node.string else { return }
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    let isGood =
      parts.count > 1
      && parts.allSatisfy { part in
        !part.isEmpty
          && part.utf8.allSatisfy { byte in
            ShellParser.isName(byte) && !(UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte)
              && byte != UInt8(ascii: "_") || byte == UInt8(ascii: "-")
          }
      }
    // What is no name at all is told by the loader.
    let isName = name.utf8.allSatisfy { ShellParser.isName($0) || ".-".utf8.contains($0) }
    guard !isGood, isName, name.utf8.first.map({ !ShellParser.isDigit($0) }) ?? false else {
      return
    }
    findings.add(
      .toolName, at: node.position, length: name.unicodeScalars.count,
      "\(excerpt(name)) does not read as an area and a thing, as other tools do",
      remedy: "write small letters, with a dot between the two: service.restart,"
        + " disk.directory-sizes")
  }

  private func checkFileName() {
    guard let node = subject.root["name"], let name = node.string else { return }
    let file = subject.file.split(separator: "/").last.map(String.init) ?? subject.file
    for suffix in [".yaml", ".yml"] where file.hasSuffix(suffix) {
      guard file.dropLast(suffix.count) != name else { return }
      findings.add(
        .fileName, at: node.position, length: name.unicodeScalars.count,
        "the tool is called \(excerpt(name)), and its file \(excerpt(file))",
        remedy: "call the file \(excerpt(name, limit: 64))\(suffix)")
    }
  }

  private func checkVersion() {
    guard let node = subject.root["version"], let version = node.string,
      version.hasPrefix("0.") || version.contains("-")
    else { return }
    findings.add(
      .preliminaryVersion, at: node.position, length: version.unicodeScalars.count,
      "\(excerpt(version)) says that the tool is not finished",
      remedy: "write 1.0.0 once it is")
  }

  /// An AI client chooses tools by nothing but their descriptions.
  private func checkDescription() {
    guard let node = subject.root["description"], let text = node.string else { return }
    let words = text.split { $0 == " " || $0 == "\n" }
    let title = subject.root["title"]?.string ?? ""
    let isTitle = text.lowercased().filter(\.isLetter) == title.lowercased().filter(\.isLetter)
    guard words.count < 4 || isTitle else { return }
    findings.add(
      .thinDescription, at: node.position,
      "the description says \(isTitle ? "no more than the title" : "next to nothing")",
      remedy: "say what the tool does, what it returns, and when not to use it")
  }

  /// The mark that imported definitions carry until somebody has looked at them.
  private func checkReview() {
    let mark: StaticString = "TODO(review)"
    let length = mark.utf8CodeUnitCount
    for line in 1...max(1, subject.source.count) {
      let bytes = subject.source[line]
      guard let index = bytes.place(of: mark) else { continue }
      let before = String(decoding: bytes[..<index], as: UTF8.self).unicodeScalars.count
      let rest = String(decoding: bytes[(index + length)...], as: UTF8.self)
      let what = rest.drop { $0 == ":" || $0 == " " }
      findings.add(
        .awaitsReview, at: Position(line: line, column: before + 1), length: length,
        "this awaits a review"
          + (what.isEmpty ? "" : ": \(excerpt(String(what), limit: 80))"),
        remedy: "look at it, correct it if need be, and remove the mark")
    }
  }
}
