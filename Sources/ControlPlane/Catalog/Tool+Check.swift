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
    let arguments: JSON
    do throws(Violation) {
      arguments = try self.arguments.applyingDefaults(to: given)
    } catch {
      return .invalid([error])
    }
    var violations = self.arguments.validate(arguments, redacting: redact)
    // What the schema refuses has no shape to bind.
    if violations.isEmpty { violations = bindingViolations(arguments) }
    return violations.isEmpty ? .valid(arguments) : .invalid(violations)
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
          keyword: "binding", expected: "what a process can be started with",
          actual: error.message)
        if !violations.contains(where: { $0.instancePointer == violation.instancePointer }) {
          violations.append(violation)
        }
      }
    }
    return violations
  }
}
