package import JSON

/// One value of a definition with the place where it stands.
///
/// The tree is what a file says, before anyone asks whether it is a tool. A stored definition is
/// read through the same tree, so that one set of rules judges both.
package struct Node: Sendable {
  package enum Value: Sendable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case string(String)
    case sequence([Node])
    case mapping([Member])
    /// Refused where it was read; whoever meets it says nothing more about it.
    case refused
  }

  /// How a string was written. Only a literal block keeps its lines one to one.
  package enum Style: Sendable {
    case plain
    case quoted
    case literal
    case folded
  }

  package struct Member: Sendable {
    package let key: String
    package let keyPosition: Position
    package let value: Node
  }

  package let position: Position
  package let value: Value
  package var style = Style.plain
}

extension Node {
  package var members: [Member]? {
    guard case .mapping(let members) = value else { return nil }
    return members
  }

  package var items: [Node]? {
    guard case .sequence(let items) = value else { return nil }
    return items
  }

  package var string: String? {
    guard case .string(let text) = value else { return nil }
    return text
  }

  package var bool: Bool? {
    guard case .bool(let value) = value else { return nil }
    return value
  }

  package var int: Int? {
    guard case .number(let number) = value else { return nil }
    return number.int
  }

  var isRefused: Bool {
    guard case .refused = value else { return false }
    return true
  }

  package subscript(key: String) -> Node? { members?.first { $0.key.isExactly(key) }?.value }

  /// What the author wrote, in the words of an error: `the string "10 s"`.
  var spoken: String {
    switch value {
    case .null: "null"
    case .bool(let value): String(value)
    case .number(let number): "the number \(excerpt(number.text))"
    case .string(let text): "the string \"\(excerpt(text))\""
    case .sequence: "a list"
    case .mapping: "a mapping"
    case .refused: "a refused value"
    }
  }

  /// The value as JSON; what was refused becomes null.
  package var json: JSON {
    switch value {
    case .null, .refused: .null
    case .bool(let value): .bool(value)
    case .number(let number): .number(number)
    case .string(let text): .string(text)
    case .sequence(let items): .array(items.map(\.json))
    case .mapping(let members): .object(JSONObject(members.map { ($0.key, $0.value.json) }))
    }
  }

  /// Whether nothing within was refused, so that `json` is what the author wrote.
  var isWhole: Bool {
    switch value {
    case .refused: false
    case .sequence(let items): items.allSatisfy(\.isWhole)
    case .mapping(let members): members.allSatisfy(\.value.isWhole)
    case .null, .bool, .number, .string: true
    }
  }

  /// Where the value at a JSON Pointer's tokens stands: the key where it is a member, else the
  /// value; the nearest one there is, where the tokens lead further than the tree.
  func position(of tokens: some Sequence<String>) -> Position {
    var node = self
    var found = position
    for token in tokens {
      switch node.value {
      case .mapping(let members):
        guard let member = members.first(where: { $0.key.isExactly(token) }) else { return found }
        (found, node) = (member.keyPosition, member.value)
      case .sequence(let items):
        guard let index = Int(token), items.indices.contains(index) else { return found }
        (found, node) = (items[index].position, items[index])
      case .null, .bool, .number, .string, .refused:
        return found
      }
    }
    return found
  }

  /// The node at the tokens of a JSON Pointer.
  package func node(at tokens: some Sequence<String>) -> Node? {
    var node = self
    for token in tokens {
      if let value = node[token] {
        node = value
      } else if let items = node.items, let index = Int(token), items.indices.contains(index) {
        node = items[index]
      } else {
        return nil
      }
    }
    return node
  }
}

extension Node {
  /// A stored definition as a tree without places.
  init(_ json: JSON) {
    let value: Value =
      switch json {
      case .null: .null
      case .bool(let value): .bool(value)
      case .number(let number): .number(number)
      case .string(let text): .string(text)
      case .array(let items): .sequence(items.map(Node.init))
      case .object(let object):
        .mapping(
          object.members.map {
            Member(key: $0.key, keyPosition: .start, value: Node($0.value))
          })
      }
    self.init(position: .start, value: value, style: .quoted)
  }
}

/// The beginning of a text on one line, for an error.
func excerpt(_ text: String, limit: Int = 40) -> String {
  var out = ""
  for scalar in text.unicodeScalars.prefix(limit) {
    switch scalar {
    case "\n": out += "\\n"
    case "\t": out += "\\t"
    case _ where scalar.properties.generalCategory == .control: out += "\u{FFFD}"
    case _ where scalar.properties.generalCategory == .format: out += "\u{FFFD}"
    default: out.unicodeScalars.append(scalar)
    }
  }
  return text.unicodeScalars.count > limit ? out + "…" : out
}
