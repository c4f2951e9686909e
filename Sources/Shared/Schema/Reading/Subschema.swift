import JSON

/// One subschema as it was read. Subschemas are told apart by number, so that references are
/// numbers too and recursive schemas need no cycles of objects.
struct Subschema: Sendable {
  let parent: Int?
  /// The steps from the parent: a keyword, and a key or index where the keyword has several.
  let edge: [String]
  /// The resource that it belongs to.
  var resource: Int
  var rules: [Rule] = []
  /// What it says about a value without asking anything of it.
  var annotations: [Annotation] = []
  /// Its `default`, as the schema has it.
  var ownDefault: JSON?

  struct Annotation: Sendable {
    let keyword: String
    let value: JSON
  }

  /// Whether it is the schema `false`.
  var isNever: Bool {
    guard rules.count == 1, case .never = rules[0] else { return false }
    return true
  }
}

/// A schema with a URI of its own: a document, or a part of one with an `$id`.
struct Resource: Sendable {
  /// Without a fragment; empty for a schema that does not say.
  var uri: URIReference
  /// Its first subschema.
  let root: Int
  /// The first subschema of its document.
  let document: Int
  var grammar: Grammar
  /// Places by `$anchor` and `$dynamicAnchor`.
  var anchors: [ExactKey: Int] = [:]
  /// Places by `$dynamicAnchor` alone; with an empty name by `$recursiveAnchor`.
  var dynamicAnchors: [ExactKey: Int] = [:]
}

/// A schema with all that it refers to, as it was read.
struct Schematic: Sendable {
  var subschemas: [Subschema] = []
  var resources: [Resource] = []
  /// The names of dynamic anchors that a reference asks for, by the number in the reference.
  var dynamicNames: [ExactKey] = []
  /// The default that each subschema gives.
  var defaults: [FilledDefault?] = []

  /// Whether there is anything to fill in.
  var hasDefaults: Bool { defaults.contains { $0 != nil } }

  /// The place of a subschema in its document. Made on demand: the pointers of all subschemas
  /// together would cost the product of their number and the length of the longest key.
  func pointer(to place: Int, from root: Int? = nil) -> JSONPointer {
    var tokens: [String] = []
    var place = place
    while place != root, let parent = subschemas[place].parent {
      tokens.append(contentsOf: subschemas[place].edge.reversed())
      place = parent
    }
    return JSONPointer(tokens: tokens.reversed())
  }

  /// The place of a keyword for people: a pointer into the schema that was given, or a URI with one
  /// where it stands in another document.
  func location(of place: Int, _ keyword: String?) -> String {
    let document = resources[subschemas[place].resource].document
    var pointer = pointer(to: place)
    if let keyword { pointer = pointer.appending(keyword) }
    guard document != 0 else { return pointer.text }
    return resources[subschemas[document].resource].uri.withoutFragment + "#" + pointer.text
  }

  /// The place of a keyword as a URI of its resource with a pointer from there (2020-12 Core,
  /// section 12.3.2).
  func absoluteLocation(of place: Int, _ keyword: String?) -> String {
    let resource = resources[subschemas[place].resource]
    var pointer = pointer(to: place, from: resource.root)
    if let keyword { pointer = pointer.appending(keyword) }
    return resource.uri.withoutFragment + "#" + uriFragment(pointer.text)
  }
}

/// The text as the fragment of a URI (RFC 3986, section 3.5).
private func uriFragment(_ text: String) -> String {
  var bytes: [UInt8] = []
  for byte in text.utf8 {
    if isLetter(byte) || isDigit(byte) || "-._~!$&'()*+,;=:@/?".utf8.contains(byte) {
      bytes.append(byte)
    } else {
      bytes.append(UInt8(ascii: "%"))
      let digits = String(byte, radix: 16, uppercase: true)
      bytes.append(contentsOf: (byte < 16 ? "0" + digits : digits).utf8)
    }
  }
  return String(decoding: bytes, as: UTF8.self)
}
