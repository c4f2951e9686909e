import CRE2

/// A regular expression in the syntax of ECMA-262 (flag `u`), as JSON Schema has them, matched in
/// time linear in the text.
///
/// What has no linear-time equal (look-around, back-references), or could mean something else here,
/// is refused when the pattern is read, with the reason.
package final class Pattern: Sendable {
  /// The pattern as its author wrote it.
  package let text: String

  /// The most steps that one byte of text can cost. The usual cost is one step for all patterns.
  private let programSize: Int

  /// RE2 locks the caches that it fills while matching, so one pattern serves all threads
  /// (re2.h: "RE2 objects are thread-safe"). The pointer is set once and freed by `deinit` alone.
  nonisolated(unsafe) private let compiled: OpaquePointer

  /// Characters of a pattern (`pattern.limit.length`).
  package static let maxLength = 4_096
  /// Groups inside each other (`pattern.limit.groups`).
  package static let maxGroupDepth = 100
  /// Bytes of a compiled pattern and its caches (`pattern.limit.size`).
  package static let maxMemoryBytes: Int64 = 1 << 20

  /// What matches instead of the engine, where it can.
  private let automaton: Automaton?

  package init(_ ecmaPattern: String) throws(PatternError) {
    let translated = try Translator.translate(ecmaPattern)
    compiled = try Self.compile(translated)
    automaton = Automaton(translated)
    programSize = Int(cre2_program_size(compiled))
    text = ecmaPattern
  }

  deinit { cre2_free(compiled) }

  /// Whether the pattern is found anywhere in the text.
  package func matches(_ text: String) -> Bool {
    var text = text
    return text.withUTF8(matcher.matches)
  }

  var hasAutomaton: Bool { automaton != nil }

  /// The same, always by RE2.
  package func matchesByEngine(_ text: String) -> Bool {
    var text = text
    let matcher = Matcher(table: nil, compiled: compiled, programSize: programSize)
    return text.withUTF8(matcher.matches)
  }

  package var matcher: Matcher {
    Matcher(table: automaton?.table, compiled: compiled, programSize: programSize)
  }

  /// What matches, without a reference to count: for whoever holds the pattern anyway.
  package struct Matcher: @unchecked Sendable {
    // `@unchecked` for the same reason as the pattern's own address.
    fileprivate let table: Automaton.Table?
    fileprivate let compiled: OpaquePointer
    fileprivate let programSize: Int

    /// Whether the pattern is found anywhere in the text, which is UTF-8.
    package func matches(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
      if let table { return table.matches(bytes) }
      return bytes.withMemoryRebound(to: CChar.self) { chars in
        // An empty buffer may have no address; RE2 asks for one.
        guard let base = chars.baseAddress else { return cre2_matches(compiled, "", 0) }
        return cre2_matches(compiled, base, chars.count)
      }
    }

    /// About how much matching a text of so many bytes may cost, in units of a microsecond at most.
    /// An engine of linear time takes at most one step for each byte and instruction, of up to 50
    /// ns; mostly it takes one of some nanoseconds for each byte, but which it will be nobody
    /// knows.
    package func cost(_ byteCount: Int) -> Int {
      table != nil ? 1 + byteCount >> 5 : 1 + byteCount * (1 + programSize / 16)
    }
  }

  /// Whether the text is a pattern of ECMA-262, be it one that can be matched here or not.
  package static func isRegularExpression(_ text: String) -> Bool { Translator.isPattern(text) }

  private static func compile(_ translated: String) throws(PatternError) -> OpaquePointer {
    var error = [CChar](repeating: 0, count: 256)
    let compiled = unsafe translated.withCString { chars in
      unsafe cre2_new(chars, translated.utf8.count, maxMemoryBytes, &error, error.count)
    }
    if let compiled { return compiled }
    let bytes = error.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    throw refusal(String(decoding: bytes, as: UTF8.self))
  }

  /// The translator has checked the syntax, so what is left are the limits of RE2 (re2.h,
  /// `ErrorCode`) and the scripts that it does not know.
  private static func refusal(_ reason: String) -> PatternError {
    if reason.contains("character class range") {
      return PatternError(
        reason: .unsupported, message: "the engine does not know the script (\(reason))", offset: 0)
    }
    let message =
      reason.contains("repetition")
      ? "repetitions inside each other multiply to more than 1000; repeat less"
      : "the pattern is too large (\(reason)); repeat less or use smaller classes"
    return PatternError(reason: .sizeLimit, message: message, offset: 0)
  }
}
