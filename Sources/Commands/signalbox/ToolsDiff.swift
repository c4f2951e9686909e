import Catalog
import CommandLine
import JSON
import Workbench

let toolsDiffCommand = Command(
  "diff", "Say whether a new version of a tool can take the place of the old one",
  discussion: """
    Compares what callers rely on: what the arguments take, what the result may be, what exit \
    codes mean, effects, approval, where it runs, and its limits. What cannot be decided counts as \
    incompatible, and says so. The last line names the step of the version that semver asks for.

    With --by-version the exit status is about the version alone: an incompatible change is right \
    if the version says so.
    """,
  options: [
    .json,
    Option("by-version", "Exit by whether the new version's step is enough for what changed"),
  ],
  positionals: [
    Positional("OLD", "the definition that callers know", completion: .files),
    Positional("NEW", "the one that is to replace it", completion: .files),
  ],
  exitCodes: [
    ExitCode(0, "compatible; with --by-version: the version says what changed"),
    ExitCode(1, "incompatible; with --by-version: the version does not say it"), .usage,
    ExitCode(65, "a definition is wrong"),
  ], run: diffTools)

private func diffTools(_ arguments: Arguments) throws -> Int32 {
  let comparison = ToolComparison(
    try loadedTool(arguments.required("OLD")), try loadedTool(arguments.required("NEW")))
  let output = Terminal(.output)
  if arguments.has("json") {
    _ = printed(comparison.json, output)
  } else {
    show(comparison, output)
  }
  let isGood =
    arguments.has("by-version") ? comparison.isVersionEnough : comparison.isCompatible
  return isGood ? 0 : 1
}

private func show(_ comparison: ToolComparison, _ output: Terminal) {
  for change in comparison.changes {
    let mark =
      switch change.effect {
      case .incompatible: output.paint("incompatible", .red)
      case .addition: output.paint("addition    ", .green)
      case .detail: output.paint("detail      ", .dim)
      }
    output.line(mark + Visible.text("  \(change.place): \(change.what)"))
  }
  let verdict =
    comparison.changes.isEmpty
    ? "the same" : comparison.isCompatible ? "compatible" : "incompatible"
  output.line(
    output.paint(verdict, comparison.isCompatible ? .green : .red)
      + Visible.text(
        ": \(comparison.new.name) \(comparison.old.version) -> \(comparison.new.version)"))
  output.line(Visible.text(versionWords(comparison)))
}

private func versionWords(_ comparison: ToolComparison) -> String {
  let needed =
    comparison.neededStep == .none
    ? "no new version is needed"
    : "semver asks for a \(comparison.neededStep.rawValue) step:"
      + " \(comparison.neededVersion) or later"
  if comparison.isVersionEnough { return needed + "; the version is right" }
  let taken =
    switch comparison.takenStep {
    case nil: "it comes before the old one"
    case SemanticVersion.Step.none?: "it was not changed"
    case let step?: "it took a \(step.rawValue) step only"
    }
  return "\(needed); the version is \(comparison.new.version): \(taken)"
}
