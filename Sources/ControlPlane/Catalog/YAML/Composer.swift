internal import JSON

/// Builds the tree of one file from libyaml's events, with a stack of its own, and refuses the
/// parts of YAML that make a file mean something else than it seems to.
struct Composer {
  static let maxDepth = 64
  static let maxNodes = 100_000

  /// The mappings whose keys are whole numbers by nature.
  static let numericKeys: Set<String> = ["exitCodes"]

  /// A list or mapping that has begun and not ended. A class, so that growing it never copies it.
  private final class Open {
    let position: Position
    let isMapping: Bool
    /// Whether `0: …` is a key here.
    let takesNumbers: Bool
    let anchor: String?
    var items: [Node] = []
    var members: [Node.Member] = []
    var keys: [ExactKey: Position] = [:]
    /// A key that waits for its value; `text` is `nil` for one that was refused.
    var pending: (text: String?, position: Position)?

    init(at position: Position, isMapping: Bool, takesNumbers: Bool, anchor: String?) {
      self.position = position
      self.isMapping = isMapping
      self.takesNumbers = takesNumbers
      self.anchor = anchor
    }
  }

  enum Halt: Error { case stop }

  /// Whose rules a file is read by.
  enum Dialect {
    /// Ours: a file means the same to every reader, or it is refused.
    case definition
    /// A file that someone else wrote for another program: text that readers disagree about is the
    /// text itself, an absent value is null, and aliases are what they stand for.
    case foreign
  }

  let dialect: Dialect
  let faults: Faults
  private let events: YAMLEvents
  private var stack: [Open] = []
  private var root: Node?
  private var nodes = 0
  private var documents = 0
  /// The values with anchors, where aliases are followed.
  var anchored: [ExactKey: Node] = [:]

  /// - Returns: the tree as far as it could be read, and whether that is all of it.
  static func tree(of bytes: [UInt8], _ faults: Faults) -> (root: Node?, isComplete: Bool) {
    guard SourceText.check(bytes, faults) else { return (nil, false) }
    return tree(of: bytes, .definition, faults)
  }

  /// - Parameter bytes: text that was checked.
  static func tree(
    of bytes: [UInt8], _ dialect: Dialect, _ faults: Faults
  ) -> (root: Node?, isComplete: Bool) {
    // The mark is told already, and libyaml would stop at it.
    let hasMark = bytes.starts(with: SourceText.byteOrderMark)
    let text = hasMark ? Array(bytes.dropFirst(SourceText.byteOrderMark.count)) : bytes
    var composer = Composer(dialect: dialect, faults: faults, events: YAMLEvents(text))
    let isComplete = composer.run()
    return (composer.root, isComplete)
  }

  private init(dialect: Dialect, faults: Faults, events: YAMLEvents) {
    self.dialect = dialect
    self.faults = faults
    self.events = events
  }

  private mutating func run() -> Bool {
    do {
      while try step() {}
    } catch {
      return false
    }
    if root == nil {
      faults.add(
        .yamlEmptyFile, at: .start, "the file holds no definition",
        remedy: "begin with \"signalbox: 1\"; docs/TOOLS.md shows a whole one")
      return false
    }
    return true
  }

  /// - Returns: whether there is more to read.
  private mutating func step() throws(Halt) -> Bool {
    let event: YAMLEvents.Event
    do {
      event = try events.next()
    } catch {
      faults.add(
        .yamlSyntax, at: error.position, "this is not YAML: \(error.problem)",
        remedy: "check the indentation, the quotes and the brackets up to here")
      throw .stop
    }
    switch event.kind {
    case .documentStart(let hasDirective):
      try beginDocument(event.position, hasDirective: hasDirective)
    case .documentEnd: break
    case .streamEnd: return false
    case .alias(let name): try alias(name, event)
    case .scalar(let text, let style): try scalar(text, style, event)
    case .sequenceStart: try open(event, isMapping: false)
    case .mappingStart: try open(event, isMapping: true)
    case .collectionEnd: close()
    }
    return true
  }

  private mutating func beginDocument(_ position: Position, hasDirective: Bool) throws(Halt) {
    documents += 1
    guard documents == 1 else {
      faults.add(
        .yamlDocuments, at: position, "the file holds more than one YAML document",
        remedy: "put each tool into a file of its own")
      throw .stop
    }
    guard hasDirective, dialect == .definition else { return }
    faults.add(
      .yamlDirective, at: position, "the file has a % directive",
      remedy: "remove the lines that begin with %; a definition is read by one set of rules")
  }

  private mutating func alias(_ name: String, _ event: YAMLEvents.Event) throws(Halt) {
    if dialect == .foreign {
      add(try meant(by: name, at: event.position))
      return
    }
    faults.add(
      .yamlAlias, at: event.position, "an alias (*) stands for text from elsewhere",
      remedy: "write the value out, so that a reviewer sees what this place says")
    try count(event.position)
    add(Node(position: event.position, value: .refused))
  }
}

// MARK: - Scalars

extension Composer {
  private mutating func scalar(
    _ text: String, _ style: Node.Style, _ event: YAMLEvents.Event
  ) throws(Halt) {
    try count(event.position)
    refuseProperties(of: event)
    if awaitsKey {
      key(text, style, at: event.position)
    } else {
      let node = Node(
        position: event.position, value: value(text, style, event.position), style: style)
      remember(node, event.anchor)
      add(node)
    }
  }

