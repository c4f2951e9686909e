import JSON
import Schema
import Support
import Testing
import Tools

@testable import Catalog

/// The loader and the JSON Schema of the format say the same, as far as a schema can say it.
@Suite struct FormatSchemaTests {
  private static let schema = Result { () throws(SchemaErrors) in try Schema(Catalog.formatSchema) }

  /// What the loader's rules look at: the tree of a file, as a value.
  private static func tree(_ text: String) -> JSON? {
    let (root, isComplete) = Composer.tree(of: Array(text.utf8), Faults())
    guard let root, isComplete, root.isWhole else { return nil }
    return root.json
  }

  private static func admits(_ definition: JSON) throws -> Bool {
    try schema.get().validate(definition).isEmpty
  }

  /// The rules that the loader finds broken, reading a value as it reads a file's tree.
  private static func broken(_ definition: JSON) -> Set<Rule> {
    let faults = Faults()
    let tool = DefinitionReader(form: .file, faults: faults, source: nil).read(Node(definition))
    let rules = Set(faults.errors(file: "t.yaml").errors.map(\.rule))
    precondition((tool != nil) == rules.isEmpty)
    return rules
  }

  @Test("every shipped definition and every example keeps to the schema")
  func shipped() throws {
    var texts = [sample, small] + DocumentTests.blocks("yaml")
    for folder in ["Linux", "macOS"] {
      texts += try ScriptRun.texts(in: folder)
    }
    #expect(texts.count > 25)
    for text in texts {
      let tree = try #require(Self.tree(text))
      let violations = try Self.schema.get().validate(tree)
      #expect(violations.isEmpty, "\(violations)")
    }
  }

  /// Refusals that a schema cannot tell: rule, and a part of the sample's description.
  private static let beyond: [(Rule, String)] = [
    (.argumentsSchema, "pattern: '('"), (.argumentsSchema, "$ref: 'http://a/b'"),
    (.argumentDefault, "default: 1"), (.argumentUnused, "more: {}"),
    (.binding, "/wort"), (.binding, "/word/0"), (.binding, "redact: [»/wort]"),
    (.bindingGap, "argv"), (.secretExposed, "»/word"), (.secretExposed, "argv: [»/word]"),
    (.redact, "redact: [»/word]"), (.redact, "default: a"), (.template, "{{"),
    (.unreachable, "script: a"), (.unreachable, "when"), (.limit, "expiresAfter: 5s"),
    (.test, "name: »metacharacters"), (.native, "»integer"), (.nativeMemory, "gethostname"),
    (.value, "runAs: »nobody"),
  ]

  @Test("what the loader refuses the schema refuses too, or it is listed as beyond it")
  func refusals() throws {
    for refusal in RuleTests.all {
      guard let tree = Self.tree(refusal.text) else { continue }
      let isListed = Self.beyond.contains {
        $0.0 == refusal.rule && refusal.testDescription.contains($0.1)
      }
      #expect(try Self.admits(tree) == isListed, "\(refusal)")
    }
  }

  @Test("every rule that is listed as beyond the schema is, and no other")
  func rules() throws {
    let listed = Set(Catalog.rulesBeyondSchema.map(\.rule))
    #expect(Set(Self.beyond.map(\.0)).isSubset(of: listed))
    for (rule, text) in Self.unspeakable {
      let tree = try #require(Self.tree(text))
      #expect(try Self.admits(tree), "\(rule)")
      #expect(Self.broken(tree) == [rule])
    }
    #expect(Set(Self.beyond.map(\.0) + Self.unspeakable.map(\.0)) == listed)
  }

  /// Lengths in bytes, and what the samples have no example of.
  private static let unspeakable: [(Rule, String)] = [
    (
      .script,
      small.replacing(
        RuleTests.script, by: "script: " + String(repeating: "ä", count: 200_000))
    ),
    (
      .value,
      small.replacing(
        "with: shell",
        by: "with: shell\n    interpreter: /" + String(repeating: "ä", count: 3_000))
    ),
    (
      .resultSchema,
      small.replacing(
        "{parse: text}", by: "{parse: json, schema: {$ref: '#/$defs/nothing'}}")
    ),
  ]

  // MARK: - Changes at random

  /// Values that a member may be replaced with: each type, edges, and words from elsewhere.
  private static let replacements: [JSON] = [
    .null, true, false, 0, 1, -1, 255, 256, 1000, "", " ", "x", "/word", "/", "/~", "json", "text",
    "150s", "0s", "0d", "24h", "25h", "1440m", "1441m", "99ms", "100ms", "007s", "64KiB", "4GiB",
    "4294967297B", "16385KiB", "16MiB", "1.0.0", "1.0.0-a.01", "linux", "shell", "Shell", "PATH",
    "succeeded", "failed", ["failed": "x"], ["succeeded": "x"], [], [:], ["x"], ["linux"],
    ["/word"], ["/word", "/word"], ["a": "/word"], ["ld_x": "/word"], ["type": "object"],
    ["type": "string"], ["0": ["failed": "x"]], ["0": "succeeded", "7": "failed"], "a\tb", "a\nb",
    "\u{1}", "\u{85}", "\u{3000}", "stubs/a", "../a", ".a",
    "7MiB", "8MiB", 15, 16, 65_536, 65_537, 1_048_577, "nobody", "_www", "agent", ["agent"],
    ["agent", "privileges"], ["agent", "agent"],
  ]

