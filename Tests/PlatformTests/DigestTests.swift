import Digest
import Testing

@Suite("SHA-256")
struct DigestTests {
  @Test(
    "matches the examples of FIPS 180-4",
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
    ])
  func examples(message: String, digest: String) {
    #expect(SHA256.hex(of: Array(message.utf8)) == digest)
    let hash = SHA256()
    for byte in message.utf8 { hash.update([byte]) }
    #expect(hash.finishHex() == digest)
  }

  @Test("a finished hash starts a new message")
  func reuse() {
    let hash = SHA256()
    hash.update("one")
    _ = hash.finish()
    hash.update("abc")
    #expect(hash.finish() == SHA256.digest(of: Array("abc".utf8)))
  }

  @Test("a copy goes its own way")
  func copy() {
    let hash = SHA256()
    hash.update("a")
    let fork = hash.copy()
    fork.update("x")
    hash.update("bc")
    #expect(hash.finish() == SHA256.digest(of: Array("abc".utf8)))
    #expect(fork.finish() == SHA256.digest(of: Array("ax".utf8)))
  }

  @Test("hexadecimal text reads back in either case, and nothing else does")
  func hex() {
    let bytes = (0...255).map { UInt8($0) }
    #expect(Hex.bytes(Hex.text(bytes)) == bytes)
    #expect(Hex.bytes("aBcD") == [0xab, 0xcd])
    #expect(Hex.bytes("abc") == nil)
    #expect(Hex.bytes("zz") == nil)
  }

  @Test("equality in constant time is equality")
  func equality() {
    #expect(constantTimeEqual([1, 2, 3], [1, 2, 3]))
    #expect(!constantTimeEqual([1, 2, 3], [1, 2, 4]))
    #expect(!constantTimeEqual([1, 2], [1, 2, 3]))
    #expect(constantTimeEqual([], []))
  }
}
