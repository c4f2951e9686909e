// Host names: RFC 1123, section 2.1; internationalised ones by IDNA 2008 (RFC 5890 to 5893).

/// Without Unicode only the names themselves: what an A-label ("xn--…") stands for is checked in
/// both.
func isHostname(_ text: Span<UInt8>, allowsUnicode: Bool) -> Bool {
  // A label has up to 63 bytes as an A-label, and less than five times that as it is.
  guard 1...1_280 ~= text.count else { return false }
  if isDomain(text, allowsUnicode: false), !mayHaveALabel(text), !allowsUnicode { return true }
  guard let name = HostName(text, allowsUnicode: allowsUnicode) else { return false }
  return name.isValid
}

private func mayHaveALabel(_ text: Span<UInt8>) -> Bool {
  var place = 0
  while let hyphen = text.firstIndex(of: "-", from: place) {
    if text.has("-", at: hyphen + 1) { return true }
    place = hyphen + 1
  }
  return false
}

private struct HostName {
  var labels: [Label] = []
  /// Of the whole as it is sent, dots included.
  var length = 0

  init?(_ text: Span<UInt8>, allowsUnicode: Bool) {
    var scalars: [Unicode.Scalar] = []
    var place = 0
    while place < text.count {
      guard let scalar = Unicode.Scalar(text.character(at: &place)),
        scalar.isASCII || allowsUnicode
      else { return nil }
      if isDot(scalar) {
        guard append(scalars, allowsUnicode: allowsUnicode) else { return nil }
        scalars = []
      } else {
        scalars.append(scalar)
      }
    }
    guard append(scalars, allowsUnicode: allowsUnicode) else { return nil }
  }

  private mutating func append(_ scalars: [Unicode.Scalar], allowsUnicode: Bool) -> Bool {
    guard let label = Label(scalars, isStrict: allowsUnicode) else { return false }
    labels.append(label)
    length += label.encodedLength + (labels.count > 1 ? 1 : 0)
    return length <= 253
  }

  /// In a name with right-to-left letters anywhere, every label keeps to the rules for them (RFC
  /// 5893, section 2).
  var isValid: Bool {
    let directions = labels.map { label in label.scalars.map(Direction.init) }
    let isBidirectional = directions.contains { $0.contains { $0 == .right || $0 == .arabicDigit } }
    return !isBidirectional || directions.allSatisfy(Direction.isAllowed)
  }
}

/// RFC 3490, section 3.1.
private func isDot(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar {
  case ".", "\u{3002}", "\u{FF0E}", "\u{FF61}": true
  default: false
  }
}

/// One label that may stand in a host name.
private struct Label {
  /// As people see it: an A-label decoded.
  let scalars: [Unicode.Scalar]
  /// Bytes as it is sent.
  let encodedLength: Int

  /// - Parameter isStrict: whether what IDNA reserves is refused in ASCII labels too.
  init?(_ scalars: [Unicode.Scalar], isStrict: Bool) {
    guard 1...63 ~= scalars.count else { return nil }
    if scalars.allSatisfy(\.isASCII) {
      self.init(ascii: scalars.map { UInt8(truncatingIfNeeded: $0.value) }, isStrict: isStrict)
    } else {
      guard InternationalLabel.isValid(scalars), let encoded = Punycode.encode(scalars),
        encoded.count + 4 <= 63
      else { return nil }
      self.init(scalars: scalars, encodedLength: encoded.count + 4)
    }
  }

  private init?(ascii bytes: [UInt8], isStrict: Bool) {
    guard isPlainLabel(bytes.span) else { return nil }
    let lower = bytes.map { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 ? $0 | 0x20 : $0 }
    guard lower.starts(with: "xn--".utf8) else {
      if isStrict, bytes.count > 3, bytes[2...3].elementsEqual("--".utf8) { return nil }
      self.init(scalars: lower.map { Unicode.Scalar($0) }, encodedLength: bytes.count)
      return
    }
    // RFC 5891, section 5.4: it must stand for a label, and that label for it.
    let encoded = Array(lower.dropFirst(4))
    guard let decoded = Punycode.decode(encoded), !decoded.allSatisfy(\.isASCII),
      InternationalLabel.isValid(decoded), Punycode.encode(decoded) == encoded
    else { return nil }
    self.init(scalars: decoded, encodedLength: bytes.count)
  }

  private init(scalars: [Unicode.Scalar], encodedLength: Int) {
    self.scalars = scalars
    self.encodedLength = encodedLength
  }
}
