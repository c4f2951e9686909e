import CommandLine

/// The version of the whole product.
let productVersion = "0.1.0"

/// Everything that `signalbox` can do. docs/API.md and the help texts use the same words.
let signalboxCommand = Command(
  "signalbox", "Run tools on endpoints, and know what became of each call",
  discussion: """
    signalbox runs the control plane ("serve") and talks to it (everything else) over the local HTTP \
    API. Commands find the control plane through its data directory: --data DIR, else \
    $SIGNALBOX_DATA, else /var/lib/signalbox for root, else $XDG_STATE_HOME/signalbox or \
    ~/.local/state/signalbox.
    """,
  subcommands: [
    serveCommand, endpointsCommand, toolsCommand, callCommand, callsCommand, batchesCommand,
    sessionsCommand, transcriptCommand, notificationsCommand, policyCommand,
    statusCommand,
    pluginCommand,
    Command(
      "version", "Print the version",
      options: [.json],
      run: { arguments in
        let output = Terminal(.output)
        if arguments.has("json") {
          output.line("{\"version\":\"\(productVersion)\"}")
        } else {
          output.line("signalbox \(productVersion)")
        }
        return 0
      }),
  ]
).withCompletion()

extension Option {
  static let json = Option("json", "Print JSON, for programs")
  static let data = Option(
    "data", value: "DIR", "The control plane's data directory", completion: .directories)
  static let by = Option("by", value: "NAME", "Who asks for it; your user name if not given")
}

extension Completion {
  static let endpoints = Completion.output(of: "signalbox endpoints list --names")
  static let openSessions = Completion.output(of: "signalbox sessions list --open --ids")
  static let tools = Completion.output(of: "signalbox tools list --names")
}

extension ExitCode {
  static let noPermission = ExitCode(77, "refused: the token, or a missing approval")
  static let refused = ExitCode(78, "refused by the control plane: the message says why")
  static let client: [ExitCode] = [
    ExitCode(0, "done"), .usage, .unavailable, .software, .noPermission, .refused,
  ]
}
