package import JSON

extension Schema {
  /// What is wrong with a schema by its meta-schema: that of its `$schema`, or else of the dialect
  /// of the options. Reading a schema finds more (`Schema.init`), and what a meta-schema of one's
  /// own asks for is found here alone.
  ///
  /// - Throws: what is wrong with the meta-schema, or that it is not registered.
  package static func violations(
    ofSchema json: JSON, options: SchemaOptions = .init()
  ) throws(SchemaErrors) -> [Violation] {
    let name = json["$schema"]?.string ?? options.dialect.rawValue
    let uri = URIReference(name)
    if let dialect = Dialect(schema: uri), let known = builtIn[dialect] {
      return try known.get().validate(json)
    }
    guard let document = options.documents.document(at: uri.withoutFragment) else {
      let message =
        "the meta-schema \(name.quoted(upTo: 100)) is not registered, and nothing is fetched;"
        + " register it"
      throw SchemaErrors(
        errors: [SchemaError(reason: .dialect, pointer: "/$schema", message: message)])
    }
    return try Schema(document.json, options: options).validate(json)
  }

  /// The meta-schemas of the dialects, read once in a process.
  private static let builtIn: [Dialect: Result<Schema, SchemaErrors>] = {
    var schemas: [Dialect: Result<Schema, SchemaErrors>] = [:]
    for dialect in Dialect.allCases {
      guard let json = MetaSchemas.document(at: dialect.rawValue) else { continue }
      schemas[dialect] = Result { () throws(SchemaErrors) in try Schema(json) }
    }
    return schemas
  }()
}
