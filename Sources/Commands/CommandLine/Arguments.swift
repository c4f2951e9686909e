/// What was given to a command, checked against its declaration.
package struct Arguments: Sendable {
  /// The names from the program on: `signalbox calls show`.
  package internal(set) var path: [String] = []
  var options: [String: [String]] = [:]
  var switches: Set<String> = []
  var positionals: [String: [String]] = [:]

  package init() {}

  /// The value of an option; the last one if it may come more than once.
  package subscript(_ option: String) -> String? { options[option]?.last }

  package func all(_ option: String) -> [String] { options[option] ?? [] }

  package func has(_ name: String) -> Bool { switches.contains(name) }

  /// The values of a positional.
  package func values(_ positional: String) -> [String] { positionals[positional] ?? [] }

  package func value(_ positional: String) -> String? { positionals[positional]?.first }

  /// A positional that the declaration requires.
  package func required(_ positional: String) -> String {
    guard let value = value(positional) else {
      preconditionFailure("\(positional) is not declared as required")
    }
    return value
  }

  /// A whole number within `range`.
  package func integer(
    _ option: String, in range: ClosedRange<Int>
  ) throws(UsageError) -> Int? {
    guard let text = self[option] else { return nil }
    guard let number = Int(text), range.contains(number) else {
      throw UsageError(
        "--\(option) is a whole number from \(range.lowerBound) to \(range.upperBound),"
          + " not \"\(Visible.text(text))\"", path: path)
    }
    return number
  }

  /// A length of time such as `500ms`, `30s`, `5m`, `24h` or `7d`, in milliseconds.
  package func milliseconds(_ option: String) throws(UsageError) -> Int? {
    guard let text = self[option] else { return nil }
    guard let value = Self.milliseconds(text) else {
      throw UsageError(
        "--\(option) is a whole number with a unit, such as 500ms, 30s, 5m, 24h or 7d, not"
          + " \"\(Visible.text(text))\"", path: path)
    }
    return value
  }

  private static func milliseconds(_ text: String) -> Int? {
    let digits = text.utf8.prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
    guard let count = Int(String(decoding: digits, as: UTF8.self)) else { return nil }
    let factor: Int
    switch String(decoding: text.utf8.dropFirst(digits.count), as: UTF8.self) {
    case "ms": factor = 1
    case "s": factor = 1_000
    case "m": factor = 60_000
    case "h": factor = 3_600_000
    case "d": factor = 86_400_000
    default: return nil
    }
    let (value, overflow) = count.multipliedReportingOverflow(by: factor)
    return overflow ? nil : value
  }
}

/// A command line that does not say what to do.
package struct UsageError: Error, Sendable, Hashable, CustomStringConvertible {
  package let message: String
  /// The command whose help would tell more.
  package let path: [String]

  package init(_ message: String, path: [String]) {
    self.message = message
    self.path = path
  }

  package var remedy: String { "see \"\(path.joined(separator: " ")) --help\"" }
  package var description: String { "\(message); \(remedy)" }
}

/// A command that could not do what it was asked: what, the next step, and the exit status.
package struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
  /// Stable, for programs.
  package let code: String
  package let message: String
  package let remedy: String
  package let exit: ExitCode

  package init(_ code: String, _ message: String, remedy: String = "", exit: ExitCode) {
    self.code = code
    self.message = message
    self.remedy = remedy
    self.exit = exit
  }

  package var description: String { remedy.isEmpty ? message : "\(message); \(remedy)" }
}
