import Catalog
import Imports
import JSON
import Platform
import Support
import Testing
import Tools

/// Libraries that lie beside these tests, and what came of them when someone last looked.
///
/// `SIGNALBOX_GOLDENS=write swift test --filter ImportTests.GoldenTests` writes the goldens anew;
/// read the difference before you commit it.
enum Fixture {
  static let folder: String = {
    let tests = #filePath.split(separator: "/").dropLast().joined(separator: "/")
    return "/\(tests)"
  }()

  static var writesGoldens: Bool { Machine.environment("SIGNALBOX_GOLDENS") == "write" }

  /// The files below `Fixtures/<path>`, named from there.
  static func files(_ path: String) throws -> SourceFiles {
    var files: [String: [UInt8]] = [:]
    try collect("\(folder)/Fixtures/\(path)", as: Files.name(of: path), into: &files)
    return SourceFiles(files)
  }

  private static func collect(
    _ directory: String, as name: String, into files: inout [String: [UInt8]]
  ) throws {
    for entry in try Files.list(directory) {
      let path = "\(directory)/\(entry)"
      if try Files.status(path).kind == .directory {
        try collect(path, as: "\(name)/\(entry)", into: &files)
      } else {
        files["\(name)/\(entry)"] = try Files.read(path)
      }
    }
  }

  static func golden(_ path: String) throws -> String? {
    let place = "\(folder)/Goldens/\(path)"
    guard Files.exists(place) else { return nil }
    return String(decoding: try Files.read(place), as: UTF8.self)
  }

  static func write(_ goldens: [String: String], to path: String) throws {
    let place = "\(folder)/Goldens/\(path)"
    try Files.removeTree(place)
    try Files.makeDirectories(place, permissions: 0o755)
    for (name, text) in goldens {
      try Files.writeAtomically(Array(text.utf8), to: "\(place)/\(name)", permissions: 0o644)
    }
  }
}

extension ImportResult {
  func item(_ name: String) throws -> ImportItem {
    try #require(items.first { $0.part == name || $0.source.hasSuffix(name) })
  }

  func codes(_ name: String) throws -> [RemarkCode] {
    let item = try item(name)
    return item.gaps.map(\.code) + (item.refusal.map { [$0.code] } ?? [])
  }
}

extension ImportItem {
  /// The definition, as the catalog reads it.
  func loaded() throws -> Tool {
    let tool = try #require(tool, "\(refusal.map { "\($0)" } ?? "")")
    return try Catalog.read(Array(tool.text.utf8), file: tool.fileName).get()
  }
}

/// The one item of a library that is made up here.
func tactical(
  _ script: String, shell: String = "powershell", platforms: [String] = ["windows"],
  _ more: [(String, JSON)] = []
) throws -> ImportItem {
  try tactical(Array(script.utf8), shell: shell, platforms: platforms, more)
}

func tactical(
  _ script: [UInt8], shell: String = "powershell", platforms: [String] = ["windows"],
  _ more: [(String, JSON)] = []
) throws -> ImportItem {
  let item = JSONObject(
    [
      ("name", "Sample"), ("filename", "sample"), ("shell", .string(shell)),
      ("supported_platforms", .array(platforms.map(JSON.string))),
    ] + more)
  let list = JSON.array([.object(item)])
  let result = Importer.run(
    .tactical,
    SourceFiles(["x/community_scripts.json": list.bytes, "x/scripts/sample": script]))
  return try #require(result.items.first)
}

func ssm(_ document: JSON) -> [ImportItem] {
  Importer.run(.ssm, SourceFiles(["Sample.json": document.bytes])).items
}

/// A document with one step for shells.
func ssm(
  shell lines: [String], _ parameters: JSON = [:], action: String = "aws:runShellScript"
) throws -> ImportItem {
  let items = ssm([
    "schemaVersion": "2.2", "parameters": parameters,
    "mainSteps": [
      [
        "action": .string(action), "name": "run",
        "inputs": ["runCommand": .array(lines.map(JSON.string))],
      ]
    ],
  ])
  return try #require(items.first)
}

func bolt(_ files: [String: String]) throws -> ImportItem {
  var bytes: [String: [UInt8]] = [:]
  for (path, text) in files { bytes["own/\(path)"] = Array(text.utf8) }
  return try #require(Importer.run(.bolt, SourceFiles(bytes)).items.first)
}
