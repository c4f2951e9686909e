import Platform
import Testing

@Suite("Searching bytes")
struct ByteSearchTests {
  @Test("the bytes before the zeros at the end are counted, wherever the last other one is")
  func zerosAtTheEnd() {
    for length in 0...40 {
      let zeros = [UInt8](repeating: 0, count: length)
      #expect(zeros.withUnsafeBytes(\.countBeforeZeros) == 0)
      for position in 0..<length {
        var bytes = zeros
        bytes[position] = 0x80
        #expect(bytes.withUnsafeBytes(\.countBeforeZeros) == position + 1, "of \(length)")
        bytes[0] = 1
        #expect(bytes.withUnsafeBytes(\.countBeforeZeros) == position + 1, "of \(length)")
        // From an address that is no multiple of eight.
        let shorter = bytes.dropFirst().withUnsafeBytes(\.countBeforeZeros)
        #expect(shorter == position, "of \(length)")
      }
    }
  }

  @Test("a byte is found from where the search begins")
  func byte() {
    let bytes = Array("a,b,c".utf8)
    bytes.withUnsafeBytes { bytes in
      #expect(bytes.firstIndex(of: UInt8(ascii: ","), from: 0) == 1)
      #expect(bytes.firstIndex(of: UInt8(ascii: ","), from: 2) == 3)
      #expect(bytes.firstIndex(of: UInt8(ascii: ","), from: 4) == nil)
      #expect(bytes.firstIndex(of: UInt8(ascii: ","), from: 5) == nil)
    }
  }
}
