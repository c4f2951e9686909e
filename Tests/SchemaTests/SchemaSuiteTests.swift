import JSON
import Schema
import Support
import Testing

/// One group of the official suite: a schema and instances with their verdicts.
struct SuiteGroup: Sendable, CustomTestStringConvertible {
  let file: String
  let description: String
  let schema: JSON
  let tests: [(description: String, data: JSON, isValid: Bool)]

  var name: String { "\(file): \(description)" }
  var testDescription: String { name }

  static let folder = "json-schema/draft2020-12"

  static func all(in folder: String, except skippedFiles: Set<String>) -> [SuiteGroup] {
    SuiteFiles.names(in: folder).filter { !skippedFiles.contains($0) }.flatMap { name in
      guard let bytes = SuiteFiles.bytes(of: "\(folder)/\(name)"),
        let groups = try? JSON(parsing: bytes).array
      else { return [SuiteGroup]() }
      return groups.compactMap { SuiteGroup(file: name, $0) }
    }
  }

  private init?(file: String, _ json: JSON) {
    guard let description = json["description"]?.string, let schema = json["schema"],
      let tests = json["tests"]?.array
    else { return nil }
    self.file = file
    self.description = description
    self.schema = schema
    self.tests = tests.compactMap { test in
      guard let description = test["description"]?.string, let data = test["data"],
        let isValid = test["valid"]?.bool
      else { return nil }
      return (description, data, isValid)
    }
  }
}

@Suite(
  "JSON Schema suite",
  .enabled(if: SuiteFiles.root != nil, "../shared/suites is not there: suite not run"))
struct SchemaSuiteTests {
  /// Files about what is not supported at all, or that we do differently and say so: formats are
  /// checked, not only noted (format.json).
  static let skippedFiles: Set = [
    "anchor.json", "content.json", "dependentRequired.json", "dependentSchemas.json",
    "dynamicRef.json", "format.json", "refRemote.json", "unevaluatedItems.json",
    "unevaluatedProperties.json", "vocabulary.json",
  ]
  static let skippedOptionalFiles: Set = [
    "anchor.json", "cross-draft.json", "dependencies-compatibility.json", "dynamicRef.json",
    "format-assertion.json", "id.json", "unknownKeyword.json",
  ]
  static let skippedFormatFiles: Set = [
    "duration.json", "ecmascript-regex.json", "idn-email.json", "idn-hostname.json",
    "iri-reference.json", "iri.json", "json-pointer.json", "regex.json",
    "relative-json-pointer.json", "unknown.json", "uri-reference.json", "uri-template.json",
  ]

  static let groups =
    SuiteGroup.all(in: SuiteGroup.folder, except: skippedFiles)
    + SuiteGroup.all(in: SuiteGroup.folder + "/optional", except: skippedOptionalFiles)
    + SuiteGroup.all(in: SuiteGroup.folder + "/optional/format", except: skippedFormatFiles)

  /// Verdicts that we do not give, with the reason.
  static let deviations = [
    // RFC 1123 is what is checked; IDNA 2008 has tables of its own.
    "hostname.json: validation of A-label (punycode) host names"
  ]

  static let run = groups.filter { !refused.contains($0.name) && !deviations.contains($0.name) }

  @Test("every schema that is taken gives the verdicts of the suite", arguments: run)
  func verdicts(group: SuiteGroup) throws {
    let schema = try Schema(group.schema)
    for test in group.tests {
      let violations = schema.validate(test.data)
      #expect(violations.isEmpty == test.isValid, "\(test.description): \(violations)")
    }
  }

  @Test(
    "a schema that needs what is not supported is refused, not half read",
    arguments: groups.filter { refused.contains($0.name) })
  func refusals(group: SuiteGroup) {
    #expect(throws: SchemaErrors.self) { try Schema(group.schema) }
  }

  @Test(
    "not run: files about keywords and formats that are not supported",
    .disabled("their schemas are refused by design"),
    arguments: skippedFiles.union(skippedOptionalFiles).union(skippedFormatFiles).sorted())
  func notRun(file: String) {}

  @Test("not run: verdicts that differ by design", .disabled("see the list"), arguments: deviations)
  func different(group: String) {}

  @Test("most of the suite is run") func share() {
    #expect(Self.run.count == 254)
    #expect(Self.run.reduce(0) { $0 + $1.tests.count } > 1_000)
    #expect(Self.refused.isSubset(of: Self.groups.map(\.name)))
  }

  /// Schemas that are not taken: keywords and references that are not supported, and defaults that
  /// break their own schema.
  static let refused: Set<String> = [
    "additionalProperties.json: dependentSchemas with additionalProperties",
    "default.json: invalid type for default",
    "default.json: invalid string value for default",
    "default.json: the default keyword does not do anything if the property is missing",
    "defs.json: validate definition against metaschema",
    "not.json: collect annotations inside a 'not', even if collection is disabled",
    "ref.json: remote ref, containing refs itself",
    "ref.json: Recursive references between schemas",
    "ref.json: ref creates new scope when adjacent to keywords",
    "ref.json: refs with relative uris and defs",
    "ref.json: relative refs with absolute uris and defs",
    "ref.json: $id must be resolved against nearest parent, not just immediate parent",
    "ref.json: order of evaluation: $id and $ref",
    "ref.json: order of evaluation: $id and $anchor and $ref",
    "ref.json: order of evaluation: $id and $ref on nested schema",
    "ref.json: simple URN base URI with $ref via the URN",
    "ref.json: URN base URI with URN and JSON pointer ref",
    "ref.json: URN base URI with URN and anchor ref",
    "ref.json: URN ref with nested pointer ref",
    "ref.json: ref to if",
    "ref.json: ref to then",
    "ref.json: ref to else",
    "ref.json: ref with absolute-path-reference",
    "refOfUnknownKeyword.json: reference of a root arbitrary keyword ",
    "refOfUnknownKeyword.json: reference of a root arbitrary keyword with encoded ref",
    "refOfUnknownKeyword.json: reference internals of known non-applicator",
    "refOfUnknownKeyword.json: reference of an arbitrary keyword of a sub-schema",
    "refOfUnknownKeyword.json: reference of an arbitrary keyword of a sub-schema with encoded ref",
  ]
}
