/// The formats that are checked, not only noted. `regex` is not among them, because what ECMA-262
/// takes and what `pattern` takes here differ, and neither answer would be right.
enum Format: String, Sendable, CaseIterable {
  case date, email, hostname, ipv4, ipv6, time, uri, uuid
  case dateTime = "date-time"

  var expected: String {
    switch self {
    case .date: "a date such as 2026-01-31"
    case .dateTime: "a date and time such as 2026-01-31T12:00:00Z"
    case .email: "an e-mail address"
    case .hostname: "a host name"
    case .ipv4: "an IPv4 address"
    case .ipv6: "an IPv6 address"
    case .time: "a time with its zone, such as 12:00:00Z"
    case .uri: "a URI with its scheme"
    case .uuid: "a UUID"
    }
  }

  func admits(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    return switch self {
    case .date: isDate(bytes[...])
    case .dateTime: isDateTime(bytes)
    case .email: isEmail(bytes)
    case .hostname: isHostname(bytes[...])
    case .ipv4: isIPv4(bytes[...])
    case .ipv6: isIPv6(bytes[...])
    case .time: isTime(bytes[...])
    case .uri: isURI(bytes)
    case .uuid: isUUID(bytes)
    }
  }
}

/// RFC 9562, section 4.
private func isUUID(_ bytes: [UInt8]) -> Bool {
  guard bytes.count == 36 else { return false }
  return bytes.enumerated().allSatisfy { place, byte in
    [8, 13, 18, 23].contains(place)
      ? byte == UInt8(ascii: "-") : hexadecimalDigit(byte) != nil
  }
}

// MARK: Dates and times: RFC 3339, section 5.6

private func isDateTime(_ bytes: [UInt8]) -> Bool {
  guard bytes.count > 11, bytes[10] | 0x20 == UInt8(ascii: "t") else { return false }
  return isDate(bytes[..<10]) && isTime(bytes[11...])
}

private func isDate(_ bytes: ArraySlice<UInt8>) -> Bool {
  var rest = bytes
  guard let year = digits(4, of: &rest), skip("-", in: &rest), let month = digits(2, of: &rest),
    skip("-", in: &rest), let day = digits(2, of: &rest), rest.isEmpty, 1...12 ~= month
  else { return false }
  let isLeapYear = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
  let days = [31, isLeapYear ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
  return 1...days[month - 1] ~= day
}

private func isTime(_ bytes: ArraySlice<UInt8>) -> Bool {
  var rest = bytes
  guard let hour = digits(2, of: &rest), skip(":", in: &rest), let minute = digits(2, of: &rest),
    skip(":", in: &rest), let second = digits(2, of: &rest), hour < 24, minute < 60, second <= 60
  else { return false }
  if skip(".", in: &rest) {
    let fraction = rest.prefix(while: isDigit)
    if fraction.isEmpty { return false }
    rest = rest.dropFirst(fraction.count)
  }
  guard let offset = offsetInMinutes(rest) else { return false }
  // A leap second comes only as the last of a day in UTC.
  return second < 60 || (hour * 60 + minute - offset + 2 * 1440) % 1440 == 1439
}

private func offsetInMinutes(_ bytes: ArraySlice<UInt8>) -> Int? {
  var rest = bytes
  guard let sign = rest.popFirst() else { return nil }
  if sign | 0x20 == UInt8(ascii: "z") { return rest.isEmpty ? 0 : nil }
  guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"),
    let hours = digits(2, of: &rest), skip(":", in: &rest), let minutes = digits(2, of: &rest),
    rest.isEmpty, hours < 24, minutes < 60
  else { return nil }
  return (hours * 60 + minutes) * (sign == UInt8(ascii: "-") ? -1 : 1)
}

private func digits(_ count: Int, of bytes: inout ArraySlice<UInt8>) -> Int? {
  let digits = bytes.prefix(count)
  guard digits.count == count, digits.allSatisfy(isDigit) else { return nil }
  bytes = bytes.dropFirst(count)
  return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
}

private func skip(_ character: Unicode.Scalar, in bytes: inout ArraySlice<UInt8>) -> Bool {
  guard bytes.first == UInt8(ascii: character) else { return false }
  bytes = bytes.dropFirst()
  return true
}

func isDigit(_ byte: UInt8) -> Bool { 0x30...0x39 ~= byte }
