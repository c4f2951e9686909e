internal import Catalog

/// Collects what lint finds in one definition. A class, because every rule adds to the one list.
final class Findings {
  /// More than anyone reads; the rest shows once these are mended.
  static let maxCount = 200

  let file: String
  private(set) var list: [Finding] = []
  private var seen: Set<Finding> = []

  init(file: String) { self.file = file }

  var isFull: Bool { list.count >= Self.maxCount }

  func add(
    _ rule: LintRule, at position: Position, length: Int = 1, _ message: String, remedy: String
  ) {
    add(
      Finding(
        file: file, code: rule.code, severity: rule.severity, position: position, length: length,
        message: message, remedy: remedy))
  }

  /// - Parameter range: bytes of the script.
  func add(
    _ rule: LintRule, in script: Script, _ range: Range<Int>, _ message: String, remedy: String
  ) {
    // Finding the place takes time, and a hostile script has no end of faults.
    guard !isFull else { return }
    let place = script.place(range)
    add(rule, at: place.position, length: place.length, message, remedy: remedy)
  }

  func add(_ finding: Finding) {
    guard !isFull, seen.insert(finding).inserted else { return }
    list.append(finding)
  }
}

/// A stretch of one line.
struct Place {
  let position: Position
  let length: Int
}
