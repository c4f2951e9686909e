/// The members of a JSON object in the order of the text. Keys are unique: the parser refuses
/// duplicates.
///
/// Lookup is linear: the objects here are messages and definitions with a handful of members, where
/// a scan beats hashing. Equality ignores the order, as RFC 8259 section 4 says.
package struct JSONObject: Sendable {
  package private(set) var members: [(key: String, value: JSON)] = []

  package init() {}

  /// - Precondition: no key comes twice.
  package init(_ members: [(String, JSON)]) {
    self.members = members.map { (key: $0.0, value: $0.1) }
  }

  package var count: Int { members.count }
  package var isEmpty: Bool { members.isEmpty }
  package var keys: [String] { members.map(\.key) }

  package subscript(key: String) -> JSON? {
    get {
      for member in members where member.key == key { return member.value }
      return nil
    }
    set {
      let index = members.firstIndex { $0.key == key }
      switch (index, newValue) {
      case (let index?, let value?): members[index].value = value
      case (let index?, nil): members.remove(at: index)
      case (nil, let value?): members.append((key: key, value: value))
      case (nil, nil): break
      }
    }
  }

  /// Appends a member whose key the caller knows to be new, without looking.
  package mutating func append(_ key: String, _ value: JSON) {
    members.append((key: key, value: value))
  }
}

extension JSONObject: Hashable {
  package static func == (left: JSONObject, right: JSONObject) -> Bool {
    guard left.count == right.count else { return false }
    return left.members.allSatisfy { right[$0.key] == $0.value }
  }

  package func hash(into hasher: inout Hasher) {
    var sum = 0
    for member in members {
      var inner = Hasher()
      inner.combine(member.key)
      inner.combine(member.value)
      sum &+= inner.finalize()
    }
    hasher.combine(sum)
  }
}
