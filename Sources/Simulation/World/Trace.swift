/// What happened, as a hash of all of it. Two runs of one seed that differ anywhere have different
/// hashes. Words are made only for somebody who reads along.
struct Trace {
  private var hash: UInt64 = 0xCBF2_9CE4_8422_2325
  let reader: ((String) -> Void)?

  init(reader: ((String) -> Void)?) { self.reader = reader }

  mutating func mix(_ number: UInt64) {
    hash = (hash ^ number) &* 0x9E37_79B9_7F4A_7C15
    hash ^= hash >> 29
  }

  mutating func mix(_ bytes: [UInt8]) {
    var value = hash
    for byte in bytes { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }
    hash = value
    mix(UInt64(bytes.count))
  }

  var text: String {
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
