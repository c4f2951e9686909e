import JSON

/// JSON: what is read is written again as it was, in every form.
enum Values {
  static func take(_ bytes: [UInt8]) {
    guard let value = try? JSON(parsing: bytes) else { return }
    expect(reread(value.bytes) == value, "the compact form is another value")
    expect(reread(Array(value.pretty.utf8)) == value, "the form for people is another value")
    let canonical = value.canonical
    let again = reread(canonical)
    expect(again == value, "the canonical form is another value")
    expect(again?.canonical == canonical, "the canonical form has a canonical form of its own")
  }

  /// Indented text, and numbers that are written out, may be longer than what they came from.
  private static func reread(_ bytes: [UInt8]) -> JSON? {
    try? JSON(parsing: bytes, limits: JSONLimits(maxNumberDigits: 10_000))
  }
}
