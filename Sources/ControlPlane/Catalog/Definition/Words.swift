internal import Model

/// The shapes that names in a definition have.
enum Words {
  static let maxToolName = 64

  static func isToolName(_ text: String) -> Bool {
    (1...maxToolName).contains(text.utf8.count) && text.utf8.first.map(isLetter) ?? false
      && text.utf8.allSatisfy { isLetter($0) || isDigit($0) || "._-".utf8.contains($0) }
  }

  /// An argument: a word that the command line can take before its `=`.
  static func isArgumentName(_ text: String) -> Bool { isToolName(text) && !text.contains(".") }

  /// A variable of the environment, by POSIX.
  static func isVariableName(_ text: String) -> Bool {
    guard let first = text.utf8.first, isLetter(first) || first == UInt8(ascii: "_") else {
      return false
    }
    return text.utf8.count <= 128
      && text.utf8.allSatisfy { isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "_") }
  }

  /// An executor plugin: `shell`, `osascript`.
  static func isExecutorName(_ text: String) -> Bool {
    isToolName(text) && text.utf8.allSatisfy { !(UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0) }
  }

  /// A program to be found on the path, so without a slash.
  static func isCommandName(_ text: String) -> Bool {
    (1...128).contains(text.utf8.count) && text.utf8.first != UInt8(ascii: "-")
      && text.utf8.allSatisfy { isLetter($0) || isDigit($0) || "._+-@".utf8.contains($0) }
  }

  /// A user of an endpoint, as useradd(8) has it; `.` is common where a directory service names
  /// them.
  static func isUserName(_ text: String) -> Bool { RuntimeName.isUser(text) }

  /// `/bin/sh` or `C:\Windows\…`.
  static func isAbsolutePath(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    guard bytes.count <= 4_096, !bytes.contains(where: { $0 < 0x20 }) else { return false }
    if bytes.first == UInt8(ascii: "/") { return bytes.count > 1 }
    return bytes.count > 3 && isLetter(bytes[0]) && bytes[1] == UInt8(ascii: ":")
      && (bytes[2] == UInt8(ascii: "\\") || bytes[2] == UInt8(ascii: "/"))
  }

  /// A path that goes down from where it begins, and nowhere else: `stubs/systemd`.
  static func isPathBeside(_ text: String) -> Bool {
    guard text.utf8.count <= ToolTest.Stubs.maxPathCharacters else { return false }
    let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    return parts.allSatisfy { part in
      !part.isEmpty && part.first != UInt8(ascii: ".")
        && part.allSatisfy { isLetter($0) || isDigit($0) || "._-".utf8.contains($0) }
    }
  }

  /// SemVer 2.0.0, section 9 and 10 included.
  static func isSemanticVersion(_ text: String) -> Bool {
    guard text.utf8.count <= 64 else { return false }
    let build = text.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
    if build.count == 2, !areIdentifiers(build[1], numbersArePlain: false) { return false }
    let release = build[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    if release.count == 2, !areIdentifiers(release[1], numbersArePlain: true) { return false }
    let numbers = release[0].split(separator: ".", omittingEmptySubsequences: false)
    return numbers.count == 3 && numbers.allSatisfy { isPlainNumber($0) }
  }

  private static func areIdentifiers(_ text: Substring, numbersArePlain: Bool) -> Bool {
    text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
      guard !part.isEmpty,
        part.utf8.allSatisfy({ isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "-") })
      else { return false }
      return !numbersArePlain || !part.utf8.allSatisfy(isDigit) || isPlainNumber(part)
    }
  }

  /// Digits without a zero in front.
  static func isPlainNumber(_ text: some StringProtocol) -> Bool {
    guard let first = text.utf8.first, text.utf8.allSatisfy(isDigit) else { return false }
    return text.utf8.count == 1 || first != UInt8(ascii: "0")
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
  }
}
