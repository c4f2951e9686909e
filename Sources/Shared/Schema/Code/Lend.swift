import JSON

// Looking at a value inside of an array without a retain and a release, which cost more than most
// checks: the six arguments of a small call took 130 ns to walk with them, and 84 ns without.
//
// The bits of the value are copied to the stack, looked at as the value that they are, and
// forgotten again without being released. That is sound while the original stands still: everything
// here is called with an instance that its caller holds.

private struct ValueBits {
  let first: UInt64
  let second: UInt64
  let third: UInt64
}

@inline(__always)
func lend<Result>(_ value: UnsafePointer<JSON>, _ body: (JSON) -> Result) -> Result {
  var bits = UnsafeRawPointer(value).load(as: ValueBits.self)
  return withUnsafeMutableBytes(of: &bits) { raw in
    guard let base = raw.baseAddress else { preconditionFailure("the stack has an address") }
    let place = base.assumingMemoryBound(to: JSON.self)
    let value = place.move()
    let result = body(value)
    place.initialize(to: value)
    return result
  }
}

private struct TextBits {
  let first: UInt64
  let second: UInt64
}

@inline(__always)
func lend<Result>(_ text: UnsafePointer<String>, _ body: (String) -> Result) -> Result {
  var bits = UnsafeRawPointer(text).load(as: TextBits.self)
  return withUnsafeMutableBytes(of: &bits) { raw in
    guard let base = raw.baseAddress else { preconditionFailure("the stack has an address") }
    let place = base.assumingMemoryBound(to: String.self)
    let text = place.move()
    let result = body(text)
    place.initialize(to: text)
    return result
  }
}

/// The bytes of a text for as long as `body` runs.
@inline(__always)
func withBytes<Result>(
  of text: String, _ body: (UnsafeBufferPointer<UInt8>) -> Result
) -> Result {
  text.utf8.span.withUnsafeBufferPointer(body)
}

/// The same for a text that somebody else holds.
@inline(__always)
func withBytes<Result>(
  of text: UnsafePointer<String>, _ body: (UnsafeBufferPointer<UInt8>) -> Result
) -> Result {
  lend(text) { text in withBytes(of: text, body) }
}

typealias Member = (key: String, value: JSON)

extension UnsafePointer<Member> {
  @inline(__always) var key: UnsafePointer<String> {
    UnsafeRawPointer(self).assumingMemoryBound(to: String.self)
  }

  @inline(__always) var value: UnsafePointer<JSON> {
    (UnsafeRawPointer(self) + MemoryLayout<String>.stride).assumingMemoryBound(to: JSON.self)
  }
}

/// The members of an object, one address after the other.
struct UnsafeMembers: Sequence, IteratorProtocol {
  private var place: UnsafePointer<Member>?
  private var rest: Int

  @inline(__always) init(_ members: UnsafeBufferPointer<Member>) {
    place = members.baseAddress
    rest = members.count
  }

  @inline(__always) mutating func next() -> UnsafePointer<Member>? {
    guard rest > 0, let member = place else { return nil }
    place = member + 1
    rest &-= 1
    return member
  }
}

extension UnsafePointer<JSON> {
  /// The text of a string, where it is: at the start of the value, as the payload of every
  /// enumeration with several is.
  /// - Precondition: the value is a string.
  @inline(__always) var text: UnsafePointer<String> {
    UnsafeRawPointer(self).assumingMemoryBound(to: String.self)
  }
}

/// What reading through pointers takes for granted about the layout of values: checked once for
/// each schema, so that the checks themselves need not.
func checkLayout() {
  precondition(MemoryLayout<JSON>.stride == MemoryLayout<ValueBits>.size)
  precondition(MemoryLayout<String>.size == MemoryLayout<TextBits>.size)
  precondition(MemoryLayout<Member>.offset(of: \.value) == MemoryLayout<String>.stride)
  for text in ["", "short", String(repeating: "long", count: 20)] {
    withUnsafePointer(to: JSON.string(text)) { value in
      withUnsafePointer(to: text) { text in
        let size = MemoryLayout<String>.size
        let parts = (
          UnsafeRawBufferPointer(start: value, count: size),
          UnsafeRawBufferPointer(start: text, count: size)
        )
        precondition(parts.0.elementsEqual(parts.1), "a string is not where it was expected")
        precondition(parts.1.contains { $0 != 0 }, "a string has no bits")
      }
    }
  }
}
