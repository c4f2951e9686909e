// Dates, times and durations: RFC 3339, section 5.6 and appendix A.

func isDateTime(_ text: Span<UInt8>) -> Bool {
  guard text.count > 11, text[10] | 0x20 == UInt8(ascii: "t") else { return false }
  return isDate(text.extracting(0..<10)) && isTime(text.extracting(11..<text.count))
}

func isDate(_ text: Span<UInt8>) -> Bool {
  guard text.count == 10, text.has("-", at: 4), text.has("-", at: 7),
    let century = twoDigits(text, at: 0), let years = twoDigits(text, at: 2),
    let month = twoDigits(text, at: 5), let day = twoDigits(text, at: 8), 1...12 ~= month, day > 0
  else { return false }
  let year = century * 100 + years
  let isLeapYear = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
  let days =
    switch month {
    case 2: isLeapYear ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  return day <= days
}

func isTime(_ text: Span<UInt8>) -> Bool {
  guard text.count > 8, let hour = twoDigits(text, at: 0), text.has(":", at: 2),
    let minute = twoDigits(text, at: 3), text.has(":", at: 5), let second = twoDigits(text, at: 6),
    hour < 24, minute < 60, second <= 60
  else { return false }
  var place = 8
  if text.has(".", at: place) {
    place = endOfDigits(text, from: 9)
    if place == 9 { return false }
  }
  guard let offset = offsetInMinutes(text, from: place) else { return false }
  // A leap second comes only as the last of a day in UTC.
  return second < 60 || (hour * 60 + minute - offset + 2 * 1440) % 1440 == 1439
}

private func offsetInMinutes(_ text: Span<UInt8>, from place: Int) -> Int? {
  guard place < text.count else { return nil }
  if text[place] | 0x20 == UInt8(ascii: "z") { return place + 1 == text.count ? 0 : nil }
  guard text.has("+", at: place) || text.has("-", at: place), text.count == place + 6,
    let hours = twoDigits(text, at: place + 1), text.has(":", at: place + 3),
    let minutes = twoDigits(text, at: place + 4), hours < 24, minutes < 60
  else { return nil }
  return (hours * 60 + minutes) * (text.has("-", at: place) ? -1 : 1)
}

private func twoDigits(_ text: Span<UInt8>, at place: Int) -> Int? {
  guard place + 1 < text.count, isDigit(text[place]), isDigit(text[place + 1]) else { return nil }
  return Int(text[place] &- 0x30) * 10 + Int(text[place + 1] &- 0x30)
}

/// Where the digits end that begin at the place.
func endOfDigits(_ text: Span<UInt8>, from start: Int) -> Int {
  var place = start
  while place < text.count, isDigit(text[place]) { place += 1 }
  return place
}

/// Each unit may be left out at the ends, but none in between.
func isDuration(_ text: Span<UInt8>) -> Bool {
  guard text.count > 2, text.has("P", at: 0) else { return false }
  var place = 1
  if isUnit(text, "W", at: &place) { return place == text.count }
  guard let hasDate = skipUnits(text, "Y", "M", "D", at: &place) else { return false }
  if place == text.count { return hasDate }
  guard text.has("T", at: place) else { return false }
  place += 1
  return skipUnits(text, "H", "M", "S", at: &place) == true && place == text.count
}

/// Reads the units that are there, from the first one on without a gap.
/// - Returns: whether there was one; `nil` if one came that may not.
private func skipUnits(
  _ text: Span<UInt8>, _ first: Unicode.Scalar, _ second: Unicode.Scalar, _ third: Unicode.Scalar,
  at place: inout Int
) -> Bool? {
  if isUnit(text, first, at: &place) {
    if isUnit(text, second, at: &place) { _ = isUnit(text, third, at: &place) }
  } else if isUnit(text, second, at: &place) {
    _ = isUnit(text, third, at: &place)
  } else if !isUnit(text, third, at: &place) {
    return place < text.count && isDigit(text[place]) ? nil : false
  }
  return place < text.count && isDigit(text[place]) ? nil : true
}

/// Moves over digits and their unit, if that is what comes.
private func isUnit(
  _ text: Span<UInt8>, _ unit: Unicode.Scalar, at place: inout Int
) -> Bool {
  let end = endOfDigits(text, from: place)
  guard end > place, text.has(unit, at: end) else { return false }
  place = end + 1
  return true
}
