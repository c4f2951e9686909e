import JSON

extension Compiler {
  /// Works out the default that each subschema gives, with the defaults inside of it filled in.
  ///
  /// A strict schema is refused where one breaks its own schema or has no end. In the standard a
  /// default is a remark, and need not fit; what cannot be filled in is then left out.
  mutating func fillDefaults() {
    guard schematic.subschemas.contains(where: { $0.ownDefault != nil }) else { return }
    var filler = DefaultFiller(subschemas: schematic.subschemas, limits: limits)
    let defaults = schematic.subschemas.indices.map {
      filler.standard(for: $0, depth: limits.maxEvaluationDepth)
    }
    if let failure = filler.failure {
      if options.isStrict { refuse(failure) }
      return
    }
    schematic.defaults = defaults
    if options.isStrict { checkDefaults(defaults) }
  }

  private mutating func checkDefaults(_ defaults: [FilledDefault?]) {
    var explanation = Explanation(schematic: schematic, limits: limits)
    for place in schematic.subschemas.indices {
      guard schematic.subschemas[place].ownDefault != nil, let value = defaults[place]?.value,
        let violation = explanation.violations(of: value, at: place).first
      else { continue }
      error(
        .defaultValue, place, "default", "the default does not fit its own schema: \(violation)")
    }
  }

  private mutating func refuse(_ failure: DefaultFiller.Failure) {
    switch failure {
    case .circular(let place):
      error(.defaultValue, place, "default", "the default would contain itself without end")
    case .tooLarge(let place):
      error(
        .defaultsLimit, place, "default",
        "the default has more than \(limits.maxDefaultValues) values, those inside included")
    case .exhausted, .tooDeep:
      error(.defaultsLimit, 0, nil, "filling in the defaults inside of defaults costs too much")
    }
  }
}
