extension JSON {
  /// Reads one JSON text, strictly by RFC 8259, and refuses duplicate keys and bad UTF-8.
  package init(parsing text: Span<UInt8>, limits: JSONLimits = .init()) throws(JSONError) {
    var parser = JSONParser(limits: limits)
    do throws(ParseFailure) {
      self = try parser.document(text)
    } catch {
      throw error.located(in: text)
    }
  }

  package init(parsing bytes: [UInt8], limits: JSONLimits = .init()) throws(JSONError) {
    try self.init(parsing: bytes.span, limits: limits)
  }

  package init(parsing text: String, limits: JSONLimits = .init()) throws(JSONError) {
    try self.init(parsing: text.utf8.span, limits: limits)
  }

  package init(
    parsing bytes: UnsafeRawBufferPointer, limits: JSONLimits = .init()
  ) throws(JSONError) {
    let read = { (text: UnsafeBufferPointer<UInt8>) throws(JSONError) -> JSON in
      try JSON(parsing: text.span, limits: limits)
    }
    self = try bytes.withMemoryRebound(to: UInt8.self, read)
  }
}

/// One pass over the text with its own stack, so that nesting costs heap and never stack. All reads
/// go through `Span`, which checks its bounds.
struct JSONParser: ~Copyable {
  let limits: JSONLimits
  var position = 0
  private var valueCount = 0

  /// The open arrays and objects, outermost first.
  private var frames: [Frame] = []
  /// The finished elements of the open arrays, and the finished members of the open objects: those
  /// of the innermost come last. One stack for all keeps each container at one allocation.
  private var elements = MoveStack<JSON>()
  private var members = MoveStack<(key: String, value: JSON)>()
  /// The keys that wait for their value, one for each open object.
  private var keys: [String] = []
  /// Where each key is, by the depth of its object; only for objects of more than
  /// `JSONObject.scanLimit` members. Not in `Frame`: whoever copied a frame would share its index,
  /// and the next key would then copy all of it.
  private var indexes: [Int: [ExactKey: Int]] = [:]

  private struct Frame {
    let isObject: Bool
    /// Where its part of `elements` or `members` begins.
    let start: Int
    /// One bit for each of 64 classes of keys: a clear bit proves a key new without looking.
    var seen: UInt64 = 0
  }

  init(limits: JSONLimits) { self.limits = limits }

  mutating func document(_ text: Span<UInt8>) throws(ParseFailure) -> JSON {
    guard text.count <= limits.maxBytes else {
      throw ParseFailure(
        .bytesLimit, at: limits.maxBytes, "the text is longer than \(limits.maxBytes) bytes")
    }
    try refuseByteOrderMark(text)
    while true {
      guard let value = try valueOrOpening(text) else { continue }
      if let root = try attach(value, text) {
        skipWhitespace(text)
        guard position == text.count else {
          throw ParseFailure(
            .trailingContent, at: position, "expected the end of the text after the value")
        }
        return root
      }
    }
  }

  /// Reads a scalar or an empty container; `nil` when it opened a container whose first value is
  /// next.
  private mutating func valueOrOpening(_ text: Span<UInt8>) throws(ParseFailure) -> JSON? {
    skipWhitespace(text)
    guard position < text.count else { throw unexpected(text, "a value") }
    valueCount += 1
    guard valueCount <= limits.maxValues else {
      throw ParseFailure(
        .valuesLimit, at: position, "the text has more than \(limits.maxValues) values")
    }
    switch text[position] {
    case UInt8(ascii: "\""): return .string(try string(text))
    case UInt8(ascii: "{"): return try openObject(text) ? nil : .object(JSONObject())
    case UInt8(ascii: "["): return try openArray(text) ? nil : .array([])
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      return .number(try number(text))
    case UInt8(ascii: "t"):
      try word("true", text)
      return .bool(true)
    case UInt8(ascii: "f"):
      try word("false", text)
      return .bool(false)
    case UInt8(ascii: "n"):
      try word("null", text)
      return .null
    default: throw unexpected(text, "a value")
    }
  }

