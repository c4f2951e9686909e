/// A URI, or a reference that is relative to one, in its five parts (RFC 3986, section 3).
///
/// Reading never fails: what is no URI by its characters is a path, and leads nowhere.
struct URIReference: Hashable {
  var scheme: String?
  var authority: String?
  var path: String
  var query: String?
  var fragment: String?

  /// Section 5.2.4 removes "." and ".." only from what is resolved; a reference keeps them.
  init(_ text: String) {
    var rest = Substring(text)
    fragment = Self.cut("#", from: &rest)
    if let colon = rest.utf8.firstIndex(of: UInt8(ascii: ":")), Self.isScheme(rest[..<colon]) {
      scheme = rest[..<colon].lowercased()
      rest = rest[rest.utf8.index(after: colon)...]
    }
    query = Self.cut("?", from: &rest)
    if rest.utf8.starts(with: "//".utf8) {
      let host = rest.dropFirst(2)
      let end = host.utf8.firstIndex(of: UInt8(ascii: "/")) ?? host.endIndex
      authority = host[..<end].lowercased()
      rest = host[end...]
    }
    path = String(rest)
  }

  /// Takes the mark and all behind it off the end.
  private static func cut(_ mark: Unicode.Scalar, from text: inout Substring) -> String? {
    guard let place = text.utf8.firstIndex(of: UInt8(ascii: mark)) else { return nil }
    let tail = String(text[text.utf8.index(after: place)...])
    text = text[..<place]
    return tail
  }

  private static func isScheme(_ text: Substring) -> Bool {
    guard let first = text.utf8.first, isLetter(first) else { return false }
    return text.utf8.allSatisfy { isLetter($0) || isDigit($0) || "+-.".utf8.contains($0) }
  }

  var text: String {
    var text = withoutFragment
    if let fragment { text += "#" + fragment }
    return text
  }

  /// What names the document or the resource in it.
  var withoutFragment: String {
    var text = ""
    if let scheme { text += scheme + ":" }
    if let authority { text += "//" + authority }
    text += path
    if let query { text += "?" + query }
    return text
  }

  /// Section 5.2.2.
  func resolved(against base: URIReference) -> URIReference {
    var target = self
    if scheme != nil {
      target.path = Self.withoutDots(path)
      return target
    }
    target.scheme = base.scheme
    if authority != nil {
      target.path = Self.withoutDots(path)
      return target
    }
    target.authority = base.authority
    if path.isEmpty {
      target.path = base.path
      target.query = query ?? base.query
    } else if path.utf8.first == UInt8(ascii: "/") {
      target.path = Self.withoutDots(path)
    } else {
      target.path = Self.withoutDots(base.merged(with: path))
    }
    return target
  }

  /// Section 5.2.3.
  private func merged(with path: String) -> String {
    if authority != nil, self.path.isEmpty { return "/" + path }
    guard let slash = self.path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return path }
    return self.path[...slash] + path
  }

  /// Section 5.2.4.
  private static func withoutDots(_ path: String) -> String {
    guard path.utf8.contains(UInt8(ascii: ".")) else { return path }
    var parts: [Substring] = []
    let isAbsolute = path.utf8.first == UInt8(ascii: "/")
    let steps = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
      .dropFirst(isAbsolute ? 1 : 0)
    for (place, bytes) in steps.enumerated() {
      let isLast = place == steps.count - 1
      let step = Substring(bytes)
      switch step {
      case ".": if isLast { parts.append("") }
      case "..":
        _ = parts.popLast()
        if isLast { parts.append("") }
      default: parts.append(step)
      }
    }
    return (isAbsolute ? "/" : "") + parts.joined(separator: "/")
  }
}

func isLetter(_ byte: UInt8) -> Bool { UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 }

/// Bytes written as "%41" are what they stand for; `nil` where a "%" has no two digits behind it,
/// or the bytes are no text.
func percentDecoded(_ text: String) -> String? {
  guard text.utf8.contains(UInt8(ascii: "%")) else { return text }
  var bytes: [UInt8] = []
  var rest = text.utf8[...]
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
