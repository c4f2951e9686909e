import JSON
import Patterns

/// Reads a schema and all that it refers to, and notes every error on the way rather than only the
/// first.
struct Compiler {
  let options: SchemaOptions
  let limits: SchemaLimits
  var schematic = Schematic()
  /// The subschemas of each subschema, by the steps that lead to them.
  var children: [[Edge: Int]] = []
  /// What was given or registered, by its first subschema.
  var documents: [Int: JSON] = [:]
  var resources: [String: Int] = [:]
  /// References that wait until their document is read.
  var references: [Reference] = []
  /// Places that are subschemas only because a reference leads there.
  var others: [Elsewhere: Int] = [:]
  private(set) var errors: [SchemaError] = []
  private var patterns: [ExactKey: Pattern] = [:]
  private var reportedBytes = 0
  private(set) var limitsMet: Set<SchemaError.Reason> = []

  struct Edge: Hashable {
    let keyword: String
    /// The key or index, where the keyword has several subschemas.
    let key: ExactKey?
  }

  struct Reference {
    let place: Int
    /// Which of the rules it becomes.
    let rule: Int
    let keyword: String
    let text: String
    let uri: URIReference
  }

  /// Where a subschema stands.
  struct Site {
    let parent: Int
    let edge: [String]
    let depth: Int
  }

  static let maxErrors = 100

  static func compile(
    _ json: JSON, options: SchemaOptions, limits: SchemaLimits
  ) throws(SchemaErrors) -> Schematic {
    var compiler = Compiler(options: options, limits: limits)
    compiler.document(json, at: "")
    compiler.resolveReferences()
    if compiler.errors.isEmpty { compiler.refuseEndlessSchemas() }
    if compiler.errors.isEmpty { compiler.fillDefaults() }
    guard compiler.errors.isEmpty else { throw SchemaErrors(errors: compiler.errors) }
    return compiler.schematic
  }

  private init(options: SchemaOptions, limits: SchemaLimits) {
    self.options = options
    self.limits = limits
  }

  /// Reads a document, and gives the number of its first subschema.
  @discardableResult
  mutating func document(_ json: JSON, at uri: String) -> Int {
    let root = schematic.subschemas.count
    documents[root] = json
    let resource = Resource(
      uri: URIReference(uri), root: root, document: root, grammar: Grammar(options.dialect))
    schematic.resources.append(resource)
    if resources[uri] == nil { resources[uri] = schematic.resources.count - 1 }
    schematic.subschemas.append(
      Subschema(parent: nil, edge: [], resource: schematic.resources.count - 1))
    children.append([:])
    read(json, root, depth: 0)
    return root
  }

  /// Reads one subschema and those in it, and gives its number.
  mutating func subschema(_ json: JSON, _ site: Site) -> Int {
    let place = schematic.subschemas.count
    let outer = schematic.subschemas[site.parent].resource
    schematic.subschemas.append(
      Subschema(parent: site.parent, edge: site.edge, resource: outer))
    children.append([:])
    if let keyword = site.edge.first, site.edge.count <= 2 {
      let key = site.edge.count == 2 ? ExactKey(site.edge[1]) : nil
      children[site.parent][Edge(keyword: keyword, key: key)] = place
    }
    read(json, place, depth: site.depth)
    return place
  }

  private mutating func read(_ json: JSON, _ place: Int, depth: Int) {
    guard place < limits.maxSubschemas else {
      limitMet(
        .subschemasLimit, place, "the schema has more than \(limits.maxSubschemas) subschemas")
      return
    }
    guard depth <= limits.maxDepth else {
      limitMet(.depthLimit, place, "subschemas are nested deeper than \(limits.maxDepth)")
      return
    }
    switch json {
    case .bool(true): break
    case .bool(false): schematic.subschemas[place].rules = [.never]
    case .object(let object):
      identify(object, place)
      keywords(of: object, place, depth: depth)
    case .null, .number, .string, .array:
      error(.keywordValue, place, nil, "a schema is an object, true or false")
    }
  }

  func grammar(of place: Int) -> Grammar {
    schematic.resources[schematic.subschemas[place].resource].grammar
  }

  // MARK: Errors

  mutating func error(
    _ reason: SchemaError.Reason, _ place: Int, _ keyword: String?, _ message: String
  ) {
    guard errors.count < Self.maxErrors, reportedBytes < limits.maxReportBytes else {
      if limitsMet.insert(.errorsLimit).inserted {
        errors.append(
          SchemaError(
            reason: .errorsLimit, pointer: "", message: "there are more errors than shown here"))
      }
      return
    }
    let pointer = schematic.location(of: place, keyword)
    reportedBytes += pointer.utf8.count + message.utf8.count
    errors.append(SchemaError(reason: reason, pointer: pointer, message: message))
  }

  /// Notes a limit once, however often it is met.
  mutating func limitMet(_ reason: SchemaError.Reason, _ place: Int, _ message: String) {
    if limitsMet.insert(reason).inserted { error(reason, place, nil, message) }
  }

  // MARK: Patterns

  mutating func pattern(_ text: String, _ place: Int, _ keyword: String) -> Pattern? {
    if let known = patterns[ExactKey(text)] { return known }
    guard patterns.count < limits.maxPatterns else {
      limitMet(
        .patternsLimit, place, "the schema has more than \(limits.maxPatterns) different patterns")
      return nil
    }
    do throws(PatternError) {
      let pattern = try Pattern(text)
      patterns[ExactKey(text)] = pattern
      return pattern
    } catch {
      self.error(.pattern, place, keyword, "the pattern \(text.quoted()): \(error)")
      return nil
    }
  }
}
