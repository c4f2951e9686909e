import JSON
import Schema

/// Decides whether every value that one schema admits is admitted by another, and if not, where and
/// why. What it cannot decide it says too; it never takes a change for harmless that is not.
///
/// The first schema is held as a conjunction of plain objects; each keyword of the second has to
/// follow from them.
struct Containment {
  typealias Conjunction = [JSONObject]

  /// Schemas compared with each other; more is undecided.
  static let maxSteps = 20_000
  /// Alternatives of the first schema that are looked at one by one.
  static let maxCases = 64

  private(set) var findings: [Finding] = []
  /// Members that are filled in before the second schema is asked.
  let filled: Set<JSONPointer>
  /// Texts that may prove that a pattern refuses something.
  let witnesses: [String]
  private var steps = 0

  /// - Parameters:
  ///   - filled: places where a default stands in for an absent member.
  ///   - witnesses: texts of the kind that the schemas are about.
  static func findings(
    of first: JSON, in second: JSON, filled: Set<JSONPointer> = [], witnesses: [String] = []
  ) -> [Finding] {
    let root = JSONPointer()
    guard let one = PlainSchema.tree(of: first), let other = PlainSchema.tree(of: second) else {
      return [Finding(place: root, kind: .undecided("the schema is very large; it"))]
    }
    if one == other { return [] }
    if one.hasReference || other.hasReference {
      return [Finding(place: root, kind: .undecided("a schema that contains itself"))]
    }
    var containment = Containment(filled: filled, witnesses: witnesses)
    guard let conjunction = containment.parts(of: one) else { return [] }
    containment.check(conjunction, other, root)
    return containment.findings
  }

  private init(filled: Set<JSONPointer>, witnesses: [String]) {
    self.filled = filled
    self.witnesses = witnesses
  }

  // MARK: - Checking

  mutating func add(_ place: JSONPointer, _ kind: Finding.Kind) {
    let finding = Finding(place: place, kind: kind)
    if !findings.contains(finding) { findings.append(finding) }
  }

  /// Finds what `first` admits and `second` does not.
  mutating func check(_ first: Conjunction, _ second: JSON, _ place: JSONPointer) {
    steps += 1
    guard steps <= Self.maxSteps else {
      return add(JSONPointer(), .undecided("the schema is very large; it"))
    }
    switch second {
    case .object(var object):
      if first.contains(object) { return }
      for part in object["allOf"]?.array ?? [] { check(first, part, place) }
      object["allOf"] = nil
      if object.isEmpty { return }
      for alternative in cases(of: first) { check(alternative, object, place) }
    case .bool(false):
      if !types(of: first).isEmpty { add(place, .refused) }
    case .bool, .null, .number, .string, .array: break
    }
  }

  private mutating func check(
    _ first: Conjunction, _ second: JSONObject, _ place: JSONPointer
  ) {
    let types = types(of: first)
    if types.isEmpty { return }
    if let values = values(of: first, types) { return check(values, second, place) }
    let lost = types.subtracting(
      second["type"].map { Types(JSONObject([("type", $0)])) } ?? Types.all)
    if !lost.isEmpty { add(place, .types(lost.names)) }
    let rest = types.subtracting(lost)
    if let choice = second["enum"]?.array ?? second["const"].map({ [$0] }) {
      return add(place, .choice(choice))
    }
    if !rest.isDisjoint(with: .number) { checkNumbers(first, second, rest, place) }
    if rest.contains(.string) { checkStrings(first, second, place) }
    if rest.contains(.array) { checkItems(first, second, place) }
    if rest.contains(.object) { checkMembers(first, second, place) }
    checkAlternatives(first, second, rest, place)
    checkOthers(first, second, place)
  }

  /// Of a few values each is asked for itself.
  private mutating func check(
    _ values: [JSON], _ second: JSONObject, _ place: JSONPointer
  ) {
    guard let schema = try? Schema(.object(second), options: .strict) else {
      return add(place, .undecided("the schema"))
    }
    let lost = values.filter { !schema.validate($0).isEmpty }
    if !lost.isEmpty { add(place, .values(lost)) }
  }

