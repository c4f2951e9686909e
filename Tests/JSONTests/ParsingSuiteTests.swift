import JSON
import Support
import Testing

/// JSONTestSuite: `y_` must be accepted, `n_` refused, `i_` may be either.
@Suite(
  "JSON parsing suite",
  .enabled(if: SuiteFiles.root != nil, "../shared/suites is not there: suite not run"))
struct ParsingSuiteTests {
  static let names = SuiteFiles.names(in: "json-parsing")

  /// RFC 8259 lets a reader refuse duplicate keys, and we do: which of two values counts must never
  /// depend on who reads.
  static let duplicateKeys: Set = [
    "y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json",
  ]

  @Test("every text of the suite gets the verdict that its name asks for", arguments: names)
  func verdict(name: String) throws {
    let bytes = try #require(SuiteFiles.bytes(of: "json-parsing/\(name)"))
    let result = Result { () throws(JSONError) in try JSON(parsing: bytes) }
    switch name.prefix(2) {
    case "y_" where Self.duplicateKeys.contains(name):
      #expect(throws: JSONError.self) { try result.get() }
    case "y_":
      let value = try result.get()
      #expect(try JSON(parsing: value.bytes) == value)
      #expect(try JSON(parsing: value.pretty) == value)
      #expect(try JSON(parsing: value.canonical) == value)
    case "n_": #expect(throws: JSONError.self) { try result.get() }
    default: break
    }
  }

  @Test("the suite is whole") func whole() {
    #expect(Self.names.count == 318)
  }
}
