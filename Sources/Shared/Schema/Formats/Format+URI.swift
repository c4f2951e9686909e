// URIs and references: RFC 3986, appendix A; with Unicode RFC 3987, section 2.2.

func isURI(_ text: Span<UInt8>, allowsUnicode: Bool) -> Bool {
  guard let colon = text.firstIndex(of: ":"), isScheme(text.extracting(0..<colon)) else {
    return false
  }
  return isHierarchy(text.extracting(colon + 1..<text.count), allowsUnicode: allowsUnicode)
}

func isURIReference(_ text: Span<UInt8>, allowsUnicode: Bool) -> Bool {
  if isURI(text, allowsUnicode: allowsUnicode) { return true }
  // Without a scheme the first step of the path has no colon, or it would look like one.
  var place = 0
  while place < text.count {
    switch text[place] {
    case UInt8(ascii: ":"): return false
    case UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#"): place = text.count
    default: place += 1
    }
  }
  return isHierarchy(text, allowsUnicode: allowsUnicode)
}

private func isScheme(_ text: Span<UInt8>) -> Bool {
  guard !text.isEmpty, isLetter(text[0]) else { return false }
  return text.allSatisfy { isLetterOrDigit($0) || "+-.".utf8.contains($0) }
}

/// Authority, path, query and fragment.
private func isHierarchy(_ text: Span<UInt8>, allowsUnicode: Bool) -> Bool {
  let fragment = text.firstIndex(of: "#") ?? text.count
  let query = text.extracting(0..<fragment).firstIndex(of: "?") ?? fragment
  if fragment < text.count {
    let text = text.extracting(fragment + 1..<text.count)
    guard isText(text, also: "/?:@", allowsUnicode ? .unicode : .ascii) else { return false }
  }
  if query < fragment {
    let text = text.extracting(query + 1..<fragment)
    guard isText(text, also: "/?:@", allowsUnicode ? .unicodeAndPrivate : .ascii) else {
      return false
    }
  }
  var path = 0
  if query >= 2, text.has("/", at: 0), text.has("/", at: 1) {
    path = text.extracting(0..<query).firstIndex(of: "/", from: 2) ?? query
    guard isAuthority(text.extracting(2..<path), allowsUnicode: allowsUnicode) else { return false }
  }
  return isText(
    text.extracting(path..<query), also: "/:@", allowsUnicode ? .unicode : .ascii)
}

private func isAuthority(_ text: Span<UInt8>, allowsUnicode: Bool) -> Bool {
  let characters: Characters = allowsUnicode ? .unicode : .ascii
  var host = 0
  if let at = text.firstIndex(of: "@") {
    guard isText(text.extracting(0..<at), also: ":", characters) else { return false }
    host = at + 1
  }
  guard text.has("[", at: host) else {
    let colon = text.firstIndex(of: ":", from: host) ?? text.count
    return isText(text.extracting(host..<colon), also: "", characters)
      && (colon == text.count || endOfDigits(text, from: colon + 1) == text.count)
  }
  guard let end = text.firstIndex(of: "]", from: host) else { return false }
  let address = text.extracting(host + 1..<end)
  guard isIPv6(address) || isFutureAddress(address) else { return false }
  return end + 1 == text.count
    || text.has(":", at: end + 1) && endOfDigits(text, from: end + 2) == text.count
}

/// "v" and hexadecimal digits, a dot, and text.
private func isFutureAddress(_ text: Span<UInt8>) -> Bool {
  guard text.count > 3, text[0] | 0x20 == UInt8(ascii: "v"), let dot = text.firstIndex(of: "."),
    dot > 1, dot + 1 < text.count
  else { return false }
  let address = text.extracting(dot + 1..<text.count)
  return text.extracting(1..<dot).allSatisfy { hexadecimalDigit($0) != nil }
    && address.firstIndex(of: "%") == nil && isText(address, also: ":", .ascii)
}

enum Characters { case ascii, unicode, unicodeAndPrivate }

/// Unreserved characters, sub-delimiters, percent-encoded bytes, and the given ones.
private func isText(
  _ text: Span<UInt8>, also others: StaticString, _ characters: Characters
) -> Bool {
  var place = 0
  while place < text.count {
    let byte = text[place]
    if byte == UInt8(ascii: "%") {
      guard isPercentEncoded(text, at: place) else { return false }
      place += 3
    } else if byte >= 0x80 {
      guard isAllowed(text.character(at: &place), characters) else { return false }
    } else {
      guard isLetterOrDigit(byte) || "-._~!$&'()*+,;=".utf8.contains(byte) || has(others, byte)
      else { return false }
      place += 1
    }
  }
  return true
}

private func has(_ text: StaticString, _ byte: UInt8) -> Bool {
  text.withUTF8Buffer { $0.contains(byte) }
}

func isPercentEncoded(_ text: Span<UInt8>, at place: Int) -> Bool {
  place + 2 < text.count && hexadecimalDigit(text[place + 1]) != nil
    && hexadecimalDigit(text[place + 2]) != nil
}

/// `ucschar` and `iprivate` of RFC 3987.
func isAllowed(_ code: UInt32, _ characters: Characters) -> Bool {
  if characters == .ascii { return false }
  switch code {
  case 0xA0...0xD7FF, 0xF900...0xFDCF, 0xFDF0...0xFFEF: return true
  // The planes from the first on, but for their last two places and the start of the 14th.
  case 0x10000...0xDFFFD, 0xE1000...0xEFFFD: return code & 0xFFFF <= 0xFFFD
  case 0xE000...0xF8FF: return characters == .unicodeAndPrivate
  case 0xF0000...0x10FFFD: return characters == .unicodeAndPrivate && code & 0xFFFF <= 0xFFFD
  default: return false
  }
}
