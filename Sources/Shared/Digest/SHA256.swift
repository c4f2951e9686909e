internal import CCrypto

/// SHA-256 over bytes that come in pieces.
///
/// A `final class`: the state is one libcrypto context, shared by whoever holds the reference. Take
/// a `copy` to fork it. Not `Sendable`: one thread at a time.
package final class SHA256 {
  package static let byteCount = 32

  // The lookup behind EVP_sha256() costs more than hashing a small message; it is done once.
  // EVP_MD_fetch(3): the result is immutable and may be used from several threads.
  nonisolated(unsafe) private static let algorithm: OpaquePointer = {
    guard let fetched = EVP_MD_fetch(nil, "SHA256", nil) else {
      preconditionFailure("libcrypto offers no SHA-256")
    }
    return fetched
  }()

  private let context: OpaquePointer

  package init() {
    context = Self.newContext()
    // EVP_DigestInit_ex2(3) and its siblings fail only when memory is out.
    precondition(EVP_DigestInit_ex2(context, Self.algorithm, nil) == 1, "SHA-256 did not start")
  }

  private init(copying other: SHA256) {
    context = Self.newContext()
    precondition(EVP_MD_CTX_copy_ex(context, other.context) == 1, "SHA-256 could not be copied")
  }

  deinit { EVP_MD_CTX_free(context) }

  package func update(_ bytes: UnsafeRawBufferPointer) {
    if bytes.isEmpty { return }
    precondition(
      EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1, "SHA-256 could not go on")
  }

  package func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

  package func update(_ text: String) {
    var text = text
    text.withUTF8 { update(UnsafeRawBufferPointer($0)) }
  }

  /// The 32 bytes of the digest. The object is ready for a new message afterwards.
  package func finish() -> [UInt8] {
    let digest = Self.filled { EVP_DigestFinal_ex(context, $0, nil) }
    precondition(EVP_DigestInit_ex2(context, Self.algorithm, nil) == 1, "SHA-256 did not start")
    return digest
  }

  /// The digest in lower-case hexadecimal, as records and definitions carry it.
  package func finishHex() -> String { Hex.text(finish()) }

  package func copy() -> SHA256 { SHA256(copying: self) }

  /// The digest of one whole message.
  package static func digest(of bytes: UnsafeRawBufferPointer) -> [UInt8] {
    filled { EVP_Digest(bytes.baseAddress, bytes.count, $0, nil, algorithm, nil) }
  }

  package static func digest(of bytes: [UInt8]) -> [UInt8] {
    bytes.withUnsafeBytes { digest(of: $0) }
  }

  /// The digest of one whole message in lower-case hexadecimal.
  package static func hex(of bytes: [UInt8]) -> String { Hex.text(digest(of: bytes)) }

  private static func newContext() -> OpaquePointer {
    guard let context = EVP_MD_CTX_new() else { preconditionFailure("out of memory for SHA-256") }
    return context
  }

  private static func filled(_ body: (UnsafeMutablePointer<UInt8>?) -> Int32) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
      precondition(body(buffer.baseAddress) == 1, "SHA-256 could not finish")
      count = byteCount
    }
  }
}

/// Compares secrets without telling by the time it takes where they differ. The lengths are not
/// secret.
package func constantTimeEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
  guard left.count == right.count else { return false }
  return CRYPTO_memcmp(left, right, left.count) == 0
}
