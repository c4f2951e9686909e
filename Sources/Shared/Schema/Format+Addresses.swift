// Names and addresses in the network. All by bytes: none has characters outside of ASCII.

func isLetterOrDigit(_ byte: UInt8) -> Bool {
  isDigit(byte) || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
}

/// RFC 1123, section 2.1. What an internationalised label ("xn--…") stands for is not checked.
func isHostname(_ bytes: ArraySlice<UInt8>) -> Bool {
  guard 1...253 ~= bytes.count else { return false }
  let hyphen = UInt8(ascii: "-")
  return bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy {
    1...63 ~= $0.count && $0.first != hyphen && $0.last != hyphen
      && $0.allSatisfy { isLetterOrDigit($0) || $0 == hyphen }
  }
}

/// RFC 2673, section 3.2: four numbers up to 255 without leading zeros.
func isIPv4(_ bytes: ArraySlice<UInt8>) -> Bool {
  guard bytes.count <= 15 else { return false }
  let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
  return parts.count == 4
    && parts.allSatisfy { part in
      1...3 ~= part.count && part.allSatisfy(isDigit)
        && (part.first != UInt8(ascii: "0") || part.count == 1)
        && part.reduce(0) { $0 * 10 + Int($1 - 0x30) } <= 255
    }
}

/// RFC 4291, section 2.2: eight groups, of which "::" may stand for one or more.
func isIPv6(_ bytes: ArraySlice<UInt8>) -> Bool {
  // The longest has six groups of four digits and an IPv4 address.
  guard bytes.count <= 45 else { return false }
  let colon = UInt8(ascii: ":")
  let gap = zip(bytes.indices, bytes.indices.dropFirst()).first {
    bytes[$0] == colon && bytes[$1] == colon
  }
  guard let gap else { return groupCount(bytes, mayEndWithIPv4: true) == 8 }
  guard let left = groupCount(bytes[..<gap.0], mayEndWithIPv4: false),
    let right = groupCount(bytes[(gap.1 + 1)...], mayEndWithIPv4: true)
  else { return false }
  return left + right <= 7
}

/// How many groups of 16 bits the text has; `nil` if it has anything else. An IPv4 address is two.
private func groupCount(_ bytes: ArraySlice<UInt8>, mayEndWithIPv4: Bool) -> Int? {
  if bytes.isEmpty { return 0 }
  let groups = bytes.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
  var count = 0
  for (place, group) in groups.enumerated() {
    if group.count <= 4, !group.isEmpty, group.allSatisfy({ hexadecimalDigit($0) != nil }) {
      count += 1
    } else if mayEndWithIPv4, place == groups.count - 1, isIPv4(group) {
      count += 2
    } else {
      return nil
    }
  }
  return count
}

/// RFC 5321, section 4.1.2: a mailbox, without the limits of what exists.
func isEmail(_ bytes: [UInt8]) -> Bool {
  // The domain has no "@"; a quoted local part may have some.
  guard bytes.count <= 320, let at = bytes.lastIndex(of: UInt8(ascii: "@")) else { return false }
  return isLocalPart(bytes[..<at]) && isMailDomain(bytes[(at + 1)...])
}

private func isLocalPart(_ bytes: ArraySlice<UInt8>) -> Bool {
  let quote = UInt8(ascii: "\"")
  guard 1...64 ~= bytes.count else { return false }
  if bytes.first == quote {
    return bytes.count >= 2 && bytes.last == quote && isQuoted(bytes.dropFirst().dropLast())
  }
  return bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy {
    !$0.isEmpty && $0.allSatisfy { isLetterOrDigit($0) || "!#$%&'*+-/=?^_`{|}~".utf8.contains($0) }
  }
}

private func isQuoted(_ bytes: ArraySlice<UInt8>) -> Bool {
  var rest = bytes
  while let byte = rest.popFirst() {
    switch byte {
    case UInt8(ascii: "\\"):
      guard let next = rest.popFirst(), 0x20...0x7E ~= next else { return false }
    case UInt8(ascii: "\""): return false
    default: if !(0x20...0x7E ~= byte) { return false }
    }
  }
  return true
}

private func isMailDomain(_ bytes: ArraySlice<UInt8>) -> Bool {
  guard bytes.first == UInt8(ascii: "[") else { return isHostname(bytes) }
  guard bytes.last == UInt8(ascii: "]") else { return false }
  let address = bytes.dropFirst().dropLast()
  let tag = Array("IPv6:".utf8)
  return address.starts(with: tag) ? isIPv6(address.dropFirst(tag.count)) : isIPv4(address)
}
