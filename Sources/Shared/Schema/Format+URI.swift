/// RFC 3986, appendix A: `scheme ":" hier-part [ "?" query ] [ "#" fragment ]`.
func isURI(_ bytes: [UInt8]) -> Bool {
  guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), isScheme(bytes[..<colon]) else {
    return false
  }
  var rest = bytes[(colon + 1)...]
  if let hash = rest.firstIndex(of: UInt8(ascii: "#")) {
    guard isText(rest[(hash + 1)...], also: "/?:@") else { return false }
    rest = rest[..<hash]
  }
  if let mark = rest.firstIndex(of: UInt8(ascii: "?")) {
    guard isText(rest[(mark + 1)...], also: "/?:@") else { return false }
    rest = rest[..<mark]
  }
  guard rest.starts(with: "//".utf8) else { return isText(rest, also: "/:@") }
  rest = rest.dropFirst(2)
  let slash = rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
  return isAuthority(rest[..<slash]) && isText(rest[slash...], also: "/:@")
}

private func isScheme(_ bytes: ArraySlice<UInt8>) -> Bool {
  guard let first = bytes.first, isLetterOrDigit(first), !isDigit(first) else { return false }
  return bytes.allSatisfy { isLetterOrDigit($0) || "+-.".utf8.contains($0) }
}

private func isAuthority(_ bytes: ArraySlice<UInt8>) -> Bool {
  var rest = bytes
  if let at = rest.firstIndex(of: UInt8(ascii: "@")) {
    guard isText(rest[..<at], also: ":") else { return false }
    rest = rest[(at + 1)...]
  }
  guard rest.first == UInt8(ascii: "[") else {
    let colon = rest.firstIndex(of: UInt8(ascii: ":")) ?? rest.endIndex
    return isText(rest[..<colon], also: "") && rest[colon...].dropFirst().allSatisfy(isDigit)
  }
  guard let end = rest.firstIndex(of: UInt8(ascii: "]")) else { return false }
  let address = rest[..<end].dropFirst()
  let port = rest[(end + 1)...]
  return (isIPv6(address) || isFutureAddress(address))
    && (port.isEmpty || port.first == UInt8(ascii: ":")) && port.dropFirst().allSatisfy(isDigit)
}

/// "v" and hexadecimal digits, a dot, and text.
private func isFutureAddress(_ bytes: ArraySlice<UInt8>) -> Bool {
  guard let first = bytes.first, first | 0x20 == UInt8(ascii: "v"),
    let dot = bytes.firstIndex(of: UInt8(ascii: "."))
  else { return false }
  let version = bytes[..<dot].dropFirst()
  let text = bytes[(dot + 1)...]
  return !version.isEmpty && version.allSatisfy { hexadecimalDigit($0) != nil } && !text.isEmpty
    && !text.contains(UInt8(ascii: "%")) && isText(text, also: ":")
}

/// Unreserved characters, sub-delimiters, percent-encoded bytes, and the given ones.
private func isText(_ bytes: ArraySlice<UInt8>, also others: StaticString) -> Bool {
  let allowed = Array("-._~!$&'()*+,;=".utf8) + Array(others.description.utf8)
  var rest = bytes
  while let byte = rest.popFirst() {
    if byte == UInt8(ascii: "%") {
      guard let high = rest.popFirst(), let low = rest.popFirst(), hexadecimalDigit(high) != nil,
        hexadecimalDigit(low) != nil
      else { return false }
    } else if !isLetterOrDigit(byte) && !allowed.contains(byte) {
      return false
    }
  }
  return true
}
