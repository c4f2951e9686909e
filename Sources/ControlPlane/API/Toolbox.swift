import Catalog
import JSON
import Platform
import Store

/// The tools that calls can be made of, and those that calls were made of.
final class Toolbox: Sendable {
  /// A directory of definitions as it was read last.
  private struct Shelf {
    /// By name; the versions newest first.
    var versions: [String: [Tool]] = [:]
    /// With the text of the canonical definition, which every call of the tool shares.
    var byDigest: [String: (tool: Tool, text: String)] = [:]
    var all: [Tool] = []
    var errors: [DefinitionError] = []
  }

  /// Tools that are not in the directory any more are read from the store; so many are kept.
  static let storedToolsMax = 256

  private let directory: String?
  private let shelf = Locked(Shelf())
  private let stored = Locked<[String: Tool]>([:])
  private let definition: @Sendable (_ digest: String) -> String?

  /// - Parameter definition: the text of a definition in the store.
  init(directory: String?, definition: @escaping @Sendable (String) -> String?) {
    self.directory = directory
    self.definition = definition
  }

  /// Reads the directory. Calls that were accepted keep the definition they were accepted with.
  @discardableResult
  func reload() -> [DefinitionError] {
    guard let directory else { return [] }
    let loading = Catalog.load(directory: directory)
    var fresh = Shelf()
    fresh.all = loading.tools.sorted {
      $0.name == $1.name ? Self.isNewer($0.version, $1.version) : $0.name < $1.name
    }
    for tool in fresh.all {
      fresh.versions[tool.name, default: []].append(tool)
      fresh.byDigest[tool.digest] = (tool, String(decoding: tool.canonical, as: UTF8.self))
    }
    fresh.errors = loading.errors
    shelf.withLock { $0 = fresh }
    return loading.errors
  }

  var tools: [Tool] { shelf.withLock { $0.all } }
  var errors: [DefinitionError] { shelf.withLock { $0.errors } }

  /// - Parameter version: the newest one if `nil`.
  func tool(named name: String, version: String?) -> Tool? {
    shelf.withLock { shelf in
      let versions = shelf.versions[name] ?? []
      guard let version else { return versions.first }
      return versions.first { $0.version == version }
    }
  }

  /// The canonical definition as a text.
  func text(of tool: Tool) -> String {
    shelf.withLock { $0.byDigest[tool.digest]?.text }
      ?? String(decoding: tool.canonical, as: UTF8.self)
  }

  /// The tool that a call was accepted with.
  func tool(digest: String) -> Tool? {
    if let tool = shelf.withLock({ $0.byDigest[digest]?.tool }) { return tool }
    if let tool = stored.withLock({ $0[digest] }) { return tool }
    guard let text = definition(digest), let json = try? JSON(parsing: text),
      let tool = try? Tool(definition: json), tool.digest == digest
    else { return nil }
    stored.withLock { stored in
      if stored.count >= Self.storedToolsMax { stored.removeAll() }
      stored[digest] = tool
    }
    return tool
  }

  /// By the precedence of Semantic Versioning, as far as numbers go: pre-releases come before their
  /// release, and compare as text.
  private static func isNewer(_ left: String, _ right: String) -> Bool {
    let (a, b) = (parts(left), parts(right))
    for (x, y) in zip(a.numbers, b.numbers) where x != y { return x > y }
    if a.numbers.count != b.numbers.count { return a.numbers.count > b.numbers.count }
    if a.rest.isEmpty != b.rest.isEmpty { return a.rest.isEmpty }
    return a.rest > b.rest
  }

  private static func parts(_ version: String) -> (numbers: [Int], rest: String) {
    let halves = version.split(separator: "-", maxSplits: 1)
    let numbers = (halves.first ?? "").split(separator: ".").compactMap { Int($0) }
    return (numbers, halves.count > 1 ? String(halves[1]) : "")
  }
}
