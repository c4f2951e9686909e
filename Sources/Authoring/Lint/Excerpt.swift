/// The beginning of a text on one line, for a message.
func excerpt(_ text: String, limit: Int = 40) -> String {
  var out = ""
  for scalar in text.unicodeScalars.prefix(limit) {
    let category = scalar.properties.generalCategory
    switch scalar {
    case "\n": out += "\\n"
    case "\t": out += "\\t"
    case _ where category == .control || category == .format: out += "\u{FFFD}"
    default: out.unicodeScalars.append(scalar)
    }
  }
  return text.unicodeScalars.count > limit ? out + "…" : out
}
