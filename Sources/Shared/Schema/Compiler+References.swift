import JSON

extension Compiler {
  /// Turns each `$ref` into the number of the subschema that it leads to.
  mutating func resolveReferences() {
    for (node, text) in references {
      guard let tokens = pointer(text) else {
        error(
          .reference, node, "$ref",
          "the reference \(text.quoted()) must be \"#\" and a JSON Pointer into this schema, "
            + "such as \"#/$defs/unit\"; other documents and anchors are not read")
        continue
      }
      guard let target = target(of: tokens) else {
        error(.reference, node, "$ref", "the reference \(text.quoted()) leads to no subschema")
        continue
      }
      nodes[node].checks.append(.reference(target))
    }
  }

  /// The steps of a reference: "#", then a JSON Pointer, percent-encoded as URIs are.
  private func pointer(_ reference: String) -> [String]? {
    guard reference.utf8.first == UInt8(ascii: "#"),
      let text = percentDecoded(reference.utf8.dropFirst())
    else { return nil }
    return (try? JSONPointer(text))?.tokens
  }

  private func percentDecoded(_ text: Substring.UTF8View) -> String? {
    var bytes: [UInt8] = []
    var rest = text
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let high = rest.popFirst().flatMap(hexadecimalDigit),
        let low = rest.popFirst().flatMap(hexadecimalDigit)
      else { return nil }
      bytes.append(high << 4 | low)
    }
    return String(validating: bytes, as: UTF8.self)
  }

  /// Follows keywords from the root: only what is a subschema by its place can be the target.
  private func target(of tokens: [String]) -> Int? {
    var node = 0
    var rest = tokens[...]
    while let keyword = rest.popFirst() {
      if let child = children[node][Edge(keyword: keyword, key: nil)] {
        node = child
      } else if let key = rest.popFirst(),
        let child = children[node][Edge(keyword: keyword, key: ExactKey(key))]
      {
        node = child
      } else {
        return nil
      }
    }
    return node
  }

  /// Refuses subschemas that lead to themselves at the same place of the instance, and long chains
  /// of such steps. All other recursion ends with the instance.
  mutating func refuseEndlessSchemas() {
    // The longest chain below each finished subschema. With a stack of its own, because a chain can
    // be as long as the schema.
    var heights: [Int?] = Array(repeating: nil, count: nodes.count)
    var isOpen = Array(repeating: false, count: nodes.count)
    for root in nodes.indices where heights[root] == nil {
      var stack = [root]
      while let node = stack.last {
        let next = nodes[node].checks.flatMap(\.inPlace)
        if heights[node] != nil {
          stack.removeLast()
        } else if isOpen[node] {
          isOpen[node] = false
          heights[node] = 1 + (next.compactMap { heights[$0] }.max() ?? 0)
          stack.removeLast()
        } else {
          isOpen[node] = true
          if next.contains(where: { isOpen[$0] }) {
            error(.circular, node, nil, "the schema leads back to itself without looking deeper")
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
