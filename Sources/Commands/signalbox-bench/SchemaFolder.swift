import JSON
import Platform
import Schema

/// Schemas and instances from files.
enum SchemaFolder {
  /// What is in a folder: a `schema.json` with `instances.jsonl` or `instances/*.json`, or folders
  /// with those in them.
  static func cases(_ path: String) throws -> [SchemaCase] {
    if Files.exists(path + "/schema.json") { return [try one(path)] }
    return try Files.list(path).filter { Files.exists("\(path)/\($0)/schema.json") }.map {
      try one("\(path)/\($0)")
    }
  }

  private static func one(_ path: String) throws -> SchemaCase {
    let schema = try JSON(parsing: Files.read(path + "/schema.json"))
    return try SchemaCase(Files.name(of: path), schema: schema, instances: instances(path))
  }

  private static func instances(_ path: String) throws -> [[UInt8]] {
    let lines = path + "/instances.jsonl"
    if Files.exists(lines) {
      return try Files.read(lines).split(separator: UInt8(ascii: "\n")).map(Array.init)
    }
    let folder = path + "/instances"
    return try Files.list(folder).filter { $0.hasSuffix(".json") }.map {
      try Files.read("\(folder)/\($0)")
    }
  }
}
