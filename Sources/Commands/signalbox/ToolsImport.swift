import CommandLine
import Imports
import JSON
import Platform

extension ExitCode {
  fileprivate static let someRefused = ExitCode(
    65, "some items are refused; the others were imported")
  fileprivate static let noInput = ExitCode(66, "a path cannot be read")
  fileprivate static let notWritten = ExitCode(
    73, "a file was there already and is kept, or could not be written")
}

let toolsImportCommand = Command(
  "import", "Make definitions of scripts from other products",
  discussion: """
    Reads a library on this machine, and writes one definition for each of its scripts. What comes \
    from an import is destructive, not idempotent and approved by an operator, until someone has \
    read it and removed its TODO(review). Each item is imported, imported with gaps that are named, \
    or refused with the reason; one that is broken never stops the rest.
    """,
  subcommands: [
    subcommand(
      .tactical, "Tactical RMM's community scripts",
      paths: "the folder of community_scripts.json, or that file"),
    subcommand(
      .bolt, "Puppet Bolt's tasks",
      paths: "a module, a folder of modules, or one file of a folder \"tasks\""),
    subcommand(
      .ssm, "Documents of AWS Systems Manager",
      paths: "a document, what \"aws ssm get-document\" printed, or a folder of those"),
  ])

private func subcommand(_ kind: ImportKind, _ summary: String, paths: String) -> Command {
  Command(
    kind.rawValue, summary,
    options: [
      Option("out", value: "DIR", "Where the definitions go", completion: .directories),
      Option("dry-run", "Write nothing, and report what would come of it"),
      Option(
        "report", value: "FILE",
        "Write the report there: as JSON to a .json file, else as Markdown",
        completion: .files),
      Option("force", "Overwrite files that are there"),
      .json,
    ],
    positionals: [Positional("PATH", paths, .atLeastOne, completion: .files)],
    exitCodes: [
      ExitCode(0, "every item is imported, with gaps or without"), .usage, .someRefused, .noInput,
      .notWritten,
    ],
    run: { arguments in try importTools(kind, arguments) })
}

private func importTools(_ kind: ImportKind, _ arguments: Arguments) throws -> Int32 {
  let isDry = arguments.has("dry-run")
  guard let out = arguments["out"] ?? (isDry ? "" : nil) else {
    throw UsageError("--out DIR is missing: where the definitions go", path: arguments.path)
  }
  let force = arguments.has("force")
  if let report = arguments["report"], Files.exists(report), !force {
    throw Failure(
      "import.exists", "the report \(report) is there already",
      remedy: "choose another name, or overwrite it with --force", exit: .notWritten)
  }
  let result = Importer.run(kind, try library(kind, arguments.values("PATH")))
  let written = isDry ? [:] : try write(result, to: out, force: force)
  let report = ImportReport(result, written: written)
  if let path = arguments["report"] { try write(report, to: path) }
  if arguments.has("json") {
    _ = printed(report.json, Terminal(.output))
  } else {
    show(report, isDry: isDry, Terminal(.output))
  }
  if report.count(.kept) + report.count(.failed) > 0 { return ExitCode.notWritten.code }
  return result.count(.refused) > 0 ? ExitCode.someRefused.code : 0
}

private func library(_ kind: ImportKind, _ paths: [String]) throws -> SourceFiles {
  let around: SourceFiles.Around =
    switch kind {
    case .tactical: .folder("scripts")
    case .bolt: .above
    case .ssm: .nothing
    }
  do {
    return try SourceFiles.load(paths, around: around)
  } catch {
    throw Failure(
      "import.unreadable", error.description, remedy: "check the path and its permissions",
      exit: .noInput)
  }
}

// MARK: Writing

private func write(
  _ result: ImportResult, to directory: String, force: Bool
) throws -> [String: ImportReport.Written] {
  do {
    try Files.makeDirectories(directory, permissions: 0o755)
  } catch {
    throw Failure(
      "import.directory", "\(error)", remedy: "choose another directory for --out",
      exit: .notWritten)
  }
  var states: [String: ImportReport.Written] = [:]
  for tool in result.items.compactMap(\.tool) {
    states[tool.name] = write(tool, to: directory + "/" + tool.fileName, force: force)
  }
  return states
}

private func write(_ tool: ImportedTool, to path: String, force: Bool) -> ImportReport.Written {
  let bytes = Array(tool.text.utf8)
  // The same import again changes nothing, and keeps nothing back.
  if let present = try? Files.read(path, limit: 2 << 20), present == bytes { return .written }
  // A link counts as a file that is there, wherever it leads.
  if (try? Files.linkStatus(path)) != nil, !force { return .kept }
  do {
    try Files.writeAtomically(bytes, to: path, permissions: 0o644)
    return .written
  } catch {
    Terminal(.error).line(Visible.text("\(tool.name): \(error)"))
    return .failed
  }
}

private func write(_ report: ImportReport, to path: String) throws {
  let text = path.hasSuffix(".json") ? report.json.pretty + "\n" : report.markdown
  do {
    try Files.writeAtomically(Array(text.utf8), to: path, permissions: 0o644)
  } catch {
    throw Failure(
      "import.report", "the report cannot be written: \(error)",
      remedy: "the definitions are written; choose another name for the report", exit: .notWritten)
  }
}

// MARK: Showing

private func show(_ report: ImportReport, isDry: Bool, _ output: Terminal) {
  func remark(_ word: String, _ remark: Remark) {
    output.line(Visible.text("    \(word): \(remark.message) [\(remark.code.rawValue)]"))
  }
  for item in report.result.items {
    let title = Visible.text(ImportReport.title(item))
    switch item.status {
    case .refused:
      output.line(output.paint("refused", .red) + "   \(title)")
      if let reason = item.refusal { remark("reason", reason) }
    case .imported, .importedWithGaps:
      let word =
        item.gaps.isEmpty ? output.paint("imported", .green) : output.paint("gaps", .yellow)
      let padding = item.gaps.isEmpty ? "  " : "      "
      output.line("\(word)\(padding)\(title) -> \(item.tool?.fileName ?? "")")
      switch item.tool.flatMap({ report.written[$0.name] }) {
      case .kept?: output.line("    kept: the file was there already; overwrite it with --force")
      case .failed?: output.line("    not written")
      case .written?, .planned?, nil: break
      }
      for gap in item.gaps { remark("gap", gap) }
      for note in item.notes { remark("note", note) }
    }
  }
  for note in report.result.notes { remark("note", note) }
  let isGood = report.result.count(.refused) == 0 && report.count(.kept) == 0
  output.line(
    output.paint(report.summary + (isDry ? "; nothing was written" : ""), isGood ? .green : .yellow)
  )
}
