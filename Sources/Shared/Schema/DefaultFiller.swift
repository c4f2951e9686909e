import JSON

/// A default as it is filled in: the defaults inside of it are there already.
struct FilledDefault: Sendable {
  let value: JSON
  let valueCount: Int
}

/// Fills in the defaults of missing members.
///
/// It visits no more places than `Evaluation`, which also charges for each default that is missing:
/// so where the work is used up here, it is used up there.
struct DefaultFiller {
  private let nodes: [Node]
  private let limits: SchemaLimits
  private var work: Int
  private var standards: [Standard]
  /// Why it has stopped.
  private(set) var failure: Failure?

  enum Failure {
    case exhausted
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
  init(nodes: [Node], limits: SchemaLimits) {
    self.nodes = nodes
    self.limits = limits
    work = limits.maxWork
    standards = Array(repeating: .unknown, count: nodes.count)
  }

  init(program: Program) {
    nodes = program.nodes
    limits = program.limits
    work = program.limits.maxWork
    standards = program.defaults.map(Standard.known)
  }

  /// The value with its defaults; `nil` if none was missing.
  mutating func fill(_ node: Int, _ value: JSON, depth: Int) -> JSON? {
    guard charge(1), depth > 0 else {
      stop(.exhausted)
      return nil
    }
    var filled: JSON?
    for check in nodes[node].checks {
      let value = filled ?? value
      switch check {
      case .reference(let target): filled = fill(target, value, depth: depth - 1) ?? filled
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
        .itemCount, .uniqueItems, .contains, .memberCount, .required, .propertyNames, .anyOf,
        .oneOf, .not, .condition:
        break
      }
    }
    return filled
  }

  /// The default that a subschema gives: its own, or that of the one it refers to.
  mutating func standard(for node: Int, depth: Int) -> FilledDefault? {
    switch standards[node] {
    case .known(let standard): return standard
    case .open:
      stop(.circular(node))
      return nil
    case .unknown: break
    }
    standards[node] = .open
    let standard = filledDefault(of: node, depth: depth)
    standards[node] = .known(standard)
    return standard
  }

  private mutating func filledDefault(of node: Int, depth: Int) -> FilledDefault? {
    guard let own = nodes[node].ownDefault else {
      guard let target = nodes[node].checks.compactMap(\.referenceTarget).first else { return nil }
      return standard(for: target, depth: depth)
    }
    let value = fill(node, own, depth: depth) ?? own
    let count = value.valueCount
    if count > limits.maxDefaultValues { stop(.tooLarge(node)) }
    return FilledDefault(value: value, valueCount: count)
  }

  private mutating func fill(
    _ members: Check.Members, _ object: JSONObject, depth: Int
  ) -> JSON? {
    var filled: JSONObject?
    for key in members.keys {
      guard failure == nil, let node = members.properties[ExactKey(key)] else { break }
      if let value = object[key] {
        if let new = fill(node, value, depth: depth) {
          if filled == nil { filled = object }
          filled?[key] = new
        }
      } else if let standard = standard(for: node, depth: depth), charge(standard.valueCount) {
        if filled == nil { filled = object }
        filled?.append(key, standard.value)
      }
    }
    return filled.map(JSON.object)
  }

  private mutating func fill(_ items: Check.Items, _ elements: [JSON], depth: Int) -> JSON? {
    var filled: [JSON]?
    for (place, element) in elements.enumerated() {
      guard failure == nil,
        let node = place < items.prefix.count ? items.prefix[place] : items.rest
      else { break }
      if let new = fill(node, element, depth: depth) {
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
