/// One thing that is wrong with a definition: where, which rule, what, and the next step.
package struct DefinitionError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The path as it was given, or `definition` for one that was stored.
  package let file: String
  package let line: Int
  package let column: Int
  package let rule: Rule
  package let message: String
  package let remedy: String

  package init(
    file: String, line: Int, column: Int, rule: Rule, message: String, remedy: String
  ) {
    self.file = file
    self.line = line
    self.column = column
    self.rule = rule
    self.message = message
    self.remedy = remedy
  }

  package var description: String {
    "\(file):\(line):\(column): \(message); \(remedy) [\(rule.code) \(rule.rawValue)]"
  }
}

/// Everything that is wrong with one definition, by position.
package struct DefinitionErrors: Error, Sendable, Hashable, CustomStringConvertible {
  package let errors: [DefinitionError]

  package init(_ errors: [DefinitionError]) { self.errors = errors }

  package var description: String { errors.map(\.description).joined(separator: "\n") }
}

/// Collects what is wrong while a definition is read. A class, because every reader of a part adds
/// to the one list.
final class Faults {
  /// More than anyone reads; the rest shows once these are mended.
  static let maxCount = 200

  private struct Fault: Hashable {
    let position: Position
    let rule: Rule
    let message: String
    let remedy: String
  }

  private var list: [Fault] = []
  private var seen: Set<Fault> = []

  var isEmpty: Bool { list.isEmpty }
  var isFull: Bool { list.count >= Self.maxCount }

  func add(_ rule: Rule, at position: Position, _ message: String, remedy: String) {
    let fault = Fault(position: position, rule: rule, message: message, remedy: remedy)
    guard !isFull, seen.insert(fault).inserted else { return }
    list.append(fault)
  }

  func errors(file: String) -> DefinitionErrors {
    let sorted = list.enumerated().sorted {
      ($0.element.position, $0.offset) < ($1.element.position, $1.offset)
    }
    return DefinitionErrors(
      sorted.map { _, fault in
        DefinitionError(
          file: file, line: fault.position.line, column: fault.position.column, rule: fault.rule,
          message: fault.message, remedy: fault.remedy)
      })
  }
}
