import JSON

// Looking at a value inside of an array without a retain and a release, which cost more than most
// checks: the six arguments of a small call took 130 ns to walk with them, and 84 ns without.
//
// The bits of the value are copied to the stack, looked at as the value that they are, and forgotten
// again without being released. That is sound while the original stands still: everything here is
// called with an instance that its caller holds.

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

/// The bytes of a text for as long as `body` runs; without a copy for all but the shortest.
@inline(__always)
func withBytes<Result>(
  of text: String, _ body: (UnsafeBufferPointer<UInt8>) -> Result
) -> Result {
  // Native strings have contiguous storage, and there are no others on this platform; were there
  // one, it would be copied.
  if let result = text.utf8.withContiguousStorageIfAvailable(body) { return result }
  return Array(text.utf8).withUnsafeBufferPointer(body)
}

typealias Member = (key: String, value: JSON)

/// Where the value is in a member.
let valueOffset: Int = {
  guard let offset = MemoryLayout<Member>.offset(of: \.value) else {
    preconditionFailure("a stored element of a tuple has an offset")
  }
  // `lend` copies exactly this much.
  precondition(MemoryLayout<JSON>.stride == MemoryLayout<ValueBits>.size)
  precondition(MemoryLayout<String>.size == MemoryLayout<TextBits>.size)
  return offset
}()

extension UnsafePointer<Member> {
  @inline(__always) var key: UnsafePointer<String> {
    UnsafeRawPointer(self).assumingMemoryBound(to: String.self)
  }

  @inline(__always) func value(at offset: Int) -> UnsafePointer<JSON> {
    (UnsafeRawPointer(self) + offset).assumingMemoryBound(to: JSON.self)
  }
}
