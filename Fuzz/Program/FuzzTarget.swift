import Imports

/// What is fed with inputs. Each takes any bytes; it traps where what must always hold does not.
enum FuzzTarget: String, CaseIterable {
  /// A definition: the loader, the rules of lint, and the tests that run nothing.
  case yaml
  case json
  /// A schema, in each dialect.
  case schema
  /// A schema on the first line, and an instance on those after it.
  case validator
  /// A pattern on the first line, and a text on those after it.
  case pattern
  /// A library: see `Library`.
  case tactical
  case bolt
  case ssm

  func take(_ bytes: [UInt8]) {
    switch self {
    case .yaml: Definitions.take(bytes)
    case .json: Values.take(bytes)
    case .schema: Schemas.compile(bytes)
    case .validator: Schemas.check(bytes)
    case .pattern: Patterns.take(bytes)
    case .tactical: Libraries.take(bytes, as: .tactical)
    case .bolt: Libraries.take(bytes, as: .bolt)
    case .ssm: Libraries.take(bytes, as: .ssm)
    }
  }
}

/// Ends the process, so that libFuzzer keeps the input, where a claim about it is false.
func expect(_ holds: Bool, _ claim: @autoclosure () -> String) {
  guard !holds else { return }
  fatalError(claim())
}

extension [UInt8] {
  /// What stands before the first line feed, and what stands after it.
  var firstLineAndRest: (line: [UInt8], rest: [UInt8]) {
    guard let end = firstIndex(of: 0x0A) else { return (self, []) }
    return (Array(self[..<end]), Array(self[(end + 1)...]))
  }
}
