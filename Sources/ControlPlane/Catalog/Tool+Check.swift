package import JSON
package import Schema
internal import Tools

/// What the tool says to a call's arguments.
package enum ArgumentCheck: Sendable, Hashable {
  /// The arguments with every default filled in.
  case valid(JSON)
  case invalid([Violation])
}

extension Tool {
  /// Judges arguments before anything is accepted: by the schema, and by whether a process could be
  /// started with them. A secret never stands in a violation.
  package func check(arguments given: JSON) -> ArgumentCheck {
    let arguments = self.arguments.applyingDefaults(to: given)
    var violations = self.arguments.validate(arguments)
    if violations.isEmpty { violations = bindingViolations(arguments) }
    guard violations.isEmpty else {
      return .invalid(violations.map { hidingSecrets($0, in: arguments) })
    }
    return .valid(arguments)
  }

  /// Any of the variants may be the one that runs.
  private func bindingViolations(_ arguments: JSON) -> [Violation] {
    var violations: [Violation] = []
    for (index, variant) in plan.variants.enumerated() {
      do throws(BindingError) {
        _ = try variant.input.resolve(arguments: arguments)
      } catch {
        let violation = Violation(
          instancePointer: error.pointer.text, schemaPointer: "/run/\(index)/input",
          keyword: "binding", expected: error.remedy, actual: error.message)
        if !violations.contains(where: { $0.instancePointer == violation.instancePointer }) {
          violations.append(violation)
        }
      }
    }
    return violations
  }

  private func hidingSecrets(_ violation: Violation, in arguments: JSON) -> Violation {
    let place = (try? JSONPointer(violation.instancePointer))?.tokens ?? []
    let isSecret = redact.contains { place.starts(with: $0.tokens) }
    let secrets = plan.secrets(in: arguments)
    guard isSecret || secrets.contains(where: violation.actual.contains) else { return violation }
    return Violation(
      instancePointer: violation.instancePointer, schemaPointer: violation.schemaPointer,
      keyword: violation.keyword, expected: violation.expected, actual: "(redacted)")
  }
}
