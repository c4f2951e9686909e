extension Violation {
  /// A violation of what no schema can say, such as output that is no JSON at all.
  package init(
    at instancePointer: String, rule schemaPointer: String = "", keyword: String, expected: String,
    actual: String
  ) {
    self.init(
      instancePointer: instancePointer, schemaPointer: schemaPointer, keyword: keyword,
      expected: expected, actual: actual)
  }
}
