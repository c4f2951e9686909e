internal import Platform

/// The groups of endpoints that an MSP's clients are, and the rules that each client set for calls
/// on them. One YAML file; docs/POLICY.md has its format.
package struct PolicyBook: Sendable, Hashable {
  package struct Group: Sendable, Hashable {
    package let name: String
    /// Names of endpoints; a `*` at the end stands for any rest.
    package let endpoints: [String]
    /// Instead of what the tool says; nil where the tool's word stands.
    package let ackWithin: Duration?
    package let attempts: Int?
    package let expiresAfter: Duration?
    package let concurrency: Int?
    package let priority: Int
    package let whenDegraded: WhenDegraded

    package func holds(_ endpoint: String) -> Bool {
      endpoints.contains { pattern in
        pattern.hasSuffix("*")
          ? endpoint.utf8.starts(with: pattern.dropLast().utf8) : pattern == endpoint
      }
    }
  }

  package enum WhenDegraded: String, Sendable, CaseIterable {
    case send
    case hold
  }

  /// The author's own count.
  package let version: Int
  /// Of the file's bytes.
  package let digest: String
  package let groups: [Group]
  /// Whom to tell when calls end.
  package var hooks: [Hook] = []
  package var outbox = Outbox()

  package static let maxGroups = 1_000
  package static let maxPatterns = 10_000
  static let formatVersion = 1

  package static let empty = PolicyBook(version: 0, digest: "", groups: [])

  package func group(named name: String) -> Group? { groups.first { $0.name == name } }

  /// The group whose rules shape calls on an endpoint: the first that has it.
  package func group(of endpoint: String) -> Group? { groups.first { $0.holds(endpoint) } }

  /// Looks at the files that it names as well.
  /// - Throws: all that is wrong with the file, by position.
  package static func read(file path: String) throws(DefinitionErrors) -> PolicyBook {
    let bytes: [UInt8]
    do throws(SystemError) {
      bytes = try Files.read(path, limit: SourceText.maxBytes)
    } catch {
      throw DefinitionErrors([
        DefinitionError(
          file: path, line: 1, column: 1, rule: .fileUnreadable,
          message: "the file cannot be read: \(error)",
          remedy: "check the path and its permissions")
      ])
    }
    return try read(bytes, file: path, looksAtFiles: true).get()
  }
}
