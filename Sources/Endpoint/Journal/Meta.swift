import Digest

/// The journal's few facts beside its entries, all in memory. One digest stands for all of them,
/// so that a fact that is changed, missing or put back to what it was does not go unnoticed.
struct Meta {
  enum Key {
    static let epoch = "journal.epoch"
    static let lowWater = "journal.lowWater"
    /// Of the last pruned entry: where the chain now begins.
    static let baseSequence = "journal.baseSequence"
    static let baseHash = "journal.baseHash"
    /// Before the keys of callers, so that none of them is one of ours.
    static let callerPrefix = "caller."
    static let digest = "digest"
  }

  private(set) var values: [String: [UInt8]] = [:]

  subscript(key: String) -> [UInt8]? { values[key] }

  mutating func set(_ key: String, _ value: [UInt8]?) { values[key] = value }

  /// Over every key and value in the order of the keys, each with its length before it.
  var digest: [UInt8] {
    let hash = SHA256()
    for (key, value) in values.sorted(by: { $0.key < $1.key }) {
      for part in [Array(key.utf8), value] {
        withUnsafeBytes(of: UInt64(part.count).bigEndian) { hash.update($0) }
        hash.update(part)
      }
    }
    return hash.finish()
  }

  func text(_ key: String) -> String? {
    values[key].flatMap { String(validating: $0, as: UTF8.self) }
  }
}
