import JSON

extension Compiler {
  /// Works out the default that each subschema gives, with the defaults inside of it filled in, and
  /// refuses those that break their own schema.
  mutating func filledDefaults() -> [FilledDefault?] {
    var filler = DefaultFiller(nodes: nodes, limits: limits)
    let defaults = nodes.indices.map {
      filler.standard(for: $0, depth: limits.maxEvaluationDepth)
    }
    if let failure = filler.failure {
      refuse(failure)
      return []
    }
    let program = Program(nodes: nodes, defaults: defaults, limits: limits)
    var evaluation = Evaluation(program: program, redacted: [])
    for node in nodes.indices {
      guard nodes[node].ownDefault != nil, let value = defaults[node]?.value,
        let violation = evaluation.violations(of: value, at: node).first
      else { continue }
      error(
        .defaultValue, node, "default", "the default does not fit its own schema: \(violation)")
    }
    return defaults
  }

  private mutating func refuse(_ failure: DefaultFiller.Failure) {
    switch failure {
    case .circular(let node):
      error(.defaultValue, node, "default", "the default would contain itself without end")
    case .tooLarge(let node):
      error(
        .defaultsLimit, node, "default",
        "the default has more than \(limits.maxDefaultValues) values, those inside included")
    case .exhausted:
      error(.defaultsLimit, 0, nil, "filling in the defaults inside of defaults costs too much")
    }
  }
}