  @Test("a definition changed at random is judged alike by both")
  func mutations() throws {
    var generator = SeededGenerator(state: 7)
    let listed = Set(Catalog.rulesBeyondSchema.map(\.rule))
    let sources =
      try
      (["service.restart", "disk.usage", "network.tcp-check"].map {
        try #require(Self.tree(ScriptRun.text($0)))
      } + [Self.tree(sample), Self.tree(Self.full)].compactMap(\.self))
    var counts = (valid: 0, invalid: 0)
    for round in 0..<2_500 {
      var definition = sources[round % sources.count]
      for _ in 0...Int.random(in: 0...1, using: &generator) {
        definition = Self.changed(definition, &generator, depth: 0)
      }
      let rules = Self.broken(definition)
      let isAdmitted = try Self.admits(definition)
      if rules.isEmpty { counts.valid += 1 } else { counts.invalid += 1 }
      if rules.isEmpty {
        #expect(isAdmitted, "only the schema refuses \(definition.compact)")
      } else if isAdmitted {
        #expect(rules.isSubset(of: listed), "\(rules): only the loader refuses \(definition)")
      }
    }
    #expect(counts.valid > 100 && counts.invalid > 500, "\(counts)")
  }

  /// Every field that there is.
  static let full =
    small.replacing("with: shell", by: "with: shell\n    runAs: nobody\n    needs: [agent]") + """
      exitCodes: {0: succeeded, 3: {failed: nothing there}, 4: {succeeded: it was there}}
      limits: {run: 5s, killGrace: 0s, stdout: 1KiB, stderr: 1KiB, memory: 64MiB, processes: 20,
               openFiles: 64, fileSize: 1MiB, cpu: 5s}
      delivery: {whenOffline: refuse, expiresAfter: 1h, ackWithin: 5s, attempts: 3, runtime: service}
      recovery: {attempts: 2, onLostAfterStart: retry}
      redact: []
      tests:
        - {name: a, arguments: {}, given: {signal: 9, stderr: x}, expect: {outcome: failed}}
        - {name: b, arguments: {}, live: true, stubs: {ls: echo x},
           expect: {outcome: succeeded, result: x, stderr: "", meaning: y, violations: [/a]}}
        - {name: c, arguments: {}, live: true, stubs: stubs/a, expect: {outcome: failed}}
        - {name: d, arguments: {word: 1}, expect: {invalidArguments: [/word, ""]}}

      """

  private static func changed(
    _ value: JSON, _ generator: inout SeededGenerator, depth: Int
  ) -> JSON {
    let isHere = depth > 0 && Int.random(in: 0..<4, using: &generator) == 0
    switch value {
    case .object(var object) where !isHere && !object.isEmpty:
      let key = object.keys[Int.random(in: 0..<object.count, using: &generator)]
      switch Int.random(in: 0..<8, using: &generator) {
      case 0: object[key] = nil
      case 1: object["unknown"] = true
      default:
        object[key] = object[key].map { changed($0, &generator, depth: depth + 1) }
      }
      return .object(object)
    case .array(var items) where !isHere && !items.isEmpty:
      let index = Int.random(in: 0..<items.count, using: &generator)
      switch Int.random(in: 0..<6, using: &generator) {
      case 0: items.remove(at: index)
      case 1: items.append(items[index])
      default: items[index] = changed(items[index], &generator, depth: depth + 1)
      }
      return .array(items)
    default: return replacements[Int.random(in: 0..<replacements.count, using: &generator)]
    }
  }

  // MARK: - Numbers

  @Test("a pattern for a range of numbers matches the numbers of the range alone")
  func numbers() throws {
    for range in [0...0, 0...9, 1...64, 0...255, 7...1_234, 99...1_001, 100...86_400_000] {
      let pattern = try Schema(["pattern": .string("^(?:\(NumberPattern.numbers(range)))$")])
      func matches(_ number: Int) -> Bool { pattern.validate(.string("\(number)")).isEmpty }
      let ends = [range.lowerBound, range.upperBound]
      let near = ends.flatMap { [$0 - 1, $0, $0 + 1, $0 * 10, $0 / 10] }
      for number in near + Array(0...1_300) where number >= 0 {
        #expect(matches(number) == range.contains(number), "\(number) in \(range)")
      }
    }
  }

