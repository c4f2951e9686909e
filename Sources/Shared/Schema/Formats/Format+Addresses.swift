// Addresses in the network.

/// RFC 2673, section 3.2: four numbers up to 255 without leading zeros.
func isIPv4(_ text: Span<UInt8>) -> Bool {
  guard 7...15 ~= text.count else { return false }
  var place = 0
  for part in 0..<4 {
    if part > 0 {
      guard text.has(".", at: place) else { return false }
      place += 1
    }
    let end = endOfDigits(text, from: place)
    guard 1...3 ~= end - place, !text.has("0", at: place) || end == place + 1 else { return false }
    var number = 0
    while place < end {
      number = number * 10 + Int(text[place] &- 0x30)
      place += 1
    }
    if number > 255 { return false }
  }
  return place == text.count
}

/// RFC 4291, section 2.2: eight groups, of which "::" may stand for one or more.
func isIPv6(_ text: Span<UInt8>) -> Bool {
  // The longest has six groups of four digits and an IPv4 address.
  guard 2...45 ~= text.count else { return false }
  guard let gap = gap(text) else { return groupCount(text, mayEndWithIPv4: true) == 8 }
  guard let left = groupCount(text.extracting(0..<gap), mayEndWithIPv4: false),
    let right = groupCount(text.extracting(gap + 2..<text.count), mayEndWithIPv4: true)
  else { return false }
  return left + right <= 7
}

/// Where the first "::" is.
private func gap(_ text: Span<UInt8>) -> Int? {
  for place in 0..<text.count - 1 where text.has(":", at: place) && text.has(":", at: place + 1) {
    return place
  }
  return nil
}

/// How many groups of 16 bits the text has; `nil` if it has anything else. An IPv4 address is two.
private func groupCount(_ text: Span<UInt8>, mayEndWithIPv4: Bool) -> Int? {
  if text.isEmpty { return 0 }
  var count = 0
  var start = 0
  while true {
    let end = text.firstIndex(of: ":", from: start)
    let group = text.extracting(start..<(end ?? text.count))
    if 1...4 ~= group.count, group.allSatisfy({ hexadecimalDigit($0) != nil }) {
      count += 1
    } else if mayEndWithIPv4, end == nil, isIPv4(group) {
      count += 2
    } else {
      return nil
    }
    guard let end else { return count }
    start = end + 1
  }
}
