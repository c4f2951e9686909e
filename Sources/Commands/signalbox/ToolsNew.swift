import Catalog
import CommandLine
import JSON
import Platform
import Workbench

let toolsNewCommand = Command(
  "new", "Begin a definition that can be checked, tested and run as it is",
  discussion: """
    With NAME everything comes from the options, and what they leave out has a default. Without \
    it, on a terminal, it asks.

    The schema of the format is put beside the definition, for editors. A file that is there is \
    never written over.
    """,
  options: [
    Option(
      "with", value: "EXECUTOR", "What runs it; shell if not given",
      choices: Scaffold.Executor.allCases.map(\.rawValue)),
    Option("title", value: "TEXT", "For people, in one line; from the name if not given"),
    Option("description", value: "TEXT", "What it does, what it returns, when not to use it"),
    Option(
      "os", value: "PLATFORM", "Where it runs; the executor's home if not given",
      choices: ["linux", "macos", "windows", "any"], isRepeatable: true),
    Option(
      "effects", value: "LIST",
      "Which of readOnly, destructive, idempotent and openWorld are true; readOnly,idempotent if"
        + " not given"),
    Option(
      "approval", value: "WHO", "Who has to agree; none for what only reads, else operator",
      choices: Approval.allCases.map(\.rawValue)),
    Option(
      "parse", value: "FORM", "What it prints; key-value if not given",
      choices: ResultContract.Parse.allCases.map(\.rawValue)),
    Option(
      "argument", value: "NAME:TYPE[:required[:TEXT]]",
      "An argument, of type string, integer, number or boolean; \"optional\" for one that may be"
        + " absent", isRepeatable: true),
    Option("out", value: "FILE", "Where to; NAME.yaml here if not given", completion: .files),
  ],
  positionals: [Positional("NAME", "such as disk.free-space", .optional)],
  exitCodes: [
    ExitCode(0, "done"), .usage, ExitCode(65, "what was given makes no valid definition"),
    .cannotCreate, .interrupted,
  ], run: newTool)

private func newTool(_ arguments: Arguments) throws -> Int32 {
  let scaffold: Scaffold
  if let name = arguments.value("NAME") {
    scaffold = try givenScaffold(name, arguments)
  } else if StandardInput.isTerminal {
    scaffold = try Questions(Terminal(.error)).scaffold()
  } else {
    throw UsageError(
      "NAME is missing, and there is no terminal to ask on", path: arguments.path)
  }
  let path = arguments["out"] ?? scaffold.name + ".yaml"
  let schema = schemaFile(beside: path)
  try check(scaffold)
  guard !Files.exists(path) else {
    throw Failure(
      "file.exists", "\(path) is there already", remedy: "name another file with --out",
      exit: .cannotCreate)
  }
  try write(Array(scaffold.text.utf8), to: path)
  try write(Array((Catalog.formatSchema.pretty + "\n").utf8), to: schema)
  let output = Terminal(.output)
  output.line(Visible.text("wrote \(path), and \(schema) for editors"))
  output.line("next, after every change:")
  let given = scaffold.arguments.filter(\.isRequired).map { " \($0.name)=…" }.joined()
  for command in ["check \(path)", "test \(path)", "run \(path)\(given)"] {
    output.line(Visible.text("  signalbox tools \(command)"))
  }
  return 0
}

private func schemaFile(beside path: String) -> String {
  let directory = Files.directory(of: path)
  return directory == "." ? Scaffold.schemaName : "\(directory)/\(Scaffold.schemaName)"
}

/// What was given has to make a tool; its errors are told by the field.
private func check(_ scaffold: Scaffold) throws {
  do throws(DefinitionErrors) {
    let failed = Catalog.runGivenTests(try scaffold.tool()).filter { !$0.passed }
    precondition(failed.isEmpty, "a new definition fails its own tests: \(failed)")
  } catch {
    let list = error.errors.map { "\n  \($0.message); \($0.remedy)" }.joined()
    throw Failure(
      "definition", "this makes no valid definition:" + list, exit: .invalidData)
  }
}

// MARK: - From options

private func givenScaffold(_ name: String, _ arguments: Arguments) throws -> Scaffold {
  let executor = arguments["with"].flatMap(Scaffold.Executor.init) ?? .shell
  var scaffold = Scaffold(name: name, executor: executor)
  if let title = arguments["title"] { scaffold.title = title }
  if let text = arguments["description"] { scaffold.description = text }
  let platforms = arguments.all("os")
  if !platforms.isEmpty {
    scaffold.platforms = platforms.contains("any") ? [] : unique(platforms)
  }
  if let effects = arguments["effects"] { try apply(effects, to: &scaffold, arguments.path) }
  scaffold.approval =
    arguments["approval"].flatMap(Approval.init) ?? (scaffold.readOnly ? .none : .operator)
  if let parse = arguments["parse"].flatMap(ResultContract.Parse.init) { scaffold.parse = parse }
  scaffold.arguments = try arguments.all("argument").map { try argument($0, arguments.path) }
  return scaffold
}

private func unique(_ names: [String]) -> [String] {
  names.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
}

private func apply(_ list: String, to scaffold: inout Scaffold, _ path: [String]) throws {
  let known = ["readOnly", "destructive", "idempotent", "openWorld"]
  let given = list.split { $0 == "," || $0 == " " }.map(String.init)
  for name in given where !known.contains(name) {
    throw UsageError(
      "--effects knows no \"\(Visible.text(name))\"; "
        + Nearest.hint(
          for: name, among: known, orElse: "there are " + known.joined(separator: ", ")),
      path: path)
  }
  scaffold.readOnly = given.contains("readOnly")
  scaffold.destructive = given.contains("destructive")
  scaffold.idempotent = given.contains("idempotent")
  scaffold.openWorld = given.contains("openWorld")
}

private func argument(_ text: String, _ path: [String]) throws -> Scaffold.Argument {
  let parts = text.split(separator: ":", maxSplits: 3, omittingEmptySubsequences: false)
    .map(String.init)
  let kinds = Scaffold.Argument.Kind.allCases.map(\.rawValue)
  guard parts.count >= 2, let kind = Scaffold.Argument.Kind(rawValue: parts[1]) else {
    throw UsageError(
      "--argument is NAME:TYPE, and TYPE one of \(kinds.joined(separator: ", ")); not"
        + " \"\(Visible.text(text))\"", path: path)
  }
  guard parts.count < 3 || ["required", "optional"].contains(parts[2]) else {
    throw UsageError(
      "after its type, an argument is \"required\" or \"optional\", not"
        + " \"\(Visible.text(parts[2]))\"", path: path)
  }
  return Scaffold.Argument(
    name: parts[0], kind: kind, isRequired: parts.count > 2 && parts[2] == "required",
    words: parts.count > 3 ? parts[3] : "Say here what \(parts[0]) is.")
}
