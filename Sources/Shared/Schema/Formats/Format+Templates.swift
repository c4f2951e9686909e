/// RFC 6570, section 2. An apostrophe may stand in a literal, as its errata say.
func isURITemplate(_ text: Span<UInt8>) -> Bool {
  var place = 0
  while place < text.count {
    switch text[place] {
    case UInt8(ascii: "{"):
      guard let end = text.firstIndex(of: "}", from: place),
        isExpression(text.extracting(place + 1..<end))
      else { return false }
      place = end + 1
    case UInt8(ascii: "%"):
      guard isPercentEncoded(text, at: place) else { return false }
      place += 3
    case 0x80...: if !isAllowed(text.character(at: &place), .unicodeAndPrivate) { return false }
    case let byte:
      guard 0x21...0x7E ~= byte, !"\"<>\\^`|}".utf8.contains(byte) else { return false }
      place += 1
    }
  }
  return true
}

/// What is between the braces: an operator and a list of variables.
private func isExpression(_ text: Span<UInt8>) -> Bool {
  var start = 0
  if !text.isEmpty, "+#./;?&=,!@|".utf8.contains(text[0]) { start = 1 }
  while true {
    let end = text.firstIndex(of: ",", from: start) ?? text.count
    guard isVariable(text.extracting(start..<end)) else { return false }
    if end == text.count { return true }
    start = end + 1
  }
}

/// A name, and "*" or the length of a prefix.
private func isVariable(_ text: Span<UInt8>) -> Bool {
  var end = text.count
  if let colon = text.firstIndex(of: ":") {
    let digits = text.extracting(colon + 1..<text.count)
    guard 1...4 ~= digits.count, !digits.has("0", at: 0), digits.allSatisfy(isDigit) else {
      return false
    }
    end = colon
  } else if text.has("*", at: text.count - 1) {
    end = text.count - 1
  }
  return isVariableName(text.extracting(0..<end))
}

private func isVariableName(_ text: Span<UInt8>) -> Bool {
  var place = 0
  var isDotAllowed = false
  while place < text.count {
    let byte = text[place]
    if byte == UInt8(ascii: ".") {
      guard isDotAllowed else { return false }
      isDotAllowed = false
      place += 1
      continue
    }
    isDotAllowed = true
    if byte == UInt8(ascii: "%") {
      guard isPercentEncoded(text, at: place) else { return false }
      place += 3
    } else {
      guard isLetterOrDigit(byte) || byte == UInt8(ascii: "_") else { return false }
      place += 1
    }
  }
  // Neither empty nor with a dot at its end.
  return isDotAllowed
}

/// RFC 6901, section 3.
func isJSONPointer(_ text: Span<UInt8>) -> Bool {
  guard text.isEmpty || text.has("/", at: 0) else { return false }
  for place in text.indices where text.has("~", at: place) {
    guard text.has("0", at: place + 1) || text.has("1", at: place + 1) else { return false }
  }
  return true
}

/// draft-bhutton-relative-json-pointer-00, section 3.
func isRelativeJSONPointer(_ text: Span<UInt8>) -> Bool {
  var end = endOfDigits(text, from: 0)
  guard end > 0, !text.has("0", at: 0) || end == 1 else { return false }
  if text.has("+", at: end) || text.has("-", at: end) {
    // So many items on or back.
    let start = end + 1
    end = endOfDigits(text, from: start)
    guard end > start, !text.has("0", at: start) else { return false }
  }
  let rest = text.extracting(end..<text.count)
  return rest.count == 1 && rest.has("#", at: 0) || isJSONPointer(rest)
}
