import Catalog
import JSON
import Platform
import Schema

/// The inputs that a corpus begins with: what the repository has anyway, and the conformance suites
/// where they lie beside it. Paths are from the repository's root.
enum Seeds {
  static func write(_ target: FuzzTarget, to folder: String) throws {
    var count = 0
    for seed in try inputs(of: target) where !seed.isEmpty && seed.count <= maxBytes {
      count += 1
      let file = try Files.open("\(folder)/seed-\(count)", .createNew, permissions: 0o644)
      try file.writeAll(seed)
    }
    print("\(count) seeds")
  }

  /// A longer one teaches little and costs much.
  private static let maxBytes = 16_384

  private static func inputs(of target: FuzzTarget) throws -> [[UInt8]] {
    switch target {
    case .yaml: try definitions() + examples()
    case .json: try suite("json-parsing") + fixtures("json") + schemas().map(\.schema.bytes)
    case .schema: try schemas().map(\.schema.bytes)
    case .validator:
      try schemas().flatMap { schema, instances in
        instances.map { schema.bytes + [0x0A] + $0.bytes }
      }
    case .pattern: try patterns()
    case .tactical: try tactical()
    case .bolt: try bolt()
    case .ssm:
      try paths(below: "\(fixtureFolder)/ssm/documents").map { path in
        Library([(Files.name(of: path), try Files.read(path))]).bytes
      }
    }
  }

  private static func paths(below folder: String) throws -> [String] {
    guard Files.exists(folder) else { return [] }
    return try Files.list(folder).sorted().flatMap { name in
      let path = "\(folder)/\(name)"
      return try Files.status(path).kind == .directory ? paths(below: path) : [path]
    }
  }

  // MARK: Definitions

  private static func definitions() throws -> [[UInt8]] {
    try paths(below: "ToolDefinitions").filter { $0.hasSuffix(".yaml") }.map { try Files.read($0) }
  }

  /// The blocks of YAML in the documents.
  private static func examples() throws -> [[UInt8]] {
    try ["docs/TOOLS.md", "docs/LINT.md"].flatMap { path in
      String(decoding: try Files.read(path), as: UTF8.self).split(separator: "```yaml").dropFirst()
        .compactMap { block in
          let lines = block.split(separator: "\n", omittingEmptySubsequences: false).dropFirst()
          return Array(lines.prefix { $0 != "```" }.joined(separator: "\n").utf8)
        }
    }
  }

  // MARK: Schemas

  private static let suites: String? = ["../shared/suites", "../../shared/suites"].first(
    where: Files.exists)

  private static func suite(_ name: String) throws -> [[UInt8]] {
    guard let suites else { return [] }
    return try paths(below: "\(suites)/\(name)").map { try Files.read($0) }
  }

  /// Schemas with instances: those of the suite, and those of the definitions with the arguments of
  /// their tests.
  private static func schemas() throws -> [(schema: JSON, instances: [JSON])] {
    var all: [(schema: JSON, instances: [JSON])] = []
    for text in try suite("json-schema") {
      for group in (try? JSON(parsing: text))?.array ?? [] {
        guard let schema = group["schema"], let tests = group["tests"]?.array else { continue }
        all.append((schema, tests.compactMap { $0["data"] }))
      }
    }
    for case .success(let tool) in try definitions().map({ Catalog.read($0, file: "") }) {
      let arguments = tool.definition["tests"]?.array?.compactMap { $0["arguments"] }
      all.append((tool.arguments.json, arguments ?? []))
      if let result = tool.result.schema { all.append((result.json, [])) }
    }
    return all
  }

  /// Every pattern of those schemas, and every text of those instances that might be one.
  private static func patterns() throws -> [[UInt8]] {
    var seen: Set<String> = ["(a|b)*c{2,5}[^x-z\\d]$", "\\p{L}+\\u{1F600}\\u00e9(?<n>.)\\b"]
    for (schema, instances) in try schemas() {
      collect(schema, &seen)
      if schema["format"] == "regex" { seen.formUnion(instances.compactMap(\.string)) }
    }
    return seen.sorted().map { Array($0.utf8) + [0x0A] + Array("abcdefg012 _-é".utf8) }
  }

  private static func collect(_ json: JSON, _ patterns: inout Set<String>) {
    for (key, value) in json.object?.members ?? [] {
      if key == "pattern", let text = value.string { patterns.insert(text) }
      if key == "patternProperties" { patterns.formUnion(value.object?.members.map(\.key) ?? []) }
      collect(value, &patterns)
    }
    for element in json.array ?? [] { collect(element, &patterns) }
  }

  // MARK: Libraries

  private static let fixtureFolder = "Tests/ImportTests/Fixtures"

  private static func fixtures(_ suffix: String) throws -> [[UInt8]] {
    try paths(below: fixtureFolder).filter { $0.hasSuffix("." + suffix) }.map { try Files.read($0) }
  }

  /// Each item with its script alone. The list as a whole is no JSON, because some of its items are
  /// broken; each begins on a line of its own.
  private static func tactical() throws -> [[UInt8]] {
    let folder = "\(fixtureFolder)/tactical/library"
    let list = String(decoding: try Files.read("\(folder)/community_scripts.json"), as: UTF8.self)
    return list.split(separator: "\n  {").dropFirst().map { part in
      let item = "{" + part.drop { $0 == " " }.reversed().drop { ",\n]".contains($0) }.reversed()
      var library = [(path: "x/community_scripts.json", bytes: Array("[\(item)]".utf8))]
      if let name = (try? JSON(parsing: item))?["filename"]?.string,
        let script = try? Files.read("\(folder)/scripts/\(name)")
      {
        library.append(("x/scripts/\(name)", script))
      }
      return Library(library).bytes
    }
  }

  /// Each task with the files of its name, and with what its module shares.
  private static func bolt() throws -> [[UInt8]] {
    let root = "\(fixtureFolder)/bolt/modules"
    return try paths(below: root).filter { $0.hasSuffix(".json") }.map { task in
      let stem = task.dropLast(".json".count)
      let module = Files.directory(of: Files.directory(of: task))
      let files = try paths(below: module).filter {
        $0.hasPrefix(stem + ".") || $0.contains("/types/") || $0.contains("/files/")
      }
      return Library(
        try files.map { (String($0.dropFirst(root.count + 1)), try Files.read($0)) }
      ).bytes
    }
  }
}
