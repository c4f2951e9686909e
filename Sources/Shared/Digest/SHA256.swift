internal import CCrypto

/// SHA-256 (FIPS 180-4) over bytes that come in pieces.
///
/// A `final class`: the state is shared by whoever holds the reference. Take a `copy` to fork it.
/// Not `Sendable`: one thread at a time.
package final class SHA256 {
  package static let byteCount = 32

  private var context: SHA256_CTX

  package init() {
    context = SHA256_CTX()
    begin()
  }

  private init(copying other: SHA256) { context = other.context }

  // SHA256_Init(3): "return 1 for success"; with a plain state there is nothing that can fail.
  private func begin() { precondition(SHA256_Init(&context) == 1, "SHA-256 did not start") }

  package func update(_ bytes: UnsafeRawBufferPointer) {
    if bytes.isEmpty { return }
    precondition(
      SHA256_Update(&context, bytes.baseAddress, bytes.count) == 1, "SHA-256 could not go on")
  }

  package func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

  package func update(_ text: String) {
    var text = text
    text.withUTF8 { update(UnsafeRawBufferPointer($0)) }
  }

  /// The 32 bytes of the digest. The object is ready for a new message afterwards.
  package func finish() -> [UInt8] {
    let digest = [UInt8](unsafeUninitializedCapacity: Self.byteCount) { buffer, count in
      precondition(SHA256_Final(buffer.baseAddress, &context) == 1, "SHA-256 could not finish")
      count = Self.byteCount
    }
    begin()
    return digest
  }

  /// The digest in lower-case hexadecimal, as records and definitions carry it.
  package func finishHex() -> String { Hex.text(finish()) }

  package func copy() -> SHA256 { SHA256(copying: self) }

  /// The digest of one whole message.
  package static func digest(of bytes: UnsafeRawBufferPointer) -> [UInt8] {
    let hash = SHA256()
    hash.update(bytes)
    return hash.finish()
  }

  package static func digest(of bytes: [UInt8]) -> [UInt8] {
    bytes.withUnsafeBytes { digest(of: $0) }
  }

  /// The digest of one whole message in lower-case hexadecimal.
  package static func hex(of bytes: [UInt8]) -> String { Hex.text(digest(of: bytes)) }
}

/// Compares secrets without telling by the time it takes where they differ. The lengths are not
/// secret.
package func constantTimeEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
  guard left.count == right.count else { return false }
  return CRYPTO_memcmp(left, right, left.count) == 0
}
