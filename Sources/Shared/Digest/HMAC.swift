/// HMAC-SHA-256 (RFC 2104): proves that whoever made the code had the key.
package enum HMAC {
  /// Of SHA-256 (FIPS 180-4).
  private static let blockBytes = 64

  /// - Parameter parts: the message, in pieces.
  package static func sha256(key: [UInt8], _ parts: [[UInt8]]) -> [UInt8] {
    var block = key.count > blockBytes ? SHA256.digest(of: key) : key
    block += [UInt8](repeating: 0, count: blockBytes - block.count)
    let inner = SHA256()
    inner.update(block.map { $0 ^ 0x36 })
    for part in parts { inner.update(part) }
    let outer = SHA256()
    outer.update(block.map { $0 ^ 0x5C })
    outer.update(inner.finish())
    return outer.finish()
  }
}
