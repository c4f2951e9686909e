/// A place in a JSON value (RFC 6901): `/members/0/name`.
package struct JSONPointer: Hashable, Sendable, CustomStringConvertible {
  /// The unescaped steps from the root. Keys are told apart by their code points.
  package private(set) var tokens: [String]

  /// The root.
  package init() { tokens = [] }

  package init(tokens: [String]) { self.tokens = tokens }

  package init(_ text: String) throws(JSONPointerError) {
    if text.utf8.isEmpty {
      tokens = []
      return
    }
    let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    guard parts.first?.isEmpty ?? false else {
      throw JSONPointerError(text: text, message: "a JSON Pointer is empty or starts with \"/\"")
    }
    tokens = []
    for part in parts.dropFirst() {
      guard let token = Self.unescaped(part) else {
        throw JSONPointerError(
          text: text, message: "\"~\" in a JSON Pointer is written \"~0\", and \"/\" is \"~1\"")
      }
      tokens.append(token)
    }
  }

  package var text: String {
    var text = ""
    for token in tokens { text += "/" + Self.escaped(token) }
    return text
  }

  package var description: String { text }

  package func appending(_ token: String) -> JSONPointer { JSONPointer(tokens: tokens + [token]) }

  package func appending(_ index: Int) -> JSONPointer { appending(String(index)) }

  /// The value at this place; `nil` if there is none.
  package func value(in root: JSON) -> JSON? {
    var value = root
    for token in tokens {
      switch value {
      case .object(let object):
        guard let member = object[token] else { return nil }
        value = member
      case .array(let elements):
        guard let index = Self.index(token), index < elements.count else { return nil }
        value = elements[index]
      case .null, .bool, .number, .string: return nil
      }
    }
    return value
  }

  package static func == (left: JSONPointer, right: JSONPointer) -> Bool {
    left.tokens.count == right.tokens.count
      && zip(left.tokens, right.tokens).allSatisfy { $0.isExactly($1) }
  }

  package func hash(into hasher: inout Hasher) {
    for token in tokens { hasher.combine(ExactKey(token)) }
  }

  /// A token as it stands in a pointer's text.
  package static func escaped(_ token: String) -> String {
    guard token.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") })
    else { return token }
    var bytes: [UInt8] = []
    for byte in token.utf8 {
      switch byte {
      case UInt8(ascii: "~"): bytes.append(contentsOf: "~0".utf8)
      case UInt8(ascii: "/"): bytes.append(contentsOf: "~1".utf8)
      default: bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func unescaped(_ token: Substring.UTF8View) -> String? {
    var bytes: [UInt8] = []
    var rest = token[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "~") else {
        bytes.append(byte)
        continue
      }
      switch rest.popFirst() {
      case UInt8(ascii: "0"): bytes.append(UInt8(ascii: "~"))
      case UInt8(ascii: "1"): bytes.append(UInt8(ascii: "/"))
      default: return nil
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// "0", or digits that do not start with a zero.
  private static func index(_ token: String) -> Int? {
    let bytes = token.utf8
    guard let first = bytes.first, bytes.allSatisfy({ 0x30...0x39 ~= $0 }),
      first != 0x30 || bytes.count == 1
    else { return nil }
    return Int(token)
  }
}

/// A text that is not a JSON Pointer.
package struct JSONPointerError: Error, Sendable, Hashable, CustomStringConvertible {
  package let text: String
  package let message: String

  package var description: String { "json.pointer: \(text.quoted()): \(message)" }
}