  /// What a check would find, without finding it.
  mutating func trial(_ first: Conjunction, _ second: JSON, _ place: JSONPointer) -> [Finding] {
    var copy = self
    copy.findings = []
    copy.check(first, second, place)
    steps = copy.steps
    return copy.findings
  }

  /// Keywords that no rule here knows, or that work together in ways of their own: only when the
  /// first schema has the very same is anything known.
  private mutating func checkOthers(
    _ first: Conjunction, _ second: JSONObject, _ place: JSONPointer
  ) {
    let groups = [
      ["not"], ["if", "then", "else"], ["contains", "minContains", "maxContains"],
      ["dependentRequired"], ["dependentSchemas"],
    ]
    for group in groups where second[group[0]] != nil {
      let isThere = first.contains { part in group.allSatisfy { part[$0] == second[$0] } }
      if !isThere { add(place, .undecided(group[0])) }
    }
    for keyword in second.keys where !Self.known.contains(keyword) {
      add(place, .undecided(keyword))
    }
  }

  private static let known: Set<String> = [
    "type", "enum", "const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
    "multipleOf", "minLength", "maxLength", "pattern", "format", "minItems", "maxItems",
    "uniqueItems", "items", "prefixItems", "contains", "minContains", "maxContains", "required",
    "properties", "patternProperties", "additionalProperties", "propertyNames", "minProperties",
    "maxProperties", "anyOf", "oneOf", "not", "if", "then", "else", "dependentRequired",
    "dependentSchemas",
  ]
}

// MARK: - Conjunctions

extension Containment {
  /// A plain schema as a conjunction; `nil` if it admits nothing.
  func parts(of schema: JSON) -> Conjunction? {
    switch schema {
    case .bool(let admits): return admits ? [] : nil
    case .object(var object):
      let all = object["allOf"]?.array ?? []
      object["allOf"] = nil
      var found: Conjunction = object.isEmpty ? [] : [object]
      for part in all {
        guard let parts = parts(of: part) else { return nil }
        found += parts
      }
      return found
    case .null, .number, .string, .array: return []
    }
  }

  func types(of conjunction: Conjunction) -> Types {
    conjunction.reduce(.all) { $0.intersection(Types($1)) }
  }

  /// The values that are admitted, if they are a list of values at all.
  private func values(of conjunction: Conjunction, _ types: Types) -> [JSON]? {
    var values: [JSON]?
    for part in conjunction where values == nil {
      values = part["enum"]?.array ?? part["const"].map { [$0] }
    }
    if values == nil, types.isSubset(of: [.null, .boolean]) {
      values = [.null, true, false]
    }
    guard let values,
      let schema = try? Schema(
        ["allOf": .array(conjunction.map(JSON.object))], options: .strict)
    else { return nil }
    return values.filter { schema.validate($0).isEmpty }
  }

  /// The alternatives that `anyOf` and `oneOf` offer, one by one. Of `oneOf` that is a little more
  /// than it admits.
  private func cases(of conjunction: Conjunction) -> [Conjunction] {
    var done: [Conjunction] = []
    var open = [conjunction]
    while let next = open.popLast() {
      guard done.count + open.count < Self.maxCases else { return [conjunction] }
      guard let (index, keyword) = choice(in: next) else {
        done.append(next)
        continue
      }
      var rest = next
      let branches = rest[index][keyword]?.array ?? []
      rest[index][keyword] = nil
      open += branches.reversed().compactMap { parts(of: $0).map { rest + $0 } }
    }
    return done
  }

  private func choice(in conjunction: Conjunction) -> (Int, String)? {
    for (index, part) in conjunction.enumerated() {
      for keyword in ["anyOf", "oneOf"] where part[keyword] != nil { return (index, keyword) }
    }
    return nil
  }
}

extension JSON {
  /// Whether a reference is left in a plain schema.
  fileprivate var hasReference: Bool {
    switch self {
    case .object(let object):
      object["$ref"]?.string != nil || object["$dynamicRef"]?.string != nil
        || object.members.contains { $0.value.hasReference }
    case .array(let items): items.contains(where: \.hasReference)
    case .null, .bool, .number, .string: false
    }
  }
}