  private func value(_ text: String, _ style: Node.Style, _ position: Position) -> Node.Value {
    guard style == .plain else { return .string(text) }
    guard !text.isEmpty else {
      if dialect == .foreign { return .null }
      faults.add(
        .yamlEmptyValue, at: position, "a value is missing here",
        remedy: "write the value; null and \"\" are values")
      return .refused
    }
    switch PlainScalar(text) {
    case .null: return .null
    case .bool(let value): return .bool(value)
    case .number(let number): return .number(number)
    case .string(let text): return .string(text)
    case .ambiguous(let what, let remedy):
      if dialect == .foreign { return text == "~" ? .null : .string(text) }
      faults.add(.yamlAmbiguous, at: position, "\(excerpt(text)) is \(what)", remedy: remedy)
    case .numberTooLarge:
      faults.add(
        .yamlNumber, at: position,
        "a number has more digits, or a larger exponent, than a number may have",
        remedy: "write a smaller one, or quote it as a string")
    }
    return .refused
  }

  private func key(_ text: String, _ style: Node.Style, at position: Position) {
    guard let mapping = stack.last else { return }
    mapping.pending = (nil, position)
    guard
      let key = acceptedKey(text, style, position, takesNumbers: mapping.takesNumbers)
    else { return }
    if let first = mapping.keys[ExactKey(key)] {
      faults.add(
        .yamlDuplicateKey, at: position,
        "the key \"\(excerpt(key))\" is here for the second time,"
          + " the first is at \(first.line):\(first.column)",
        remedy: "remove one of the two")
    } else {
      mapping.keys[ExactKey(key)] = position
      mapping.pending = (key, position)
    }
  }

  /// - Returns: the key, or `nil` where it is refused.
  private func acceptedKey(
    _ text: String, _ style: Node.Style, _ position: Position, takesNumbers: Bool
  ) -> String? {
    guard style == .plain else { return text }
    if text == "<<" {
      faults.add(
        .yamlMergeKey, at: position, "a merge key (<<) takes members from elsewhere",
        remedy: "write the members out")
      return nil
    }
    if dialect == .foreign, !text.isEmpty { return text }
    switch PlainScalar(text) {
    case .string where !text.isEmpty: return text
    case .number(let number) where takesNumbers && number.isInteger: return text
    case .ambiguous(let what, _):
      faults.add(
        .yamlAmbiguous, at: position, "the key \(excerpt(text)) is \(what)",
        remedy: "quote it as \"\(excerpt(text))\"")
    case .null, .bool, .number, .string, .numberTooLarge:
      faults.add(
        .yamlKey, at: position,
        text.isEmpty ? "a key is missing here" : "the key \(excerpt(text)) is not a string",
        remedy: text.isEmpty ? "write the key" : "quote it as \"\(excerpt(text))\"")
    }
    return nil
  }
}

// MARK: - The stack

extension Composer {
  private var awaitsKey: Bool {
    guard let open = stack.last else { return false }
    return open.isMapping && open.pending == nil
  }

  mutating func count(_ position: Position, _ more: Int = 1) throws(Halt) {
    nodes += more
    guard nodes > Self.maxNodes else {
      if faults.isFull { throw .stop }
      return
    }
    faults.add(
      .yamlNodes, at: position, "the file has more than \(Self.maxNodes) values",
      remedy: "move data out of the definition")
    throw .stop
  }

  private mutating func open(_ event: YAMLEvents.Event, isMapping: Bool) throws(Halt) {
    try count(event.position)
    refuseProperties(of: event)
    guard stack.count < Self.maxDepth else {
      faults.add(
        .yamlDepth, at: event.position, "values are nested more than \(Self.maxDepth) deep here",
        remedy: "flatten them")
      throw .stop
    }
    let takesNumbers = (stack.last?.pending?.text).map(Self.numericKeys.contains) ?? false
    stack.append(
      Open(
        at: event.position, isMapping: isMapping, takesNumbers: takesNumbers, anchor: event.anchor))
  }

  private mutating func close() {
    guard let open = stack.popLast() else { return }
    let value: Node.Value = open.isMapping ? .mapping(open.members) : .sequence(open.items)
    let node = Node(position: open.position, value: value)
    remember(node, open.anchor)
    add(node)
  }

  /// How deep the next value stands.
  var depth: Int { stack.count }

  private mutating func add(_ node: Node) {
    guard let open = stack.last else {
      root = node
      return
    }
    guard open.isMapping else {
      open.items.append(node)
      return
    }
    guard let pending = open.pending else {
      faults.add(
        .yamlKey, at: node.position, "a key is \(node.spoken), not a string",
        remedy: "use a string as the key")
      open.pending = (nil, node.position)
      return
    }
    open.pending = nil
    guard let key = pending.text else { return }
    open.members.append(Node.Member(key: key, keyPosition: pending.position, value: node))
  }

  private func refuseProperties(of event: YAMLEvents.Event) {
    if event.hasAnchor, dialect == .definition {
      faults.add(
        .yamlAnchor, at: event.position, "an anchor (&) names a value to be repeated elsewhere",
        remedy: "remove it, and write the value out where it is needed")
    }
    if let tag = event.tag {
      faults.add(
        .yamlTag, at: event.position, "the tag \(excerpt(tag)) gives a value another type",
        remedy: "remove it; quote the value if it is a string")
    }
  }
}
