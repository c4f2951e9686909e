/// Times and lengths of time for people.
package enum TimeWords {
  /// `2026-03-01 14:05:09 UTC`, by the proleptic Gregorian calendar.
  package static func text(microseconds: Int) -> String {
    let seconds = microseconds / 1_000_000
    let (year, month, day) = date(ofDay: seconds / 86_400)
    let rest = seconds % 86_400
    let time = [rest / 3_600, rest / 60 % 60, rest % 60].map(twoDigits).joined(separator: ":")
    return "\(year)-\(twoDigits(month))-\(twoDigits(day)) \(time) UTC"
  }

  /// `14:05:09.123`, of the day that `text` names.
  package static func clock(microseconds: Int) -> String {
    let rest = microseconds / 1_000 % 86_400_000
    let thousandths = String(1_000 + rest % 1_000).dropFirst()
    return [rest / 3_600_000, rest / 60_000 % 60, rest / 1_000 % 60].map(twoDigits)
      .joined(separator: ":") + "." + thousandths
  }

  /// `350 ms`, `2.5 s`, `12 min`, `3 h`, `5 d`.
  package static func span(microseconds: Int) -> String {
    let milliseconds = max(0, microseconds / 1_000)
    if milliseconds < 1_000 { return "\(milliseconds) ms" }
    let seconds = milliseconds / 1_000
    if seconds < 10 { return "\(seconds).\(milliseconds / 100 % 10) s" }
    if seconds < 120 { return "\(seconds) s" }
    if seconds < 7_200 { return "\(seconds / 60) min" }
    if seconds < 172_800 { return "\(seconds / 3_600) h" }
    return "\(seconds / 86_400) d"
  }

  private static func twoDigits(_ number: Int) -> String {
    number < 10 ? "0\(number)" : "\(number)"
  }

  /// Howard Hinnant's civil_from_days, for days since 1970-01-01 that are not negative.
  private static func date(ofDay day: Int) -> (Int, Int, Int) {
    let shifted = day + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let part = (5 * dayOfYear + 2) / 153
    let month = part < 10 ? part + 3 : part - 9
    return (
      yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * part + 2) / 5 + 1
    )
  }
}
