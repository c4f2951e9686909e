import Catalog
import CommandLine
import Platform
import Workbench

/// Asks for what a new definition needs, one line at a time. An answer that cannot be is asked for
/// again, with the reason.
struct Questions {
  private let terminal: Terminal
  /// For tests: the next line of standard input; `nil` at its end.
  var readLine: () -> String? = { Swift.readLine() }

  init(_ terminal: Terminal) { self.terminal = terminal }

  func scaffold() throws -> Scaffold {
    let name = try ask("Name, such as disk.free-space") { name in
      Naming.isToolName(name)
        ? nil
        : "1 to 64 of the letters A-Z and a-z, digits, \".\", \"_\" and \"-\", beginning with a"
          + " letter"
    }
    let executors = Scaffold.Executor.allCases.map(\.rawValue)
    let executor = try choose("What runs it", executors, standard: "shell")
    var scaffold = Scaffold(name: name, executor: Scaffold.Executor(rawValue: executor) ?? .shell)
    scaffold.title = try ask("Title", standard: scaffold.title, isText(100))
    scaffold.description = try ask(
      "What does it do, and what does it return", standard: scaffold.description, isText(4_000))
    scaffold.platforms = try platforms(scaffold.platforms)
    try effects(&scaffold)
    scaffold.approval =
      Approval(
        rawValue: try choose(
          "Who has to agree to a call", Approval.allCases.map(\.rawValue),
          standard: scaffold.readOnly ? "none" : "operator")) ?? .none
    scaffold.arguments = try arguments()
    scaffold.parse =
      ResultContract.Parse(
        rawValue: try choose(
          "What it prints", ResultContract.Parse.allCases.map(\.rawValue), standard: "key-value"))
      ?? .keyValue
    return scaffold
  }

  private func platforms(_ standard: [String]) throws -> [String] {
    let answer = try choose(
      "Where it runs", ["linux", "macos", "windows", "any"], standard: standard.first ?? "any")
    return answer == "any" ? [] : [answer]
  }

  private func effects(_ scaffold: inout Scaffold) throws {
    scaffold.readOnly = try decide("Is the endpoint the same afterwards", standard: true)
    if scaffold.readOnly {
      scaffold.idempotent = true
    } else {
      scaffold.destructive = try decide("May something be lost or interrupted", standard: true)
      scaffold.idempotent = try decide(
        "Does a second run with the same arguments change nothing more", standard: false)
    }
    scaffold.openWorld = try decide("Does it deal with other hosts", standard: false)
  }

  private func arguments() throws -> [Scaffold.Argument] {
    var arguments: [Scaffold.Argument] = []
    while true {
      let name = try ask("Name of an argument (empty: no more)", standard: "") { name in
        if name.isEmpty { return nil }
        if arguments.contains(where: { $0.name == name }) { return "there is one of that name" }
        return Naming.isArgumentName(name)
          ? nil : "letters, digits, \"_\" and \"-\", beginning with a letter"
      }
      if name.isEmpty { return arguments }
      let kinds = Scaffold.Argument.Kind.allCases.map(\.rawValue)
      let kind = try choose("  its type", kinds, standard: "string")
      let isRequired = try decide("  has it to be there", standard: true)
      let words = try ask("  what is it", isText(1_000))
      arguments.append(
        Scaffold.Argument(
          name: name, kind: Scaffold.Argument.Kind(rawValue: kind) ?? .string,
          isRequired: isRequired, words: words))
    }
  }

  // MARK: - One question

  private func isText(_ maxCharacters: Int) -> (String) -> String? {
    { text in
      if text.allSatisfy(\.isWhitespace) { return "write something" }
      if text.unicodeScalars.count > maxCharacters { return "at most \(maxCharacters) characters" }
      let isControl = text.unicodeScalars.contains { $0.properties.generalCategory == .control }
      return isControl ? "no control characters" : nil
    }
  }

  /// - Parameter objection: what is wrong with an answer; nothing if it is right.
  private func ask(
    _ question: String, standard: String? = nil, _ objection: (String) -> String?
  ) throws -> String {
    while true {
      let hint = standard.map { $0.isEmpty ? "" : " [\($0)]" } ?? ""
      terminal.write(terminal.paint(question, .bold) + Visible.text(hint) + ": ")
      guard let line = readLine() else {
        throw Failure(
          "input.end", "the answers ended before the definition was whole",
          remedy: "give the name, and options for the rest", exit: .usage)
      }
      let answer = line.isEmpty ? standard ?? "" : line
      guard let objection = objection(answer) else { return answer }
      terminal.line("  " + objection)
    }
  }

  private func choose(_ question: String, _ words: [String], standard: String) throws -> String {
    try ask("\(question) (\(words.joined(separator: ", ")))", standard: standard) { answer in
      words.contains(answer)
        ? nil
        : Nearest.hint(
          for: answer, among: words, orElse: "one of " + words.joined(separator: ", "))
    }
  }

  private func decide(_ question: String, standard: Bool) throws -> Bool {
    let answer = try ask("\(question)? (yes, no)", standard: standard ? "yes" : "no") { answer in
      ["yes", "y", "no", "n"].contains(answer.lowercased()) ? nil : "yes or no"
    }
    return answer.lowercased().hasPrefix("y")
  }
}
