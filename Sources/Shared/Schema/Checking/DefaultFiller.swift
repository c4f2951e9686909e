import JSON

/// A default as it is filled in: the defaults inside of it are there already.
struct FilledDefault: Sendable {
  let value: JSON
  let valueCount: Int
}

/// Fills in the defaults of missing members.
struct DefaultFiller {
  private let subschemas: [Subschema]
  private let limits: SchemaLimits
  private var work: Int
  private var standards: [Standard]
  /// Why it has stopped.
  private(set) var failure: Failure?

  enum Failure {
    case exhausted
    case tooDeep
    case circular(Int)
    case tooLarge(Int)
  }

  /// What is known of the default of a subschema.
  private enum Standard {
    case unknown
    /// Being worked out: whoever asks for it now is inside of it.
    case open
    case known(FilledDefault?)
  }

  /// Finds out the defaults as it goes: for a schema that is being read.
  init(subschemas: [Subschema], limits: SchemaLimits) {
    self.subschemas = subschemas
    self.limits = limits
    work = limits.maxWork
    standards = Array(repeating: .unknown, count: subschemas.count)
  }

  init(schematic: Schematic, limits: SchemaLimits) {
    subschemas = schematic.subschemas
    self.limits = limits
    work = limits.maxWork
    standards = schematic.defaults.map(Standard.known)
  }

  /// The value with its defaults; `nil` if none was missing.
  mutating func fill(_ place: Int, _ value: JSON, depth: Int) -> JSON? {
    guard charge(1) else { return nil }
    guard depth > 0 else {
      stop(.tooDeep)
      return nil
    }
    var filled: JSON?
    for rule in subschemas[place].rules {
      let value = filled ?? value
      switch rule {
      case .reference(let target, _): filled = fill(target, value, depth: depth - 1) ?? filled
      case .allOf(let targets):
        for target in targets {
          filled = fill(target, filled ?? value, depth: depth - 1) ?? filled
        }
      case .members(let members):
        if case .object(let object) = value {
          filled = fill(members, object, depth: depth - 1) ?? filled
        }
      case .items(let items):
        if case .array(let elements) = value {
          filled = fill(items, elements, depth: depth - 1) ?? filled
        }
      case .never, .type, .constant, .enumeration, .bound, .multiple, .length, .pattern, .format,
        .content, .itemCount, .uniqueItems, .contains, .memberCount, .required, .propertyNames,
        .dependentRequired, .dependentSchemas, .dynamicReference, .anyOf, .oneOf, .not, .condition,
        .unevaluatedItems, .unevaluatedProperties:
        break
      }
    }
    return filled
  }

  /// The default that a subschema gives: its own, or that of the one it refers to.
  mutating func standard(for place: Int, depth: Int) -> FilledDefault? {
    switch standards[place] {
    case .known(let standard): return standard
    case .open:
      stop(.circular(place))
      return nil
    case .unknown: break
    }
    standards[place] = .open
    let standard = filledDefault(of: place, depth: depth)
    standards[place] = .known(standard)
    return standard
  }

  private mutating func filledDefault(of place: Int, depth: Int) -> FilledDefault? {
    guard let own = subschemas[place].ownDefault else {
      guard let target = subschemas[place].rules.compactMap(\.referenceTarget).first else {
        return nil
      }
      return standard(for: target, depth: depth)
    }
    let value = fill(place, own, depth: depth) ?? own
    let count = value.valueCount
    if count > limits.maxDefaultValues { stop(.tooLarge(place)) }
    return FilledDefault(value: value, valueCount: count)
  }

  private mutating func fill(
    _ members: Rule.Members, _ object: JSONObject, depth: Int
  ) -> JSON? {
    var filled: JSONObject?
    for property in members.properties {
      let key = property.key
      guard failure == nil else { break }
      if let value = object[key] {
        if let new = fill(property.target, value, depth: depth) {
          if filled == nil { filled = object }
          filled?[key] = new
        }
      } else if let standard = standard(for: property.target, depth: depth),
        charge(standard.valueCount)
      {
        if filled == nil { filled = object }
        filled?.append(key, standard.value)
      }
    }
    return filled.map(JSON.object)
  }

  private mutating func fill(_ items: Rule.Items, _ elements: [JSON], depth: Int) -> JSON? {
    var filled: [JSON]?
    for (place, element) in elements.enumerated() {
      guard failure == nil,
        let target = place < items.prefix.count ? items.prefix[place] : items.rest
      else { break }
      if let new = fill(target, element, depth: depth) {
        if filled == nil { filled = elements }
        filled?[place] = new
      }
    }
    return filled.map(JSON.array)
  }

  private mutating func charge(_ steps: Int) -> Bool {
    guard failure == nil else { return false }
    work -= steps
    if work < 0 { stop(.exhausted) }
    return failure == nil
  }

  private mutating func stop(_ reason: Failure) {
    if failure == nil { failure = reason }
  }
}
