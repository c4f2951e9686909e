import JSON

extension Compiler {
  /// Turns each reference into the number of the subschema that it leads to. Documents that are met
  /// on the way are read, with the references in them.
  mutating func resolveReferences() {
    while let reference = references.popLast() {
      guard limitsMet.isEmpty else { return }
      guard let target = target(of: reference) else { continue }
      schematic.subschemas[reference.place].rules[reference.rule] = rule(reference, target)
    }
  }

  private mutating func rule(_ reference: Reference, _ target: Int) -> Rule {
    let plain = Rule.reference(target, keyword: reference.keyword)
    let name: ExactKey
    switch reference.keyword {
    case "$dynamicRef": name = ExactKey(reference.uri.fragment ?? "")
    case "$recursiveRef": name = ExactKey("")
    default: return plain
    }
    // Only what leads to a dynamic anchor is one itself (2020-12 Core, section 8.2.3.2).
    let resource = schematic.resources[schematic.subschemas[target].resource]
    guard resource.dynamicAnchors[name] == target else { return plain }
    let number = schematic.dynamicNames.firstIndex(of: name) ?? schematic.dynamicNames.count
    if number == schematic.dynamicNames.count { schematic.dynamicNames.append(name) }
    return .dynamicReference(name: number, otherwise: target, keyword: reference.keyword)
  }

  private mutating func target(of reference: Reference) -> Int? {
    guard let resource = resource(of: reference) else { return nil }
    let root = schematic.resources[resource].root
    guard let fragment = percentDecoded(reference.uri.fragment ?? "") else {
      refuse(reference, "is no URI: \"%\" stands before two hexadecimal digits")
      return nil
    }
    if fragment.isEmpty { return root }
    if !fragment.utf8.starts(with: "/".utf8) {
      if let place = schematic.resources[resource].anchors[ExactKey(fragment)] { return place }
      refuse(
        reference, "leads to no anchor; write \"#/…\" for a place, or name it with \"$anchor\"")
      return nil
    }
    guard let pointer = try? JSONPointer(fragment) else {
      refuse(reference, "has no JSON Pointer behind its \"#\"")
      return nil
    }
    if let place = target(pointer.tokens, from: root) { return place }
    refuse(reference, "leads to no subschema")
    return nil
  }

  private mutating func resource(of reference: Reference) -> Int? {
    let name = reference.uri.withoutFragment
    if let known = resources[name] { return known }
    if options.isStrict {
      refuse(
        reference, "leads out of the schema; refer to a place in it, such as \"#/$defs/unit\"")
      return nil
    }
    guard let (uri, json) = options.documents.document(at: name) else {
      refuse(
        reference,
        "leads to a document that is not registered, and nothing is fetched; register it")
      return nil
    }
    let root = document(json, at: uri)
    return resources[name] ?? schematic.subschemas[root].resource
  }

  private mutating func refuse(_ reference: Reference, _ reason: String) {
    error(
      .reference, reference.place, reference.keyword,
      "the reference \(reference.text.quoted(upTo: 200)) \(reason)")
  }

  /// Follows keywords to what is a subschema by its place.
  private mutating func target(_ tokens: [String], from root: Int) -> Int? {
    var place = root
    var rest = tokens[...]
    while let keyword = rest.first {
      if let child = children[place][Edge(keyword: keyword, key: nil)] {
        place = child
        rest = rest.dropFirst()
      } else if let key = rest.dropFirst().first,
        let child = children[place][Edge(keyword: keyword, key: ExactKey(key))]
      {
        place = child
        rest = rest.dropFirst(2)
      } else {
        return elsewhere(Array(rest), below: place)
      }
    }
    return place
  }

  /// A reference may lead to where no keyword would look for a subschema, such as into `examples`
  /// or a keyword that is not known. What is there becomes one by that.
  private mutating func elsewhere(_ tokens: [String], below place: Int) -> Int? {
    guard !options.isStrict else { return nil }
    let edge = JSONPointer(tokens: tokens)
    let known = Elsewhere(place: place, pointer: edge)
    if let place = others[known] { return place }
    let document = schematic.resources[schematic.subschemas[place].resource].document
    guard let json = documents[document],
      let outer = schematic.pointer(to: place).value(in: json), let value = edge.value(in: outer)
    else { return nil }
    switch value {
    case .bool, .object: break
    case .null, .number, .string, .array: return nil
    }
    let site = Site(parent: place, edge: tokens, depth: 0)
    let target = subschema(value, site)
    others[known] = target
    return target
  }

  struct Elsewhere: Hashable {
    let place: Int
    let pointer: JSONPointer
  }

  /// Refuses subschemas that lead to themselves at the same place of the instance, and long chains
  /// of such steps. All other recursion ends with the instance.
  mutating func refuseEndlessSchemas() {
    // The longest chain below each finished subschema. With a stack of its own, because a chain can
    // be as long as the schema.
    let inPlace = schematic.subschemas.map { $0.rules.flatMap(\.inPlace) }
    var heights: [Int?] = Array(repeating: nil, count: inPlace.count)
    var isOpen = Array(repeating: false, count: inPlace.count)
    for root in inPlace.indices where heights[root] == nil {
      var stack = [root]
      while let place = stack.last {
        let next = inPlace[place]
        if heights[place] != nil {
          stack.removeLast()
        } else if isOpen[place] {
          isOpen[place] = false
          heights[place] = 1 + (next.compactMap { heights[$0] }.max() ?? 0)
          stack.removeLast()
        } else {
          isOpen[place] = true
          if next.contains(where: { isOpen[$0] }) {
            error(.circular, place, nil, "the schema leads back to itself without looking deeper")
            return
          }
          stack.append(contentsOf: next.filter { heights[$0] == nil })
        }
      }
      if let height = heights[root], height > limits.maxDepth {
        limitMet(
          .depthLimit, root,
          "references and combinations are nested deeper than \(limits.maxDepth)")
        return
      }
    }
  }
}

/// The value of a hexadecimal digit.
func hexadecimalDigit(_ byte: UInt8) -> UInt8? {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
  case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
  case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
  default: nil
  }
}
