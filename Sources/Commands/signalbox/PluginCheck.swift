import CommandLine
import Conformance
import JSON
import Platform

let pluginCommand = Command(
  "plugin", "Work on executor plugins",
  subcommands: [pluginCheckCommand])

private let pluginCheckCommand = Command(
  "check", "Drive a plugin through the whole protocol, and say what it does not keep",
  discussion: """
    Starts the program as the agent does, and has it run small scripts: docs/PLUGINS.md says what \
    is checked. The scripts are in the executor's language. The kit has them for some, chosen by \
    the executor's name or by --language; for others write a directory of them, with a file for \
    each word that --duties lists. What a plugin does not offer, or there is no script for, is \
    skipped and said so.
    """,
  options: [
    Option("executor", value: "NAME", "The one of its executors to check; its first if not given"),
    Option(
      "language", value: "LANGUAGE", "The language of the executor's scripts",
      choices: CheckLanguage.allCases.map(\.rawValue)),
    Option("scripts", value: "DIR", "Scripts of your own", completion: .directories),
    Option("duties", "List what each script has to do"),
    Option(
      "patience", value: "TIME", "How long an answer, or an end that is due, may take; 30s"),
    Option("large", "Print a gibibyte where it is 8 MiB otherwise"),
    Option(
      "only", value: "CHECK", "Only this check; may come more than once. The handshake always is",
      isRepeatable: true, completion: .words(Conformance.names)),
    .json,
  ],
  positionals: [Positional("PLUGIN", "the program", .optional, completion: .files)],
  exitCodes: [
    ExitCode(0, "no check failed; some may have been skipped"), .usage,
    ExitCode(65, "a check failed"), .cannotCreate,
  ], run: checkPlugin)

private func checkPlugin(_ arguments: Arguments) throws -> Int32 {
  let output = Terminal(.output)
  if arguments.has("duties") { return listDuties(arguments, output) }
  guard let path = arguments.value("PLUGIN") else {
    throw UsageError("PLUGIN is missing: the program to check", path: arguments.path)
  }
  let scratch: String
  let program: String
  do throws(SystemError) {
    program = try Files.resolved(path)
    scratch = try Files.makeTemporaryDirectory(prefix: "signalbox-plugin-check")
  } catch {
    throw Failure(
      error.code, "\(path) cannot be checked: \(error)",
      remedy: "look at the path, and at the directory for temporary files ($TMPDIR)",
      exit: .cannotCreate)
  }
  defer { try? Files.removeTree(scratch) }
  var settings = Conformance.Settings(program: program, scratch: scratch)
  settings.executor = arguments["executor"]
  settings.scripts = try scripts(arguments)
  if let patience = try arguments.milliseconds("patience") {
    settings.patience = .milliseconds(patience)
  }
  if arguments.has("large") { settings.largeBytes = Conformance.hugeBytes }
  let isText = !arguments.has("json")
  if isText { output.line(output.paint(padRow("RESULT", "CHECK", "TIME", "WHY"), .bold)) }
  let report = Conformance(settings).run(only: try only(arguments)) { result in
    if isText { output.line(line(result, output)) }
  }
  if isText {
    output.line(
      "\(report.count("passed")) passed, \(report.count("failed")) failed,"
        + " \(report.count("skipped")) skipped")
  } else {
    _ = printed(report.json, output)
  }
  return report.hasFailed ? ExitCode.invalidData.code : 0
}

private func scripts(_ arguments: Arguments) throws -> CheckScripts? {
  if let directory = arguments["scripts"] {
    guard arguments["language"] == nil else {
      throw UsageError("--scripts and --language ask for two things", path: arguments.path)
    }
    let scripts = try CheckScripts(directory: directory)
    guard !scripts.isEmpty else {
      throw UsageError(
        "--scripts \(directory): none of the files that --duties lists is there",
        path: arguments.path)
    }
    return scripts
  }
  return arguments["language"].flatMap { CheckLanguage(rawValue: $0) }.map { CheckScripts($0) }
}

private func only(_ arguments: Arguments) throws(UsageError) -> Set<String>? {
  let names = arguments.all("only")
  if let unknown = names.first(where: { !Conformance.names.contains($0) }) {
    throw UsageError(
      "--only \(Visible.text(unknown)): there is no such check; there are"
        + " \(Conformance.names.joined(separator: ", "))", path: arguments.path)
  }
  return names.isEmpty ? nil : Set(names + ["handshake"])
}

private func listDuties(_ arguments: Arguments, _ output: Terminal) -> Int32 {
  if arguments.has("json") {
    let duties = CheckScript.allCases.map { ($0.rawValue, JSON.string($0.duty)) }
    return printed(.object(JSONObject(duties)), output)
  }
  var table = Table("SCRIPT", "HAS TO")
  for script in CheckScript.allCases { table.add(script.rawValue, script.duty) }
  table.print(to: output)
  return 0
}

private func line(_ result: CheckResult, _ output: Terminal) -> String {
  let (seconds, attoseconds) = result.duration.components
  let time = "\(seconds * 1_000 + attoseconds / 1_000_000_000_000_000) ms"
  let why = result.reason.isEmpty ? result.title : result.title + ": " + result.reason
  let text = padRow(result.word, result.name, time, Visible.text(why))
  switch result.verdict {
  case .passed: return text
  case .failed: return output.paint(text, .red)
  case .skipped: return output.paint(text, .yellow)
  }
}

private func padRow(_ result: String, _ check: String, _ time: String, _ why: String) -> String {
  func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }
  return padded(result, 9) + padded(check, 23) + padded(time, 10) + why
}
