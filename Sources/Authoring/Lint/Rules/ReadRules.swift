internal import Catalog

/// Arguments that reach a script, and that the script never looks at.
struct ReadRules {
  let script: Script
  let subject: Subject
  let findings: Findings

  /// Variables that programs read of themselves.
  private static let wellKnown: Set<String> = [
    "TZ", "LANG", "LANGUAGE", "TERM", "DEBIAN_FRONTEND", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY",
    "http_proxy", "https_proxy", "no_proxy", "KUBECONFIG", "DOCKER_HOST", "COLUMNS", "LINES",
  ]
  private static let wellKnownPrefixes = [
    "LC_", "PG", "AWS_", "GIT_", "MYSQL_", "AZURE_", "GOOGLE_", "SSH_", "RESTIC_", "BORG_", "CURL_",
  ]

  func check() {
    guard script.language != .other else {
      checkVariables(Identifiers(script.bytes).names)
      return
    }
    let names = identifiers
    checkVariables(names)
    checkList(names)
    checkStdin(names)
  }

  private var identifiers: Set<String> {
    if let shell = script.shell { return Identifiers(shell, script.text).names }
    var names: Set<String> = []
    for token in script.tokens { names.formUnion(Identifiers(token.text.utf8).names) }
    return names
  }

  private func unread(_ what: String, at position: Position, length: Int) {
    findings.add(
      .unreadArgument, at: position, length: length, "\(what), and the script never reads it",
      remedy: "use it in the script, or take it out of \"input\" and of the arguments")
  }

  private func checkVariables(_ names: Set<String>) {
    let isInsensitive = script.language == .powerShell
    let names = isInsensitive ? Set(names.map { $0.lowercased() }) : names
    for binding in script.environment {
      let name = isInsensitive ? binding.variable.lowercased() : binding.variable
      guard !names.contains(name), !Self.wellKnown.contains(binding.variable),
        !Self.wellKnownPrefixes.contains(where: binding.variable.hasPrefix)
      else { continue }
      unread(
        "the variable \(excerpt(binding.variable)) is set", at: binding.position,
        length: binding.variable.utf8.count)
    }
  }

  private func checkList(_ names: Set<String>) {
    guard !script.list.isEmpty else { return }
    let isRead: (Script.Binding) -> Bool
    switch script.language {
    case .shell:
      let places = readPlaces
      if places.contains("@") { return }
      isRead = { places.contains($0.variable) }
    case .powerShell:
      let readsAll = script.tokens.contains { token in
        token.kind == .variable && token.lower == "args" || token.isWord("param")
      }
      isRead = { _ in readsAll }
    case .appleScript, .javaScript:
      isRead = { _ in names.contains("argv") || names.contains("run") }
    case .other: return
    }
    for binding in script.list where !isRead(binding) {
      unread("$\(binding.variable) is given", at: binding.position, length: 1)
    }
  }

  /// The places that a shell script reads; `@` stands for all.
  private var readPlaces: Set<String> {
    var places: Set<String> = []
    for command in script.shell?.commands ?? [] {
      if let name = command.words.first?.literal, ["shift", "getopts"].contains(name) {
        places.insert("@")
      }
      let words = command.words + command.assignments.map(\.value) + command.redirects.map(\.target)
      for part in words.flatMap(\.parts) {
        guard case .parameter(let name, _) = part.kind else { continue }
        places.insert(name == "*" || name == "#" ? "@" : name)
      }
    }
    for document in script.shell?.hereDocuments ?? [] {
      for part in document.body.parts {
        if case .parameter(let name, _) = part.kind { places.insert(name) }
      }
    }
    return places
  }

  /// A script that picks members of its input, and leaves one alone.
  private func checkStdin(_ names: Set<String>) {
    guard script.takesStdin else { return }
    let bound = (script.environment + script.list).compactMap { $0.argument?.name }
    let offered = subject.arguments.all.filter { !bound.contains($0.name) }
    func isNamed(_ argument: ArgumentList.Argument) -> Bool {
      Identifiers(argument.name.utf8).names.isSubset(of: names)
    }
    // One that names none of them hands its input on as a whole.
    guard offered.contains(where: isNamed) else { return }
    for argument in offered where !isNamed(argument) {
      unread(
        "\(excerpt(argument.name)) comes by standard input", at: argument.position,
        length: argument.name.unicodeScalars.count)
    }
  }
}
