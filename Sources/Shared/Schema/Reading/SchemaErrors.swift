import JSON

/// One thing in a schema that is wrong or not supported.
package struct SchemaError: Error, Sendable, Hashable, CustomStringConvertible {
  package enum Reason: String, Sendable, Hashable, CaseIterable {
    /// A keyword that a strict schema cannot have.
    case unsupportedKeyword = "schema.unsupportedKeyword"
    /// A keyword with a value that it cannot have.
    case keywordValue = "schema.keywordValue"
    /// A format that is not known, or not checked here.
    case unsupportedFormat = "schema.unsupportedFormat"
    case pattern = "schema.pattern"
    /// A `$ref` that leads to no subschema, or to a document that is not registered.
    case reference = "schema.reference"
    /// A `$schema` that is not known.
    case dialect = "schema.dialect"
    /// A vocabulary that the meta-schema requires and that is not known.
    case vocabulary = "schema.vocabulary"
    /// An `$id` or an anchor that another subschema has as well.
    case identifier = "schema.identifier"
    /// Subschemas that lead to each other at one place of the instance, without end.
    case circular = "schema.circular"
    /// A `default` that its own schema refuses, or that would contain itself.
    case defaultValue = "schema.default"
    case subschemasLimit = "schema.limit.subschemas"
    case depthLimit = "schema.limit.depth"
    case patternsLimit = "schema.limit.patterns"
    case defaultsLimit = "schema.limit.defaults"
    /// More errors than are worth a report.
    case errorsLimit = "schema.limit.errors"
  }

  package let reason: Reason
  /// The place in the schema, as a JSON Pointer.
  package let pointer: String
  /// What is wrong, and what to write instead.
  package let message: String

  /// Stable, for programs: `schema.reference`.
  package var code: String { reason.rawValue }

  package var description: String {
    "\(code) at \(pointer.isEmpty ? "the root" : pointer): \(message)"
  }
}

/// All that is wrong with a schema.
package struct SchemaErrors: Error, Sendable, Hashable, CustomStringConvertible {
  /// At least one.
  package let errors: [SchemaError]

  package var description: String { errors.map(\.description).joined(separator: "\n") }
}
