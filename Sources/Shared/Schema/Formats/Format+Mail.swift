/// RFC 5321, section 4.1.2: a mailbox, without the limits of what exists; with Unicode by RFC 6531,
/// section 3.3.
func isEmail(_ text: Span<UInt8>, allowsUnicode: Bool) -> Bool {
  guard text.count <= 320, let at = lastAt(text) else { return false }
  return isLocalPart(text.extracting(0..<at), allowsUnicode: allowsUnicode)
    && isMailDomain(text.extracting(at + 1..<text.count), allowsUnicode: allowsUnicode)
}

/// The domain has no "@"; a quoted local part may have some.
private func lastAt(_ text: Span<UInt8>) -> Int? {
  var place = text.count - 1
  while place >= 0 {
    if text.has("@", at: place) { return place }
    place -= 1
  }
  return nil
}

private func isLocalPart(_ text: Span<UInt8>, allowsUnicode: Bool) -> Bool {
  guard 1...64 ~= text.count else { return false }
  if text.has("\"", at: 0) {
    return text.count >= 2 && text.has("\"", at: text.count - 1)
      && isQuoted(text.extracting(1..<text.count - 1), allowsUnicode: allowsUnicode)
  }
  var isDotAllowed = false
  for place in text.indices {
    let byte = text[place]
    if byte == UInt8(ascii: ".") {
      guard isDotAllowed else { return false }
      isDotAllowed = false
    } else {
      guard isAtomText(byte) || byte >= 0x80 && allowsUnicode else { return false }
      isDotAllowed = true
    }
  }
  return isDotAllowed
}

/// RFC 5322, section 3.2.3.
private func isAtomText(_ byte: UInt8) -> Bool {
  isLetterOrDigit(byte) || "!#$%&'*+-/=?^_`{|}~".utf8.contains(byte)
}

private func isQuoted(_ text: Span<UInt8>, allowsUnicode: Bool) -> Bool {
  var isEscaped = false
  for place in text.indices {
    let byte = text[place]
    guard 0x20...0x7E ~= byte || byte >= 0x80 && allowsUnicode && !isEscaped else { return false }
    if isEscaped {
      isEscaped = false
    } else if byte == UInt8(ascii: "\\") {
      isEscaped = true
    } else if byte == UInt8(ascii: "\"") {
      return false
    }
  }
  return !isEscaped
}

private func isMailDomain(_ text: Span<UInt8>, allowsUnicode: Bool) -> Bool {
  guard text.has("[", at: 0) else { return isDomain(text, allowsUnicode: allowsUnicode) }
  guard text.count > 2, text.has("]", at: text.count - 1) else { return false }
  let address = text.extracting(1..<text.count - 1)
  guard address.count > 5, address[0] | 0x20 == UInt8(ascii: "i"),
    address[1] | 0x20 == UInt8(ascii: "p"), address[2] | 0x20 == UInt8(ascii: "v"),
    address.has("6", at: 3), address.has(":", at: 4)
  else { return isIPv4(address) }
  return isIPv6(address.extracting(5..<address.count))
}

/// Labels of letters, digits and hyphens in between (RFC 5321, section 4.1.2). Whether an
/// internationalised one could be registered is not asked: mail is delivered to names as they are.
func isDomain(_ text: Span<UInt8>, allowsUnicode: Bool) -> Bool {
  guard 1...253 ~= text.count else { return false }
  var start = 0
  while true {
    let end = text.firstIndex(of: ".", from: start) ?? text.count
    guard isPlainLabel(text.extracting(start..<end), allowsUnicode: allowsUnicode) else {
      return false
    }
    if end == text.count { return true }
    start = end + 1
  }
}

/// RFC 1123, section 2.1.
func isPlainLabel(_ label: Span<UInt8>, allowsUnicode: Bool = false) -> Bool {
  guard 1...63 ~= label.count, !label.has("-", at: 0), !label.has("-", at: label.count - 1) else {
    return false
  }
  return label.allSatisfy {
    isLetterOrDigit($0) || $0 == UInt8(ascii: "-") || $0 >= 0x80 && allowsUnicode
  }
}
