/// JSON text while it is written, from values and from pieces whose shape is known where they are
/// written.
///
/// Not an `Array`, which asks at each append whether somebody else has its bytes, too: with one,
/// writing a message took twice as long. Hence the pointer; `count` never passes `capacity`.
package struct JSONText: ~Copyable {
  private var storage: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  package private(set) var count = 0

  /// Most messages and records of a call have room in it.
  private static let usualBytes = 512

  package init() {
    capacity = Self.usualBytes
    storage = .allocate(capacity: capacity)
  }

  deinit { storage.deallocate() }

  package var bytes: [UInt8] { Array(contents) }

  package func withUnsafeBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeRawBufferPointer(contents))
  }

  var contents: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: storage, count: count) }

  package mutating func removeAll() { count = 0 }

  /// Appends what is JSON as it stands.
  package mutating func write(_ text: StaticString) {
    append(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Appends a value without spaces, members in their order.
  package mutating func add(_ value: JSON) { add(value, canonically: false) }

  package mutating func add(_ before: StaticString, _ value: JSON, _ after: StaticString) {
    write(before)
    add(value)
    write(after)
  }

  package mutating func add(
    _ first: StaticString, _ value: JSON, _ second: StaticString, _ other: JSON
  ) {
    add(first, value, second)
    add(other)
  }

  package mutating func add(_ number: Int) {
    makeRoom(for: Self.maxDigits)
    let end = storage + (count + Self.maxDigits)
    var place = end
    var rest = number.magnitude
    repeat {
      let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
      place -= 1
      place.pointee = UInt8(ascii: "0") + UInt8(digit)
      rest = quotient
    } while rest > 0
    if number < 0 {
      place -= 1
      place.pointee = UInt8(ascii: "-")
    }
    // The digits came from the last one on, at the end of the room.
    (storage + count).update(from: place, count: end - place)
    count += end - place
  }

  /// -9223372036854775808
  private static let maxDigits = 20

  func string() -> String { String(decoding: contents, as: UTF8.self) }

  mutating func append(_ byte: UInt8) {
    makeRoom(for: 1)
    storage[count] = byte
    count += 1
  }

  mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
    guard let start = bytes.baseAddress else { return }
    makeRoom(for: bytes.count)
    (storage + count).update(from: start, count: bytes.count)
    count += bytes.count
  }

  /// Appends a string: in quotes, with what must not stand between them escaped.
  mutating func append(quoted text: String) {
    append(UInt8(ascii: "\""))
    text.utf8.span.withUnsafeBufferPointer { append(escaping: UnsafeRawBufferPointer($0)) }
    append(UInt8(ascii: "\""))
  }

  private mutating func append(escaping text: UnsafeRawBufferPointer) {
    var place = 0
    while place + 8 <= text.count {
      let word = UInt64(
        littleEndian: text.loadUnaligned(fromByteOffset: place, as: UInt64.self))
      makeRoom(for: 8)
      UnsafeMutableRawPointer(storage + count).storeBytes(
        of: word.littleEndian, as: UInt64.self)
      // What of them must be escaped is written over.
      let plain = plainBytes(word)
      count += plain
      place += plain
      if plain < 8 {
        append(escapeOf: text[place])
        place += 1
      }
    }
    while place < text.count {
      let byte = text[place]
      if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
        append(escapeOf: byte)
      } else {
        append(byte)
      }
      place += 1
    }
  }

  private mutating func append(escapeOf byte: UInt8) {
    append(UInt8(ascii: "\\"))
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): append(byte)
    case 0x08: append(UInt8(ascii: "b"))
    case 0x09: append(UInt8(ascii: "t"))
    case 0x0A: append(UInt8(ascii: "n"))
    case 0x0C: append(UInt8(ascii: "f"))
    case 0x0D: append(UInt8(ascii: "r"))
    default:
      write("u00")
      append(UInt8(ascii: "0") + byte >> 4)
      let low = byte & 15
      append(low < 10 ? UInt8(ascii: "0") + low : UInt8(ascii: "a") + low - 10)
    }
  }

  @inline(__always)
  private mutating func makeRoom(for more: Int) {
    if capacity - count < more { grow(for: more) }
  }

  @inline(never)
  private mutating func grow(for more: Int) {
    let larger = max(2 * capacity, count + more)
    let grown = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
    grown.update(from: storage, count: count)
    storage.deallocate()
    storage = grown
    capacity = larger
  }
}
