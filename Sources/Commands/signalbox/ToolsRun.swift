import Catalog
import CommandLine
import JSON
import Model
import Platform
import Rehearsal

let toolsRunCommand = Command(
  "run", "Run a tool of a file on this machine, without a control plane",
  discussion: """
    Takes the tool of one definition through the same agent and executor as an endpoint would, in \
    a scratch directory that is removed afterwards. Arguments, output, outcome and exit status are \
    those of "signalbox call". Nobody is asked for an approval: it is your own machine.

    Ctrl-C cancels the run, as the tool's limits allow; once more leaves at once.
    """,
  options: [
    Option("json-args", value: "JSON", "All arguments as one JSON object: the text, @FILE, or -"),
    .json, .plugins,
  ],
  positionals: [
    Positional("FILE", "the tool's definition", completion: .files),
    Positional("ARGUMENT", "key=value, key:=JSON, key=@FILE or key=-", .any),
  ],
  exitCodes: [ExitCode(0, "succeeded, succeededEmpty")]
    + Outcome.allCases.dropFirst(2).map(\.exit)
    + [
      .usage, ExitCode(65, "the definition or the arguments are not valid, nothing was run"),
      .software, .cannotCreate, .interrupted,
    ], run: runTool)

private func runTool(_ arguments: Arguments) throws -> Int32 {
  let open = Locked<Stage?>(nil)
  try LocalStage.watchInterrupts { open.withLock { $0 } }
  let tool = try loadedTool(arguments.required("FILE"))
  var given = CallArguments(tool)
  let values = try given.read(arguments.values("ARGUMENT"), document: arguments["json-args"])
  let checked: JSON
  switch tool.check(arguments: values) {
  case .valid(let arguments): checked = arguments
  case .invalid(let violations): throw refused(violations, tool, "nothing was run")
  }
  let stage = try LocalStage.open(arguments)
  open.withLock { $0 = stage }
  let isJSON = arguments.has("json")
  let follower = LocalFollower(Screen(keeps: isJSON))
  stage.run(Order(tool, arguments: checked, by: requester(arguments))) { follower.hear($0) }
  let end = follower.wait()
  let notes = stage.notes
  stage.close()
  return try report(end, notes, follower, isJSON: isJSON)
}

/// The tool of one file, or every error that the file has.
func loadedTool(_ path: String) throws -> Tool {
  switch Catalog.load(file: path) {
  case .success(let tool): return tool
  case .failure(let failure):
    throw Failure(
      "definition", "\(path) is no valid definition:\n" + failure.description,
      exit: .invalidData)
  }
}

private func report(
  _ end: Happening, _ notes: [String], _ follower: LocalFollower, isJSON: Bool
) throws -> Int32 {
  let error = Terminal(.error)
  guard case .ended(let performance) = end else {
    guard case .failed(let why) = end else { preconditionFailure("it waits for an end") }
    throw Failure("stage", why, remedy: notes.joined(separator: "\n"), exit: .software)
  }
  if isJSON {
    let output = follower.kept
    _ = printed(
      [
        "call": performance.call, "stdout": outputJSON(output.stdout),
        "stderr": outputJSON(output.stderr),
      ], Terminal(.output))
  } else {
    for line in CallReport(call: performance.call).lines(error.paint) { error.line(line) }
    // A plugin that was not taken is the likeliest reason for a missing executor.
    if performance.outcome == .rejected {
      for note in notes where note.hasPrefix("plugin") { error.line("  " + Visible.text(note)) }
    }
  }
  return performance.outcome.exit.code
}

/// Prints a run as it goes, and waits for its end.
///
/// `@unchecked Sendable`: the screen is used by the stage's thread until the end was posted, and
/// read by the waiting one after that.
private final class LocalFollower: @unchecked Sendable {
  private let screen: Screen
  private let end = Mailbox<Happening>()

  init(_ screen: Screen) { self.screen = screen }

  func hear(_ happening: Happening) {
    switch happening {
    case .state(_, let words): screen.state = words
    case .output(let stream, let bytes):
      // A reader that has gone away is no reason to end the tool: what it does is not its output.
      _ = screen.print(bytes, isError: stream == .stderr)
    case .ended, .failed:
      screen.close()
      end.post(happening)
    }
  }

  func wait() -> Happening {
    var taken: [Happening] = []
    while taken.isEmpty { _ = end.drain(into: &taken) }
    return taken[0]
  }

  var kept: (stdout: [UInt8], stderr: [UInt8]) { (screen.stdout, screen.stderr) }
}
