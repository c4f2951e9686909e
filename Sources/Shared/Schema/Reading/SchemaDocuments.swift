package import JSON

/// The schemas that a `$ref` may lead to, by their URIs. Nothing is ever fetched: what is not here,
/// and is no meta-schema of JSON Schema itself, does not exist.
package struct SchemaDocuments: Sendable {
  private var documents: [String: JSON] = [:]
  /// The URIs at which documents with an `$id` of their own are registered.
  private var places: [String: String] = [:]

  package init() {}

  /// - Parameter uri: where the schema is, without a fragment. Its own `$id` finds it as well.
  package mutating func register(_ json: JSON, at uri: String) {
    let place = URIReference(uri)
    documents[place.withoutFragment] = json
    guard let id = json["$id"]?.string else { return }
    let own = URIReference(id).resolved(against: place).withoutFragment
    if own != place.withoutFragment { places[own] = place.withoutFragment }
  }

  package var count: Int { documents.count }

  /// A document, and the URI that it was registered at.
  func document(at uri: String) -> (uri: String, json: JSON)? {
    if let json = documents[uri] { return (uri, json) }
    if let place = places[uri], let json = documents[place] { return (place, json) }
    return MetaSchemas.document(at: uri).map { (uri, $0) }
  }
}
