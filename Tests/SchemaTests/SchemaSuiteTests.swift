import JSON
import Schema
import Support
import Testing

/// One file of the official suite.
struct SuiteFile: Sendable, CustomTestStringConvertible {
  let dialect: Dialect
  /// From the folder of the suite on.
  let path: String
  let groups: [SuiteGroup]

  var testDescription: String { path }
  var testCount: Int { groups.reduce(0) { $0 + $1.tests.count } }

  static func all(_ dialect: Dialect, in folder: String) -> [SuiteFile] {
    SuiteFiles.names(in: "json-schema/" + folder).map { name in
      let path = "\(folder)/\(name)"
      let bytes = SuiteFiles.bytes(of: "json-schema/" + path) ?? []
      let groups = (try? JSON(parsing: bytes).array) ?? []
      return SuiteFile(
        dialect: dialect, path: path, groups: groups.compactMap(SuiteGroup.init))
    }
  }

  var options: SchemaOptions {
    var options = SchemaOptions()
    options.dialect = dialect
    options.documents = Self.remotes
    // The files below "format" ask for what is an annotation without an option; so does the one
    // about content, which only draft-07 has.
    if path.contains("/format/") { options.format = .assertion }
    if path.hasSuffix("optional/content.json") { options.content = .assertion }
    return options
  }

  /// What the suite expects to be served under this address.
  static let remotes: SchemaDocuments = {
    var documents = SchemaDocuments()
    for path in SuiteFiles.paths(below: "json-schema/remotes") {
      guard let bytes = SuiteFiles.bytes(of: "json-schema/remotes/" + path),
        let json = try? JSON(parsing: bytes)
      else { continue }
      documents.register(json, at: "http://localhost:1234/" + path)
    }
    return documents
  }()
}

/// A schema, and instances with their verdicts.
struct SuiteGroup: Sendable {
  let description: String
  let schema: JSON
  let tests: [(description: String, data: JSON, isValid: Bool)]

  init?(_ json: JSON) {
    guard let description = json["description"]?.string, let schema = json["schema"],
      let tests = json["tests"]?.array
    else { return nil }
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
  static let draft2020 = SuiteFile.all(.draft2020, in: "draft2020-12")
  static let draft2020Optional = SuiteFile.all(.draft2020, in: "draft2020-12/optional")
  static let draft2020Format = SuiteFile.all(.draft2020, in: "draft2020-12/optional/format")
  static let draft7 = SuiteFile.all(.draft7, in: "draft7")
  static let draft7Optional = SuiteFile.all(.draft7, in: "draft7/optional")
  static let draft7Format = SuiteFile.all(.draft7, in: "draft7/optional/format")

  static let files =
    draft2020 + draft2020Optional + draft2020Format + draft7 + draft7Optional + draft7Format

  @Test("every verdict of the suite is ours, however we are asked", arguments: files)
  func verdicts(file: SuiteFile) throws {
    var passed = 0
    for group in file.groups {
      let schema: Schema
      do {
        schema = try Schema(group.schema, options: file.options)
      } catch {
        Issue.record("\(group.description): \(error)")
        continue
      }
      for test in group.tests {
        let name = "\(group.description): \(test.description)"
        let violations = schema.validate(test.data)
        let output = schema.output(of: test.data)
        let isOurs =
          schema.isValid(test.data) == test.isValid && violations.isEmpty == test.isValid
          && output.isValid == test.isValid
        #expect(isOurs, "\(name): \(violations), \(output.json(.basic).compact)")
        if isOurs { passed += 1 }
      }
    }
    print("\(file.path): \(passed) of \(file.testCount)")
    #expect(passed == file.testCount)
  }

  @Test("nothing of the suite is left out") func counts() {
    func count(_ files: [SuiteFile], _ name: String) -> Int {
      let count = files.reduce(0) { $0 + $1.testCount }
      print("\(name): \(count) tests in \(files.count) files")
      return count
    }
    #expect(count(Self.draft2020, "2020-12, required") == 1_299)
    #expect(count(Self.draft2020Optional, "2020-12, optional") == 162)
    #expect(count(Self.draft2020Format, "2020-12, formats") == 764)
    #expect(count(Self.draft7, "draft-07, required") == 927)
    #expect(count(Self.draft7Optional, "draft-07, optional") == 118)
    #expect(count(Self.draft7Format, "draft-07, formats") == 676)
  }
}
