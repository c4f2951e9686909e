import JSON

// What a subschema says about itself: its dialect, its URI, its anchors (2020-12 Core, sections 8.1
// and 8.2; draft-07 Core, section 8).

extension Compiler {
  mutating func identify(_ object: JSONObject, _ place: Int) {
    let outer = grammar(of: place)
    let isRoot = schematic.subschemas[place].parent == nil
    // The dialect first: it decides how "$id" is read.
    let grammar = declaredGrammar(object, place, isRoot: isRoot, outer) ?? outer
    if isRoot { schematic.resources[schematic.subschemas[place].resource].grammar = grammar }
    // In draft-07 nothing beside a "$ref" says anything.
    if grammar.dialect == .draft7, object["$ref"] != nil { return }
    if let id = object["$id"] { identifier(id, place, isRoot: isRoot, grammar) }
    guard grammar.dialect != .draft7 else { return }
    if let name = anchorName(object, "$anchor", place) { anchor(name, place, isDynamic: false) }
    switch grammar.dialect {
    case .draft7: break
    case .draft2019:
      if object["$recursiveAnchor"]?.bool == true { recursiveAnchor(place) }
    case .draft2020:
      if let name = anchorName(object, "$dynamicAnchor", place) {
        anchor(name, place, isDynamic: true)
      }
    }
  }

  // MARK: Dialects

  private mutating func declaredGrammar(
    _ object: JSONObject, _ place: Int, isRoot: Bool, _ outer: Grammar
  ) -> Grammar? {
    guard let value = object["$schema"] else { return nil }
    guard let text = value.string else {
      wrong(place, "$schema", "a URI")
      return nil
    }
    if options.isStrict, Dialect(schema: URIReference(text)) != options.dialect || !isRoot {
      wrong(place, "$schema", "\"\(options.dialect.rawValue)\", at the root")
      return nil
    }
    // It is for whole resources only.
    guard isRoot || object["$id"] != nil else { return nil }
    return grammar(named: text, place, hops: 0)
  }

  /// Meta-schemas that name another one as theirs may be this many.
  private static let maxMetaSchemas = 8

  private mutating func grammar(named text: String, _ place: Int, hops: Int) -> Grammar? {
    let uri = URIReference(text)
    if let dialect = Dialect(schema: uri) { return Grammar(dialect) }
    guard hops < Self.maxMetaSchemas,
      let meta = options.documents.document(at: uri.withoutFragment)?.json,
      let own = meta["$schema"]?.string, own != text,
      let grammar = grammar(named: own, place, hops: hops + 1)
    else {
      if hops == 0 {
        error(
          .dialect, place, "$schema",
          "the dialect \(text.quoted(upTo: 100)) is not known; register its meta-schema, or use "
            + Dialect.allCases.map(\.rawValue).joined(separator: " or "))
      }
      return nil
    }
    guard grammar.dialect != .draft7, let declared = meta["$vocabulary"]?.object else {
      return grammar
    }
    return Grammar(grammar.dialect, vocabularies(declared, place))
  }

  private mutating func vocabularies(_ declared: JSONObject, _ place: Int) -> Vocabularies {
    var vocabularies = Vocabularies.core
    for (uri, value) in declared.members {
      if let known = Vocabularies(uri: uri) {
        // "false" speaks to those who do not know it.
        vocabularies.formUnion(known)
      } else if value.bool == true {
        error(
          .vocabulary, place, "$schema",
          "the meta-schema requires the vocabulary \(uri.quoted(upTo: 100)), which is not known"
        )
      }
    }
    return vocabularies
  }

  // MARK: Identifiers

  private mutating func identifier(
    _ value: JSON, _ place: Int, isRoot: Bool, _ grammar: Grammar
  ) {
    guard let text = value.string else {
      wrong(place, "$id", "a URI")
      return
    }
    if options.isStrict, !isRoot {
      error(
        .unsupportedKeyword, place, "$id",
        "\"$id\" is supported at the root only; refer to this place as \"#/…\" instead")
      return
    }
    let reference = URIReference(text)
    let fragment = reference.fragment ?? ""
    if !fragment.isEmpty, grammar.dialect != .draft7 || options.isStrict {
      wrong(place, "$id", "a URI without \"#\"; \"$anchor\" names a place in it")
      return
    }
    if !reference.withoutFragment.isEmpty {
      open(reference.resolved(against: base(of: place)), place, isRoot: isRoot, grammar)
    }
    if !fragment.isEmpty { anchor(fragment, place, isDynamic: false) }
  }

  func base(of place: Int) -> URIReference {
    schematic.resources[schematic.subschemas[place].resource].uri
  }

  private mutating func open(
    _ uri: URIReference, _ place: Int, isRoot: Bool, _ grammar: Grammar
  ) {
    var uri = uri
    uri.fragment = nil
    let name = uri.withoutFragment
    let document = schematic.resources[schematic.subschemas[place].resource].document
    if let other = resources[name], schematic.resources[other].document == document,
      schematic.resources[other].root != place
    {
      error(.identifier, place, "$id", "another part of the schema has the identifier as well")
      return
    }
    if isRoot {
      let own = schematic.subschemas[place].resource
      schematic.resources[own].uri = uri
      if resources[name] == nil { resources[name] = own }
      return
    }
    schematic.resources.append(
      Resource(uri: uri, root: place, document: document, grammar: grammar))
    schematic.subschemas[place].resource = schematic.resources.count - 1
    if resources[name] == nil { resources[name] = schematic.resources.count - 1 }
  }

  // MARK: Anchors

  private mutating func anchorName(
    _ object: JSONObject, _ keyword: String, _ place: Int
  ) -> String? {
    guard let value = object[keyword] else { return nil }
    if let name = value.string, let first = name.utf8.first, isLetter(first) || first == 0x5F,
      name.utf8.allSatisfy({ isLetter($0) || isDigit($0) || "-._".utf8.contains($0) })
    {
      return name
    }
    wrong(
      place, keyword, "a name of letters, digits, \"-\", \"_\" and \".\", beginning with a letter")
    return nil
  }

  private mutating func anchor(_ name: String, _ place: Int, isDynamic: Bool) {
    let key = ExactKey(name)
    let resource = schematic.subschemas[place].resource
    if let other = schematic.resources[resource].anchors.updateValue(place, forKey: key),
      other != place
    {
      error(
        .identifier, place, isDynamic ? "$dynamicAnchor" : "$anchor",
        "another subschema has the anchor \(name.quoted()) as well")
    }
    if isDynamic { schematic.resources[resource].dynamicAnchors[key] = place }
  }

  private mutating func recursiveAnchor(_ place: Int) {
    let resource = schematic.subschemas[place].resource
    guard schematic.resources[resource].root == place else { return }
    schematic.resources[resource].dynamicAnchors[ExactKey("")] = place
  }
}
