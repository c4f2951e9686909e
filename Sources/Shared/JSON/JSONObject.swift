/// The members of a JSON object in the order of the text. Keys are unique: the parser refuses
/// duplicates.
///
/// Most objects are messages and definitions with a handful of members, where a scan beats hashing.
/// From `scanLimit` members on the object carries an index, so that one with 100,000 members costs
/// its reader no more per member than a small one.
package struct JSONObject: Sendable {
  package private(set) var members: [(key: String, value: JSON)] = []
  /// Where each key is in `members`; only for objects of more than `scanLimit` members.
  private var index: [ExactKey: Int]?

  static let scanLimit = 16

  package init() {}

  /// - Precondition: no key comes twice.
  package init(_ members: [(String, JSON)]) {
    // The same values under names. The language has no such conversion that does not copy them all,
    // which took longer than all else that makes a message.
    self.members = unsafeBitCast(members, to: [(key: String, value: JSON)].self)
    reindex()
    assert(index != nil || Set(keys.map(ExactKey.init)).count == count, "a key comes twice")
  }

  /// - Parameter index: the place of each key, if there are more than `scanLimit`.
  init(unique members: [(key: String, value: JSON)], index: [ExactKey: Int]?) {
    self.members = members
    self.index = index
  }

  package var count: Int { members.count }
  package var isEmpty: Bool { members.isEmpty }
  package var keys: [String] { members.map(\.key) }

  package subscript(key: String) -> JSON? {
    get { position(of: key).map { members[$0].value } }
    set {
      switch (position(of: key), newValue) {
      case (let position?, let value?): members[position].value = value
      case (let position?, nil):
        members.remove(at: position)
        reindex()
      case (nil, let value?): append(key, value)
      case (nil, nil): break
      }
    }
  }

  /// Appends a member whose key the caller knows to be new, without looking.
  package mutating func append(_ key: String, _ value: JSON) {
    members.append((key: key, value: value))
    if index != nil {
      index?[ExactKey(key)] = members.count - 1
    } else if members.count > Self.scanLimit {
      reindex()
    }
  }

  private func position(of key: String) -> Int? {
    if let index { return index[ExactKey(key)] }
    for place in members.indices where members[place].key.isExactly(key) { return place }
    return nil
  }

  private mutating func reindex() {
    guard members.count > Self.scanLimit else {
      index = nil
      return
    }
    var places: [ExactKey: Int] = [:]
    places.reserveCapacity(members.count)
    for (place, member) in members.enumerated() { places[ExactKey(member.key)] = place }
    precondition(places.count == members.count, "a key comes twice")
    index = places
  }
}

extension JSONObject: Hashable {
  /// Without regard to order, as RFC 8259 section 4 says.
  package static func == (left: JSONObject, right: JSONObject) -> Bool {
    guard left.count == right.count else { return false }
    return left.members.allSatisfy { right[$0.key] == $0.value }
  }

  package func hash(into hasher: inout Hasher) {
    // A sum, because it must not depend on the order either.
    var sum = 0
    for member in members {
      var inner = Hasher()
      inner.combine(ExactKey(member.key))
      inner.combine(member.value)
      sum &+= inner.finalize()
    }
    hasher.combine(sum)
  }
}
