import Catalog
import CommandLine
import JSON
import Lint

let checkCommand = Command(
  "check", "Check definitions on this machine, without a control plane",
  discussion: """
    Reads each file (and every .yaml and .yml file below each directory), says what the control \
    plane would refuse, what lint has to say, and runs the tests that the definitions carry. \
    Nothing is executed. Each finding has a code that never changes its meaning: --explain tells \
    more of it. A comment allows one, on its line or the line above: \
    "# signalbox-allow SB0315: the reason".
    """,
  options: [
    Option(
      "format", value: "FORMAT", "How to print what was found; text by default",
      choices: CheckFormat.allCases.map(\.rawValue)),
    Option("json", "Print JSON, for programs; the same as --format json"),
    Option("strict", "Fail on warnings too"),
    Option(
      "disable", value: "CODE", "A rule of lint that is not to be told; may come more than once",
      isRepeatable: true,
      completion: .words(Rulebook.entries.filter(\.mayBeDisabled).map(\.code.description))),
    Option(
      "explain", value: "CODE", "Say what a code means, and what to do about it",
      completion: .words(Rulebook.entries.map(\.code.description))),
    Option("rules", "List all codes"),
  ],
  positionals: [
    Positional("FILE", "a definition, or a directory of them", .any, completion: .files)
  ],
  exitCodes: [
    ExitCode(0, "nothing to complain of: at most warnings and notes"), .usage,
    ExitCode(
      65, "an error was found, or a test of a definition fails; with --strict also on a warning"),
  ], run: check)

enum CheckFormat: String, CaseIterable {
  case text
  case json
  case sarif
  case github
}

private func check(_ arguments: Arguments) throws -> Int32 {
  let output = Terminal(.output)
  let format = try format(arguments)
  if let text = arguments["explain"] { return try explain(text, format, arguments, output) }
  if arguments.has("rules") { return listRules(format, output) }
  let paths = arguments.values("FILE")
  guard !paths.isEmpty else {
    throw UsageError("FILE is missing: a definition, or a directory of them", path: arguments.path)
  }
  var report = CheckReport(Linter(disabled: try disabled(arguments)))
  Catalog.survey(paths) { report.add($0) }
  let isStrict = arguments.has("strict")
  switch format {
  case .text: CheckText(report: report, output: output).print(isStrict: isStrict)
  case .json: _ = printed(report.json(isStrict: isStrict), output)
  case .sarif: _ = printed(report.sarif(version: productVersion), output)
  case .github: output.write(report.workflowCommands)
  }
  return report.hasFailed(isStrict: isStrict) ? ExitCode.invalidData.code : 0
}

private func format(_ arguments: Arguments) throws(UsageError) -> CheckFormat {
  let named = arguments["format"].flatMap(CheckFormat.init)
  guard arguments.has("json") else { return named ?? .text }
  guard named == nil || named == .json else {
    throw UsageError("--json and --format ask for two things", path: arguments.path)
  }
  return .json
}

private func disabled(_ arguments: Arguments) throws(UsageError) -> Set<Code> {
  var codes: Set<Code> = []
  for text in arguments.all("disable") {
    let entry = try entry(text, "--disable", arguments)
    guard entry.mayBeDisabled else {
      throw UsageError(
        "--disable \(entry.code): the control plane does not load such a definition, so it cannot"
          + " be passed over", path: arguments.path)
    }
    codes.insert(entry.code)
  }
  return codes
}

private func entry(
  _ text: String, _ option: String, _ arguments: Arguments
) throws(UsageError) -> RuleEntry {
  guard let entry = Code(text: text).flatMap({ Rulebook[$0] }) else {
    throw UsageError(
      "\(option) \(Visible.text(text)): there is no such code; \"signalbox tools check --rules\""
        + " lists them", path: arguments.path)
  }
  return entry
}

// MARK: Rules

private func explain(
  _ text: String, _ format: CheckFormat, _ arguments: Arguments, _ output: Terminal
) throws(UsageError) -> Int32 {
  let entry = try entry(text, "--explain", arguments)
  switch format {
  case .json: _ = printed(entry.json, output)
  case .text, .sarif, .github: output.write(entry.text(width: min(output.width, 100)))
  }
  return 0
}

private func listRules(_ format: CheckFormat, _ output: Terminal) -> Int32 {
  if format == .json { return printed(["rules": .array(Rulebook.entries.map(\.json))], output) }
  var table = Table("CODE", "SEVERITY", "WHAT IS FOUND")
  for entry in Rulebook.entries {
    table.add(entry.code.description, entry.severity.rawValue, entry.title)
  }
  table.print(to: output)
  return 0
}

extension RuleEntry {
  fileprivate var mayBeDisabled: Bool { !isOfTheLoader }
}
