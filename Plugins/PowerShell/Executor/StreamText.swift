package import PluginKit

/// Where the records of a script go, and how they are written there.
///
/// The output is the output, byte for byte. All other streams share standard error; each of their lines
/// says which it is and when it came, so that they can be taken apart again.
package enum StreamText {
  package static func stream(of record: ScriptRecord) -> CallStream {
    record.stream == .output ? .stdout : .stderr
  }

  /// - Parameter isContinued: the record before was a part of this one.
  package static func text(of record: ScriptRecord, isContinued: Bool) -> String {
    let end = record.isPart ? "" : "\n"
    switch record.stream {
    // Programs have said it as they wanted.
    case .output, .native: return record.text + end
    case .error, .warning, .verbose, .debug, .information:
      let mark = isContinued ? "" : "\(time(record.at)) \(name(record)): "
      return mark + record.text + end
    }
  }

  private static func name(_ record: ScriptRecord) -> String {
    guard record.stream == .error else { return record.stream.rawValue }
    return record.isTerminating ? "terminating error" : "error"
  }

  /// `14:03:07.120`: the day is in the execution record.
  private static func time(_ microseconds: Int64) -> String {
    let milliseconds = max(0, microseconds / 1_000)
    func digits(_ value: Int64, _ count: Int) -> String {
      let text = String(value)
      return String(repeating: "0", count: max(0, count - text.count)) + text
    }
    let seconds = milliseconds / 1_000
    return digits(seconds / 3_600 % 24, 2) + ":" + digits(seconds / 60 % 60, 2) + ":"
      + digits(seconds % 60, 2) + "." + digits(milliseconds % 1_000, 3) + "Z"
  }
}
