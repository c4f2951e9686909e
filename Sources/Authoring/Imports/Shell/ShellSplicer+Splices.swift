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
    try refuseInnerProgram(value, name, end)
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
    let command = Self.words(heredoc.command)
    let isProgram = command.contains { Self.shells.contains($0) || Self.programs.contains($0) }
    guard !isProgram || value.isTame else {
      throw refusal(
        "{{ \(name) }} stands in a here-document that \(command.first ?? "a program") reads as its"
          + " program")
    }
    let writesScript = [".sh", ".py", ".ps1", ".pl", ".rb"].contains(
      where: heredoc.command.contains)
    if writesScript, !value.isTame {
      remarks.gap(
        .ssmSpliceText,
        "{{ \(name) }} goes into a file that looks like a script (line \(line)): bound its values")
    }
    put("${\(value.variable)}")
  }

  // MARK: Programs within the script

  private static let shells: Set<String> = [
    "sh", "bash", "dash", "ksh", "zsh", "ash", "fish", "su",
  ]
  /// Programs that take a program as an argument, with the options that introduce it; without any
  /// the first argument is one.
  private static let programs: Set<String> = [
    "eval", "awk", "gawk", "mawk", "nawk", "sed", "perl", "ruby", "node", "php", "python",
    "python2",
    "python3", "ssh", "psql", "mysql", "sqlite3", "jq", "expr", "xargs", "watch", "osascript",
    "pwsh",
    "powershell",
  ]
  private static let needOption: [String: [String]] = [
    "perl": ["-e", "-E", "-n", "-p"], "ruby": ["-e"], "node": ["-e", "-p"], "php": ["-r"],
    "python": ["-c"], "python2": ["-c"], "python3": ["-c"], "psql": ["-c"], "mysql": ["-e"],
    "pwsh": ["-c", "-C"], "powershell": ["-c", "-C"],
  ]

  static func words(_ text: String) -> [String] {
    text.split { $0.isWhitespace || ";&|()".contains($0) }.map { word in
      let bare = word.filter { $0 != "\"" && $0 != "'" }
      return bare.split(separator: "/").last.map(String.init) ?? bare
    }
  }

  /// The value would be a part of what another interpreter takes for its program.
  private func refuseInnerProgram(_ value: Value, _ name: String, _ end: Int) throws(ItemRefusal) {
    let before = String(String.UnicodeScalarView(scalars[min(commandStart, position)..<position]))
    let words = Self.words(before)
    for (index, word) in words.enumerated() {
      let options = words[(index + 1)...].filter { $0.hasPrefix("-") }
      let takesProgram =
        Self.shells.contains(word)
        ? options.contains { !$0.hasPrefix("--") && $0.contains("c") }
        : Self.programs.contains(word)
          && (Self.needOption[word].map { needed in
            options.contains { option in needed.contains { option.hasPrefix($0) } }
          } ?? true)
      // What a shell runs is never put together from values, however tame.
      let isShell = Self.shells.contains(word) || word == "eval" || word == "ssh"
      guard !takesProgram || value.isTame && !isShell else {
        throw refusal(
          "{{ \(name) }} is a part of what \(word) reads as its program, so a value could be commands; "
            + (isShell
              ? "hand it over: sh -c '… \"$1\"' sh \"$VALUE\""
              : "bound the parameter with allowedPattern or allowedValues"))
      }
    }
    var rest = end
    while rest < scalars.count, scalars[rest] != "\n" { rest += 1 }
    let after = String(String.UnicodeScalarView(scalars[end..<rest]))
    for part in after.split(separator: "|").dropFirst() {
      let first = Self.words(String(part)).first { $0 != "sudo" && !$0.hasPrefix("-") }
      guard let first, Self.shells.contains(first) || ["python", "python3", "perl"].contains(first)
      else {
        continue
      }
      throw refusal(
        "{{ \(name) }} is a part of what is piped into \(first), which runs it; write the commands out"
      )
    }
  }
}
