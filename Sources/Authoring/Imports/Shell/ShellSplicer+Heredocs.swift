internal import JSON

extension ShellSplicer {
  mutating func heredocStart() {
    guard peek(2) != "<" else {
      copy(3)
      return
    }
    copy(2)
    var stripsTabs = false
    if peek() == "-" {
      stripsTabs = true
      copy()
    }
    while peek() == " " || peek() == "\t" { copy() }
    let start = out.count
    var mark = ""
    var isExpanded = true
    while let scalar = peek(), !" \t\n;&|()<>".unicodeScalars.contains(scalar) {
      if scalar == "'" || scalar == "\"" || scalar == "\\" {
        isExpanded = false
      } else {
        mark.unicodeScalars.append(scalar)
      }
      copy()
    }
    var end = position
    while end < scalars.count, scalars[end] != "\n" { end += 1 }
    let command = String(String.UnicodeScalarView(scalars[min(flow.commandStart, end)..<end]))
    heredocs.append(
      Heredoc(
        mark: mark, place: start..<out.count, isExpanded: isExpanded, stripsTabs: stripsTabs,
        command: command))
  }

  mutating func readHeredocs() throws(ItemRefusal) {
    let waiting = heredocs
    heredocs = []
    // A mark that loses its quotes moves those after it on its line.
    var shift = 0
    for heredoc in waiting {
      shift -= try readHeredoc(heredoc, shift: shift)
    }
  }

  /// - Returns: by how much the text before it became shorter.
  private mutating func readHeredoc(_ heredoc: Heredoc, shift: Int) throws(ItemRefusal) -> Int {
    let end = endOfHeredoc(heredoc)
    // Where the mark is quoted nothing is expanded. With a splice in it the quotes have to go, and
    // what the shell would then expand is escaped instead.
    let hasSplice = try splices(in: position..<end.body)
    let escapes = !heredoc.isExpanded && hasSplice
    var lost = 0
    if escapes {
      let place = (heredoc.place.lowerBound + shift)..<(heredoc.place.upperBound + shift)
      guard heredoc.mark.unicodeScalars.allSatisfy(PowerShellScanner.isNameCharacter) else {
        throw refusal("the here-document's mark \(heredoc.mark.quoted()) is no plain word")
      }
      out.replaceSubrange(place, with: Array(heredoc.mark.unicodeScalars))
      lost = place.count - heredoc.mark.unicodeScalars.count
    }
    while position < end.body {
      if let (name, after) = TacticalTemplate.template(in: scalars, at: position),
        after <= end.body, let value = try meaning(name)
      {
        try spliceInHeredoc(value, name, heredoc)
        position = after
      } else {
        if escapes, let scalar = peek(), "\\$`".unicodeScalars.contains(scalar) { out.append("\\") }
        copy()
      }
    }
    copy(end.mark - position)
    return lost
  }

  private func splices(in range: Range<Int>) throws(ItemRefusal) -> Bool {
    for index in range where scalars[index] == "{" {
      if let (name, after) = TacticalTemplate.template(in: scalars, at: index),
        after <= range.upperBound, try meaning(name) != nil
      {
        return true
      }
    }
    return false
  }

  /// Where the text ends, and where the line with its mark does.
  private func endOfHeredoc(_ heredoc: Heredoc) -> (body: Int, mark: Int) {
    var start = position
    while start < scalars.count {
      var end = start
      while end < scalars.count, scalars[end] != "\n" { end += 1 }
      var first = start
      while heredoc.stripsTabs, first < end, scalars[first] == "\t" { first += 1 }
      if scalars[first..<end].elementsEqual(heredoc.mark.unicodeScalars) {
        return (start, min(end + 1, scalars.count))
      }
      start = end + 1
    }
    return (scalars.count, scalars.count)
  }
}
