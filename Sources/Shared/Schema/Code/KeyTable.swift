import JSON

/// Finds a key among those of a schema.
///
/// A `String` is sixteen bytes, and two with the same bits are the same text. Short ones (up to 15
/// bytes, which nearly all keys are) have their text in those bits, so that finding one is a
/// multiplication and a comparison of two words. That other bits mean another text is not assumed:
/// what is not found so is looked up by its bytes.
struct KeyTable {
  /// Of the slots by bits.
  var slots: Int32 = 0
  var slotMask: UInt32 = 0
  /// Of the slots by bytes.
  var places: Int32 = 0
  var placeMask: UInt32 = 0
  /// Of the keys themselves, and of what belongs to each.
  var first: Int32 = 0
  var count: Int32 = 0
  /// One bit for each length that a key has, the last one for 63 and more.
  var lengths: UInt64 = 0

  static let maxBytesInBits = 15
}

struct BitsSlot {
  var low: UInt64 = 0
  var high: UInt64 = 0
  /// -1 where there is no key.
  var key: Int32 = -1
}

/// Where a key's bytes are.
struct KeyText {
  let start: Int32
  let count: Int32
}

// On the pointer, because a method of `Tables` would be handed a copy of it.
extension UnsafePointer<Tables> {
  /// The number of a key among those of the table; negative if it is none of them.
  @inline(__always)
  func find(_ key: UnsafePointer<String>, in table: UnsafePointer<KeyTable>) -> Int32 {
    let (low, high) = UnsafeRawPointer(key).load(as: (UInt64, UInt64).self)
    let mask = table.pointee.slotMask
    var place = Tables.hash(low, high, pointee.seed) & mask
    let start = pointee.slots + Int(table.pointee.slots)
    while true {
      let slot = start + Int(place)
      // No text has the bits of an empty slot, which are 0.
      if slot.pointee.low == low, slot.pointee.high == high { return slot.pointee.key }
      if slot.pointee.key < 0 { break }
      place = (place &+ 1) & mask
    }
    let length = min(key.pointee.utf8.count, 63)
    guard table.pointee.lengths & (1 << UInt64(length)) != 0 else { return -1 }
    return findByBytes(key, table)
  }

  @inline(never)
  private func findByBytes(
    _ key: UnsafePointer<String>, _ table: UnsafePointer<KeyTable>
  ) -> Int32 {
    withBytes(of: key) { bytes in
      var place = Tables.hash(bytes, pointee.seed) & table.pointee.placeMask
      while true {
        let number = pointee.places[Int(table.pointee.places) + Int(place)]
        guard number >= 0 else { return -1 }
        if isKey(Int(table.pointee.first + number), bytes) { return number }
        place = (place &+ 1) & table.pointee.placeMask
      }
    }
  }

  private func isKey(_ number: Int, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    let text = pointee.keyTexts[number]
    guard Int(text.count) == bytes.count else { return false }
    let own = UnsafeRawPointer(pointee.keyBytes + Int(text.start))
    guard let other = UnsafeRawPointer(bytes.baseAddress) else { return true }
    var place = 0
    while place &+ 8 <= bytes.count {
      let words = (
        own.loadUnaligned(fromByteOffset: place, as: UInt64.self),
        other.loadUnaligned(fromByteOffset: place, as: UInt64.self)
      )
      if words.0 != words.1 { return false }
      place &+= 8
    }
    while place < bytes.count {
      if own.load(fromByteOffset: place, as: UInt8.self) != bytes[place] { return false }
      place &+= 1
    }
    return true
  }
}

extension Tables {
  @inline(__always)
  static func hash(_ low: UInt64, _ high: UInt64, _ seed: UInt64) -> UInt32 {
    let mixed = (low ^ seed).multipliedFullWidth(by: high ^ 0x9E37_79B9_7F4A_7C15)
    let folded = (mixed.low ^ mixed.high) &* (seed | 1)
    return UInt32(truncatingIfNeeded: folded >> 32)
  }

  static func hash(_ bytes: UnsafeBufferPointer<UInt8>, _ seed: UInt64) -> UInt32 {
    var hash = seed ^ UInt64(bytes.count)
    var rest = UnsafeRawBufferPointer(bytes)
    while rest.count >= 8 {
      hash = mix(hash, rest.loadUnaligned(as: UInt64.self))
      rest = UnsafeRawBufferPointer(rebasing: rest[8...])
    }
    var last: UInt64 = 0
    for byte in rest { last = last << 8 | UInt64(byte) }
    return UInt32(truncatingIfNeeded: mix(hash, last) >> 32)
  }

  @inline(__always)
  private static func mix(_ hash: UInt64, _ word: UInt64) -> UInt64 {
    let product = (hash ^ word).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
    return product.low ^ product.high
  }
}
