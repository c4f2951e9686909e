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
    let command = String(String.UnicodeScalarView(scalars[min(commandStart, end)..<end]))
    heredocs.append(
      Heredoc(mark: mark, isExpanded: isExpanded, stripsTabs: stripsTabs, command: command))
  }

  mutating func readHeredocs() throws(ItemRefusal) {
    let waiting = heredocs
    heredocs = []
    for heredoc in waiting { try readHeredoc(heredoc) }
  }

  mutating func readHeredoc(_ heredoc: Heredoc) throws(ItemRefusal) {
    while position < scalars.count {
      var end = position
      while end < scalars.count, scalars[end] != "\n" { end += 1 }
      let text = String(String.UnicodeScalarView(scalars[position..<end]))
      let bare = heredoc.stripsTabs ? String(text.drop { $0 == "\t" }) : text
      if bare == heredoc.mark {
        copy(end - position + 1)
        return
      }
      while position < end {
        if let (name, after) = TacticalTemplate.template(in: scalars, at: position), after <= end,
          let value = try meaning(name)
        {
          try spliceInHeredoc(value, name, heredoc)
          position = after
        } else {
          copy()
        }
      }
      copy()
    }
  }
}
