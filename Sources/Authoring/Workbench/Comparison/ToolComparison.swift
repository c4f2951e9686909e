package import Catalog
package import JSON

/// Whether one version of a tool can take the place of another for its callers, and which step of
/// the version says so.
package struct ToolComparison: Sendable {
  package let old: Tool
  package let new: Tool
  /// The incompatible ones first.
  package private(set) var changes: [Change] = []

  package init(_ old: Tool, _ new: Tool) {
    self.old = old
    self.new = new
    compareHead()
    compareArguments()
    compareResults()
    compareExecution()
    compareHandling()
    let order = Change.Effect.allCases
    changes = order.flatMap { effect in changes.filter { $0.effect == effect } }
  }

  mutating func add(
    _ place: String, _ what: String, _ effect: Change.Effect, isDecided: Bool = true
  ) {
    let change = Change(place, what, effect, isDecided: isDecided)
    if !changes.contains(change) { changes.append(change) }
  }

  // MARK: - The verdict

  package var isCompatible: Bool { !changes.contains { $0.effect == .incompatible } }

  /// The step that semver asks for, by the changes alone.
  package var change: SemanticVersion.Step { changes.map(\.step).max() ?? .none }

  /// The step that semver asks for, from the old version on.
  package var neededStep: SemanticVersion.Step {
    SemanticVersion(old.version)?.needed(for: change) ?? change
  }

  /// The step that was taken; `nil` if the new version does not come after the old one.
  package var takenStep: SemanticVersion.Step? {
    guard let from = SemanticVersion(old.version), let to = SemanticVersion(new.version) else {
      return nil
    }
    if old.version == new.version { return SemanticVersion.Step.none }
    return from.step(to: to)
  }

  /// Whether the version says what changed.
  package var isVersionEnough: Bool {
    takenStep.map { $0 >= neededStep } ?? (neededStep == .none && old.version == new.version)
  }

  /// The least version that would say it.
  package var neededVersion: String {
    SemanticVersion(old.version)?.after(neededStep) ?? old.version
  }

  package var json: JSON {
    func side(_ tool: Tool) -> JSON {
      [
        "name": .string(tool.name), "version": .string(tool.version),
        "digest": .string(tool.digest),
      ]
    }
    return [
      "old": side(old), "new": side(new), "compatible": .bool(isCompatible),
      "changes": .array(changes.map(\.json)),
      "version": [
        "needed": .string(neededStep.rawValue),
        "taken": takenStep.map { .string($0.rawValue) } ?? .null,
        "enough": .bool(isVersionEnough), "least": .string(neededVersion),
      ],
    ]
  }
}
