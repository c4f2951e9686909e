package import JSON

/// One thing in which a version of a tool differs from another, and what it means to callers.
package struct Change: Sendable, Hashable {
  package enum Effect: String, Sendable, CaseIterable {
    /// Calls that were right may not be, or mean something else.
    case incompatible
    /// Something is offered that was not.
    case addition
    /// Callers need not know.
    case detail
  }

  /// The field: `arguments/unit`.
  package let place: String
  package let what: String
  package let effect: Effect
  /// Whether that is known, or only not known to be harmless.
  package let isDecided: Bool

  init(_ place: String, _ what: String, _ effect: Effect, isDecided: Bool = true) {
    self.place = place
    self.what = what
    self.effect = effect
    self.isDecided = isDecided
  }

  package var step: SemanticVersion.Step {
    switch effect {
    case .incompatible: .major
    case .addition: .minor
    case .detail: .patch
    }
  }

  package var json: JSON {
    [
      "place": .string(place), "what": .string(what), "effect": .string(effect.rawValue),
      "decided": .bool(isDecided),
    ]
  }
}
