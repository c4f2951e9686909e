import JSON

extension Rule.Content {
  /// Draft-07 Validation, section 8: whether the text is what it says that it holds.
  func admits(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    guard isBase64 else { return !isJSON || isJSONText(bytes.span) }
    guard let decoded = Base64.bytes(String(decoding: bytes, as: UTF8.self)) else { return false }
    return !isJSON || isJSONText(decoded.span)
  }

  private func isJSONText(_ text: Span<UInt8>) -> Bool { (try? JSON(parsing: text)) != nil }

  var expected: String {
    switch (isBase64, isJSON) {
    case (true, true): "a JSON text in base 64"
    case (true, false): "a text in base 64"
    case (false, true): "a JSON text"
    case (false, false): "any content"
    }
  }
}
