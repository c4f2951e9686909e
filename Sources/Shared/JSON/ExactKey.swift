// Swift's `String` compares by canonical equivalence: "é" equals "e" with a combining accent. JSON
// texts, schemas, digests and map keys do not: two strings are the same when their code points are.

extension String {
  /// Whether both have the same code points.
  package func isExactly(_ other: String) -> Bool {
    // `==` first: it is the fast way to "no" for the ASCII that nearly all keys are. With equal
    // lengths it is the fast way to "yes" as well: what is equivalent to n ASCII letters has more
    // than n bytes (U+212A for "K"), or the same.
    guard self == other, utf8.count == other.utf8.count else { return false }
    return utf8Span.isKnownASCII || utf8.elementsEqual(other.utf8)
  }
}

/// A string as the key of a dictionary or member of a set, told apart by its code points.
package struct ExactKey: Hashable, Sendable {
  package let text: String

  package init(_ text: String) { self.text = text }

  package static func == (left: ExactKey, right: ExactKey) -> Bool {
    left.text.isExactly(right.text)
  }

  package func hash(into hasher: inout Hasher) {
    // Not `text.hash`, which would normalise the text first.
    var text = text
    text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    hasher.combine(0xFF as UInt8)
  }
}
