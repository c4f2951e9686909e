import Patterns

/// The formats of 2020-12 Validation, section 7.3, which are those of draft-07 and three more.
enum Format: String, Sendable, CaseIterable {
  case date, duration, email, hostname, ipv4, ipv6, iri, regex, time, uri, uuid
  case dateTime = "date-time"
  case idnEmail = "idn-email"
  case idnHostname = "idn-hostname"
  case iriReference = "iri-reference"
  case jsonPointer = "json-pointer"
  case relativeJSONPointer = "relative-json-pointer"
  case uriReference = "uri-reference"
  case uriTemplate = "uri-template"

  var expected: String {
    switch self {
    case .date: "a date such as 2026-01-31"
    case .dateTime: "a date and time such as 2026-01-31T12:00:00Z"
    case .duration: "a duration such as P1DT12H"
    case .email: "an e-mail address"
    case .hostname: "a host name"
    case .idnEmail: "an e-mail address, which may be internationalised"
    case .idnHostname: "a host name, which may be internationalised"
    case .ipv4: "an IPv4 address"
    case .ipv6: "an IPv6 address"
    case .iri: "an IRI with its scheme"
    case .iriReference: "an IRI or a relative reference"
    case .jsonPointer: "a JSON Pointer"
    case .regex: "a regular expression of ECMA-262"
    case .relativeJSONPointer: "a relative JSON Pointer"
    case .time: "a time with its zone, such as 12:00:00Z"
    case .uri: "a URI with its scheme"
    case .uriReference: "a URI or a relative reference"
    case .uriTemplate: "a URI template"
    case .uuid: "a UUID"
    }
  }

  /// - Parameter bytes: valid UTF-8.
  func admits(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    let text = bytes.span
    return switch self {
    case .date: isDate(text)
    case .dateTime: isDateTime(text)
    case .duration: isDuration(text)
    case .email: isEmail(text, allowsUnicode: false)
    case .hostname: isHostname(text, allowsUnicode: false)
    case .idnEmail: isEmail(text, allowsUnicode: true)
    case .idnHostname: isHostname(text, allowsUnicode: true)
    case .ipv4: isIPv4(text)
    case .ipv6: isIPv6(text)
    case .iri: isURI(text, allowsUnicode: true)
    case .iriReference: isURIReference(text, allowsUnicode: true)
    case .jsonPointer: isJSONPointer(text)
    case .regex: Pattern.isRegularExpression(String(decoding: bytes, as: UTF8.self))
    case .relativeJSONPointer: isRelativeJSONPointer(text)
    case .time: isTime(text)
    case .uri: isURI(text, allowsUnicode: false)
    case .uriReference: isURIReference(text, allowsUnicode: false)
    case .uriTemplate: isURITemplate(text)
    case .uuid: isUUID(text)
    }
  }
}

/// RFC 9562, section 4.
private func isUUID(_ text: Span<UInt8>) -> Bool {
  guard text.count == 36 else { return false }
  for place in text.indices {
    switch place {
    case 8, 13, 18, 23: if text[place] != UInt8(ascii: "-") { return false }
    default: if hexadecimalDigit(text[place]) == nil { return false }
    }
  }
  return true
}

func isDigit(_ byte: UInt8) -> Bool { 0x30...0x39 ~= byte }

func isLetterOrDigit(_ byte: UInt8) -> Bool { isDigit(byte) || isLetter(byte) }

extension Span<UInt8> {
  /// The first place of a byte.
  func firstIndex(of byte: UInt8, from start: Int = 0) -> Int? {
    var place = start
    while place < count {
      if self[place] == byte { return place }
      place += 1
    }
    return nil
  }

  func firstIndex(of character: Unicode.Scalar, from start: Int = 0) -> Int? {
    firstIndex(of: UInt8(ascii: character), from: start)
  }

  /// Whether the byte at the place is there, and is this one.
  func has(_ character: Unicode.Scalar, at place: Int) -> Bool {
    0..<count ~= place && self[place] == UInt8(ascii: character)
  }

  func allSatisfy(_ isGood: (UInt8) -> Bool) -> Bool {
    for place in indices where !isGood(self[place]) { return false }
    return true
  }

  /// The character at the place, which then is the next one's. The text is valid UTF-8.
  func character(at place: inout Int) -> UInt32 {
    let first = self[place]
    let length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
    var code = length == 1 ? UInt32(first) : UInt32(first) & (0x7F >> UInt32(length))
    for next in place + 1..<Swift.min(place + length, count) {
      code = code << 6 | UInt32(self[next] & 0x3F)
    }
    place = Swift.min(place + length, count)
    return code
  }
}
