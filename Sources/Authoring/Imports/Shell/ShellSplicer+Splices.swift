extension ShellSplicer {
  mutating func splice(_ value: Value, named name: String, end: Int) throws(ItemRefusal) {
    let variable = "${\(value.variable)}"
    splices += 1
    guard splices <= Self.maxSplices else {
      throw refusal("there are more than \(Self.maxSplices) splices")
    }
    if scalars[..<position].last == "$", open.last != .singleQuotes {
      throw refusal("{{ \(name) }} stands after \"$\", where it names a variable")
    }
    try refuseInnerProgram(value, name)
    flow.add(ShellFlow.Splice(name: name, isTame: value.isTame))
    var lineEnd = end
    while lineEnd < scalars.count, lineEnd < end + Self.maxLookedAhead, scalars[lineEnd] != "\n" {
      lineEnd += 1
    }
    remarkScriptFile(value, name, in: String(String.UnicodeScalarView(scalars[end..<lineEnd])))
    if let quote = commandQuote, quote == position - 1, !value.isListed { throw commandPlace(name) }
    switch open.last {
    case .doubleQuotes: put(variable)
    case .singleQuotes: put("'\"\(variable)\"'")
    case .ansiQuotes: put("'\"\(variable)\"$'")
    case .arithmetic:
      guard value.isNumeric else {
        throw refusal(
          "{{ \(name) }} stands in arithmetic, which runs commands that a value names; bound it to"
            + " digits with allowedPattern")
      }
      put(variable)
    case .parameter:
      guard let before = scalars[..<position].last, "-=+".unicodeScalars.contains(before) else {
        throw refusal("{{ \(name) }} stands within ${…}, where a value is read as more than text")
      }
      put(variable)
    case .backquote, .command, .group, .cases, nil:
      try refuseCommand(value, name)
      awaitsCommand = false
      if value.isSeveralWords {
        remarks.gap(
          .ssmSpliceWord,
          "{{ \(name) }} stands without quotes (line \(line)), and stays so: a value is split at its"
            + " blanks, and wildcards in it are expanded")
        put(variable)
        break
      }
      if value.mayHaveBlanks {
        remarks.gap(
          .ssmSpliceWord,
          "{{ \(name) }} stands without quotes (line \(line)): it is one word now, where a value with"
            + " blanks was several")
      }
      put("\"\(variable)\"")
    }
    position = end
  }

  private mutating func put(_ text: String) { out.append(contentsOf: text.unicodeScalars) }

  private func refuseCommand(_ value: Value, _ name: String) throws(ItemRefusal) {
    guard awaitsCommand, isWordStart, !value.isListed else { return }
    throw commandPlace(name)
  }

  private func commandPlace(_ name: String) -> ItemRefusal {
    refusal(
      "{{ \(name) }} stands where a command stands, so its value would say what is run; give the"
        + " parameter allowedValues, or write the command out")
  }

  mutating func spliceInHeredoc(
    _ value: Value, _ name: String, _ heredoc: Heredoc
  ) throws(ItemRefusal) {
    splices += 1
    guard splices <= Self.maxSplices else {
      throw refusal("there are more than \(Self.maxSplices) splices")
    }
    flow.add(ShellFlow.Splice(name: name, isTame: value.isTame))
    for command in heredoc.command.split(separator: "|") {
      guard let reader = ShellPrograms.reader(ofInput: command), reader.isShell || !value.isTame
      else { continue }
      throw refusal(
        "{{ \(name) }} stands in a here-document that \(reader.name) reads as its program")
    }
    remarkScriptFile(value, name, in: heredoc.command)
    put("${\(value.variable)}")
  }

  // MARK: Programs within the script

  /// Looked at around all splices, and after one.
  private static let maxLooked = 16_000_000
  private static let maxLookedAhead = 16_384

  /// The value would be a part of what another interpreter takes for its program.
  private mutating func refuseInnerProgram(_ value: Value, _ name: String) throws(ItemRefusal) {
    for range in flow.commands(before: position) {
      looked += range.count
      guard looked <= Self.maxLooked else {
        throw refusal("the splices stand in commands that are too long to look at")
      }
      let before = String(String.UnicodeScalarView(scalars[range]))
      guard let reader = reader(of: before, isAround: range.upperBound < position),
        reader.isShell || !value.isTame
      else { continue }
      throw refusal(
        "{{ \(name) }} is a part of what \(reader.name) reads as its program, so a value could be"
          + " commands; "
          + (reader.isShell
            ? "hand it over: sh -c '… \"$1\"' sh \"$VALUE\""
            : "bound the parameter with allowedPattern or allowedValues"))
    }
  }

  private func reader(of before: String, isAround: Bool) -> ShellPrograms.Reader? {
    let program = ShellPrograms.reader(ofArgumentAfter: ShellPrograms.words(before))
    // `bash <(echo …)`, `bash <<< "…"`
    let readsText = isAround && before.hasSuffix("<") || before.contains("<<<")
    return program ?? (readsText ? ShellPrograms.reader(ofInput: before) : nil)
  }

  /// After `|`: what comes next may run what it reads.
  func refusePipe() throws(ItemRefusal) {
    guard !flow.present.isEmpty else { return }
    let end = min(position + Self.maxLookedAhead, scalars.count)
    let command = String(String.UnicodeScalarView(scalars[position..<end]))
    guard let reader = ShellPrograms.reader(ofInput: command) else { return }
    guard let splice = flow.present.first(where: { reader.isShell || !$0.isTame }) else { return }
    throw refusal(
      "{{ \(splice.name) }} is a part of what is piped into \(reader.name), which reads it as its"
        + " program; "
        + (reader.isShell
          ? "write the commands out"
          : "bound the parameter with allowedPattern or allowedValues"))
  }

  /// A gap where text goes into a file of a script's name, which someone may run.
  mutating func remarkScriptFile(_ value: Value, _ name: String, in command: String) {
    guard !value.isTame, ShellPrograms.writesScript(command) else { return }
    remarks.gap(
      .ssmSpliceText,
      "{{ \(name) }} goes into a file that looks like a script (line \(line)): bound its values")
  }
}
