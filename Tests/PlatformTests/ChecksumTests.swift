import Platform
import Testing

@Suite("Checksums")
struct ChecksumTests {
  private func checksum(_ bytes: [UInt8]) -> UInt32 { bytes.withUnsafeBytes { Checksum.of($0) } }

  @Test("the examples of RFC 3720, appendix B.4")
  func examples() {
    #expect(checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(checksum([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
    #expect(checksum([UInt8](0..<32)) == 0x46DD_794E)
    #expect(checksum([UInt8]((0..<32).reversed())) == 0x113F_DB5C)
    #expect(checksum(Array("123456789".utf8)) == 0xE306_9283)
    #expect(checksum([]) == 0)
  }

  @Test("with the processor's instruction and without it, in one piece and in many, it is the same")
  func ways() {
    var state: UInt64 = 42
    let bytes = (0..<60_000).map { _ -> UInt8 in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(truncatingIfNeeded: state >> 56)
    }
    for length in [1, 7, 8, 9, 4_096, 12_287, 12_288, 12_289, 36_871, 60_000] {
      for start in [0, 1, 3] where start + length <= bytes.count {
        let part = Array(bytes[start..<(start + length)])
        let whole = checksum(part)
        #expect(part.withUnsafeBytes { Checksum.inSoftware($0) } == whole)
        var pieces = Checksum()
        for at in stride(from: 0, to: length, by: 5_000) {
          Array(part[at..<min(length, at + 5_000)]).withUnsafeBytes { pieces.update($0) }
        }
        #expect(pieces.value == whole)
      }
    }
  }
}
