/// How a schema is read. The standard's own rules by default.
package struct SchemaOptions: Sendable {
  /// What becomes of a keyword whose meaning the standard leaves to the reader.
  package enum Meaning: Sendable {
    /// It describes the value, and refuses none.
    case annotation
    /// It is checked.
    case assertion
  }

  /// The dialect of documents that do not say theirs with `$schema`.
  package var dialect = Dialect.draft2020
  package var format = Meaning.annotation
  /// `contentEncoding` base64 and `contentMediaType` application/json.
  package var content = Meaning.annotation
  /// What references may lead to besides the schema itself.
  package var documents = SchemaDocuments()
  /// Whether the schema is held to what its author must have meant: a keyword or a format that is
  /// not known is an error and not an annotation, a `default` has to fit its own schema, and the
  /// schema is one resource of 2020-12, from which no reference leads away. A check that somebody
  /// asked for and nobody makes would be worse than none.
  package var isStrict = false

  package init() {}

  /// For schemas that people write by hand, such as those of tools: strict, and formats are
  /// checked.
  package static var strict: SchemaOptions {
    var options = SchemaOptions()
    options.isStrict = true
    options.format = .assertion
    return options
  }
}