  /// Gives a finished value to the innermost open container, and each container that ends here to
  /// the one around it. Returns the root once it is finished; `nil` when another value comes first.
  private mutating func attach(
    _ value: JSON, _ text: Span<UInt8>
  ) throws(ParseFailure) -> JSON? {
    var value = value
    while let isObject = frames.last?.isObject {
      if isObject {
        // There is a key for each open object; the other branch cannot be.
        members.push((key: keys.popLast() ?? "", value: value))
      } else {
        elements.push(value)
      }
      skipWhitespace(text)
      let end = isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")
      guard position < text.count, text[position] == UInt8(ascii: ",") || text[position] == end
      else { throw unexpected(text, isObject ? "\",\" or \"}\"" : "\",\" or \"]\"") }
      position += 1
      if text[position - 1] != end {
        if isObject { try key(text) }
        return nil
      }
      value = close()
    }
    return value
  }

  // MARK: Containers

  /// - Returns: false if the array ended at once.
  private mutating func openArray(_ text: Span<UInt8>) throws(ParseFailure) -> Bool {
    try checkDepth()
    position += 1
    skipWhitespace(text)
    if position < text.count, text[position] == UInt8(ascii: "]") {
      position += 1
      return false
    }
    frames.append(Frame(isObject: false, start: elements.count))
    return true
  }

  /// - Returns: false if the object ended at once.
  private mutating func openObject(_ text: Span<UInt8>) throws(ParseFailure) -> Bool {
    try checkDepth()
    position += 1
    skipWhitespace(text)
    if position < text.count, text[position] == UInt8(ascii: "}") {
      position += 1
      return false
    }
    frames.append(Frame(isObject: true, start: members.count))
    try key(text)
    return true
  }

  private func checkDepth() throws(ParseFailure) {
    let limit = min(limits.maxDepth, JSONLimits.depthCeiling)
    guard frames.count < limit else {
      throw ParseFailure(.depthLimit, at: position, "values are nested deeper than \(limit)")
    }
  }

  private mutating func close() -> JSON {
    guard let frame = frames.popLast() else { return .null }
    guard frame.isObject else { return .array(elements.take(from: frame.start)) }
    let own = members.take(from: frame.start)
    let index = own.count > JSONObject.scanLimit ? indexes.removeValue(forKey: frames.count) : nil
    return .object(JSONObject(unique: own, index: index))
  }

  /// Reads a key and its colon.
  private mutating func key(_ text: Span<UInt8>) throws(ParseFailure) {
    skipWhitespace(text)
    let start = position
    guard position < text.count, text[position] == UInt8(ascii: "\"") else {
      throw unexpected(text, "a key in double quotes")
    }
    let key = try string(text)
    guard isNew(key) else {
      throw ParseFailure(.duplicateKey, at: start, "the key \(key.quoted()) comes twice")
    }
    keys.append(key)
    skipWhitespace(text)
    guard position < text.count, text[position] == UInt8(ascii: ":") else {
      throw unexpected(text, "\":\"")
    }
    position += 1
  }

  /// Whether the innermost object does not have the key yet; notes it.
  private mutating func isNew(_ key: String) -> Bool {
    let depth = frames.count - 1
    let start = frames[depth].start
    let count = members.count - start
    if count >= JSONObject.scanLimit {
      if count == JSONObject.scanLimit { indexes[depth] = indexOfMembers(from: start) }
      return indexes[depth]?.updateValue(count, forKey: ExactKey(key)) == nil
    }
    let bit = keyClass(key)
    defer { frames[depth].seen |= bit }
    if frames[depth].seen & bit == 0 { return true }
    for place in start..<members.count where members[place].key.isExactly(key) { return false }
    return true
  }

  private func indexOfMembers(from start: Int) -> [ExactKey: Int] {
    var index: [ExactKey: Int] = [:]
    for place in start..<members.count { index[ExactKey(members[place].key)] = place - start }
    return index
  }

  private func keyClass(_ key: String) -> UInt64 {
    let bytes = key.utf8.span
    guard !bytes.isEmpty else { return 1 }
    let first = Int(bytes[0])
    let last = Int(bytes[bytes.count - 1])
    return 1 << UInt64((bytes.count &+ first &* 5 &+ last &* 11) & 63)
  }
}
