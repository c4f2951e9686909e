import JSON
import Patterns

/// Reads a schema into a program, and notes every error on the way rather than only the first.
struct Compiler {
  let limits: SchemaLimits
  var nodes: [Node] = []
  /// The subschemas of each subschema, by the steps that lead to them.
  var children: [[Edge: Int]] = []
  /// References that wait until all subschemas are known: where, and what they say.
  var references: [(node: Int, text: String)] = []
  private(set) var errors: [SchemaError] = []
  private var patterns: [ExactKey: Pattern] = [:]
  private var reportedBytes = 0
  private var limitsMet: Set<SchemaError.Reason> = []

  struct Edge: Hashable {
    let keyword: String
    /// The key or index, where the keyword has several subschemas.
    let key: ExactKey?
  }

  static let maxErrors = 100

  static func compile(_ json: JSON, limits: SchemaLimits) throws(SchemaErrors) -> Program {
    var compiler = Compiler(limits: limits)
    _ = compiler.subschema(json, of: nil, "", nil, depth: 0)
    compiler.resolveReferences()
    if compiler.errors.isEmpty { compiler.refuseEndlessSchemas() }
    let defaults = compiler.errors.isEmpty ? compiler.filledDefaults() : []
    guard compiler.errors.isEmpty else { throw SchemaErrors(errors: compiler.errors) }
    return Program(nodes: compiler.nodes, defaults: defaults, limits: limits)
  }

  private init(limits: SchemaLimits) { self.limits = limits }

  /// Reads one subschema and those in it, and gives its number.
  mutating func subschema(
    _ json: JSON, of parent: Int?, _ keyword: String, _ key: String?, depth: Int
  ) -> Int {
    let node = nodes.count
    nodes.append(Node(parent: parent, edge: key.map { [keyword, $0] } ?? [keyword]))
    children.append([:])
    if let parent {
      children[parent][Edge(keyword: keyword, key: key.map(ExactKey.init))] = node
    }
    guard nodes.count <= limits.maxSubschemas else {
      limitMet(
        .subschemasLimit, node, "the schema has more than \(limits.maxSubschemas) subschemas")
      return node
    }
    guard depth <= limits.maxDepth else {
      limitMet(.depthLimit, node, "subschemas are nested deeper than \(limits.maxDepth)")
      return node
    }
    switch json {
    case .bool(true): break
    case .bool(false): nodes[node].checks = [.never]
    case .object(let object): keywords(of: object, node, depth: depth)
    case .null, .number, .string, .array:
      error(.keywordValue, node, nil, "a schema is an object, true or false")
    }
    return node
  }

  // MARK: Errors

  mutating func error(
    _ reason: SchemaError.Reason, _ node: Int, _ keyword: String?, _ message: String
  ) {
    guard errors.count < Self.maxErrors, reportedBytes < limits.maxReportBytes else {
      if limitsMet.insert(.errorsLimit).inserted {
        errors.append(
          SchemaError(
            reason: .errorsLimit, pointer: "", message: "there are more errors than shown here"))
      }
      return
    }
    let place = nodes.pointer(to: node)
    let pointer = (keyword.map(place.appending) ?? place).text
    reportedBytes += pointer.utf8.count + message.utf8.count
    errors.append(SchemaError(reason: reason, pointer: pointer, message: message))
  }

  /// Notes a limit once, however often it is met.
  mutating func limitMet(_ reason: SchemaError.Reason, _ node: Int, _ message: String) {
    if limitsMet.insert(reason).inserted { error(reason, node, nil, message) }
  }

  // MARK: Patterns

  mutating func pattern(_ text: String, _ node: Int, _ keyword: String) -> Pattern? {
    if let known = patterns[ExactKey(text)] { return known }
    guard patterns.count < limits.maxPatterns else {
      limitMet(
        .patternsLimit, node, "the schema has more than \(limits.maxPatterns) different patterns")
      return nil
    }
    do throws(PatternError) {
      let pattern = try Pattern(text)
      patterns[ExactKey(text)] = pattern
      return pattern
    } catch {
      self.error(.pattern, node, keyword, "the pattern \(text.quoted()): \(error)")
      return nil
    }
  }
}