  @Test("the pattern of a quantity matches what the loader takes")
  func quantities() throws {
    let durations = try Schema(["pattern": .string(NumberPattern.durations(Bounds.runMs))])
    let sizes = try Schema(["pattern": .string(NumberPattern.sizes(Bounds.streamBytes))])
    for number in [0, 1, 7, 23, 24, 25, 60, 99, 100, 1_440, 1_441, 86_400, 86_401, 1 << 32] {
      for unit in ["ms", "s", "m", "h", "d", "B", "KiB", "MiB", "GiB", "", "S", " s"] {
        for text in ["\(number)\(unit)", "00\(number)\(unit)", "+\(number)\(unit)"] {
          let time = Quantity.milliseconds(text).map(Bounds.runMs.contains) ?? false
          let size = Quantity.bytes(text).map(Bounds.streamBytes.contains) ?? false
          #expect(durations.validate(.string(text)).isEmpty == time, "\(text)")
          #expect(sizes.validate(.string(text)).isEmpty == size, "\(text)")
        }
      }
    }
  }

  /// Every keyword of JSON Schema 2020-12, with a value that it can have.
  private static let keywords: [(String, JSON)] = [
    ("$anchor", "a"), ("$comment", "a"), ("$defs", [:]), ("$dynamicAnchor", "a"),
    ("$dynamicRef", "#a"), ("$id", "a"), ("$ref", "#"), ("$vocabulary", [:]),
    ("$schema", "https://json-schema.org/draft/2020-12/schema"),
    ("additionalProperties", true), ("allOf", [true]), ("anyOf", [true]), ("const", 1),
    ("contains", true), ("contentEncoding", "base64"), ("contentMediaType", "a/b"),
    ("contentSchema", true), ("default", 1), ("definitions", [:]), ("dependencies", [:]),
    ("dependentRequired", [:]), ("dependentSchemas", [:]), ("deprecated", true),
    ("description", "a"), ("else", true), ("enum", [1]), ("examples", [1]),
    ("exclusiveMaximum", 2), ("exclusiveMinimum", 0), ("format", "date"), ("if", true),
    ("items", true), ("maxContains", 1), ("maxItems", 1), ("maxLength", 1), ("maxProperties", 1),
    ("maximum", 1), ("minContains", 1), ("minItems", 1), ("minLength", 1), ("minProperties", 1),
    ("minimum", 1), ("multipleOf", 1), ("not", false), ("oneOf", [true]), ("pattern", "a"),
    ("patternProperties", [:]), ("prefixItems", [true]), ("properties", [:]),
    ("propertyNames", true), ("readOnly", true), ("required", ["a"]), ("then", true),
    ("title", "a"), ("type", "integer"), ("unevaluatedItems", true),
    ("unevaluatedProperties", true), ("uniqueItems", true), ("writeOnly", true), ("unknown", 1),
    ("patern", "a"),
  ]

  @Test("both know the same keywords, with the same values, at the root and below it")
  func dialect() throws {
    let values: [JSON] = [
      .null, true, 1, -1, 0, "a", "", "#", "#/a", "date", "regex", "object", [], [:], [1],
      ["a"], ["a", "a"], [true], ["integer", "null"], ["a": true], ["a": 1], ["a": ["b"]],
    ]
    for (keyword, value) in Self.keywords {
      for value in [value] + values {
        let part: JSON = .object(JSONObject([(keyword, value)]))
        for schema: JSON in [part, ["properties": ["x": part]]] {
          try Self.expectAlike(schema)
        }
      }
    }
  }

  @Test("both take a reference by the schema's own name")
  func named() throws {
    for reference in ["https://a.example/s#/$defs/a", "s#/$defs/a", "#/$defs/a", "#there"] {
      try Self.expectAlike([
        "$id": "https://a.example/s", "$defs": ["a": ["$anchor": "there"]],
        "allOf": [["$ref": .string(reference)]],
      ])
    }
  }

  private static func expectAlike(_ schema: JSON) throws {
    var definition = try #require(tree(small)?.object)
    definition["result"] = ["parse": "json", "schema": schema]
    let rules = broken(.object(definition))
    let isAdmitted = try admits(.object(definition))
    if rules.isEmpty {
      #expect(isAdmitted, "only the schema refuses \(schema.compact)")
    } else if isAdmitted {
      #expect(isAboutContent(schema), "only the loader refuses \(schema.compact)")
    }
  }

  /// Patterns, references and defaults are right or wrong by what they say.
  private static func isAboutContent(_ schema: JSON) -> Bool {
    let text = schema.compact
    return [
      "\"pattern\"", "\"$ref\"", "\"$dynamicRef\"", "\"default\"", "\"patternProperties\"",
    ].contains { text.contains($0) }
  }
}
