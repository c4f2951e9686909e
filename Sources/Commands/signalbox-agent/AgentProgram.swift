import CommandLine

enum AgentProgram {
  static let version = "0.1.0"

  static let program = Program(
    Command(
      "signalbox-agent", "Runs tools on this endpoint",
      discussion: """
        The agent dials its control plane, takes calls into its journal, and runs them through \
        executor plugins. It survives its own death: what runs goes on, and is reported when it is \
        back.
        """,
      subcommands: [run, StatusCommand.command, DoctorCommand.command, showVersion]))

  private static let run = Command(
    "run", "Run the agent until SIGTERM",
    discussion: """
      The first time it needs --join-token-file; from then on it shows the credential that it was \
      given, which is in the state directory.

      On SIGTERM it takes nothing new and waits for running calls as long as --stop-grace says. What \
      still runs then is left to its plugin, and taken up again at the next start.
      """,
    options: [
      Option(
        "state", value: "DIR", "Journal, identity and spools (required)", completion: .directories),
      Option(
        "control-plane", value: "HOST:PORT",
        "Where to dial; or the path of the control plane's api.json. Loopback only, until there is"
          + " TLS (127.0.0.1:7070)", completion: .files),
      Option(
        "name", value: "NAME", "What the endpoint calls itself when it joins (the host's name)"),
      Option(
        "join-token-file", value: "FILE", "The control plane's join token", completion: .files),
      Option(
        "plugins", value: "DIR",
        "Executor plugins; owned by root or this user, writable by no one else (beside the agent)",
        completion: .directories),
      Option("slots", value: "N", "Calls that run at the same time (8)"),
      Option("capacity", value: "N", "Calls held at the same time, waiting ones included (256)"),
      Option("stop-grace", value: "TIME", "How long a stop waits for running calls (10s)"),
      Option(
        "executor-grace", value: "TIME",
        "How long after a call's limits its executor is taken for hung and killed (60s)"),
      Option(
        "check-interval", value: "TIME",
        "How often the agent looks after itself: its link, journal, spool and plugins, and who is"
          + " logged in (60s)"),
      Option(
        "logins", value: "FILE", "Where the system records who is logged in (/var/run/utmp)",
        completion: .files),
      Option(
        "restart-when-degraded",
        "End with status 75 when something stays degraded that a new process may heal, while no call"
          + " is active"),
      Option(
        "restart-period", value: "TIME",
        "How old a process is before it asks for its restart, at least (1h)"),
    ],
    exitCodes: [.usage, .software, .cannotCreate, RunCommand.restart],
    run: { try RunCommand($0).run() })

  private static let showVersion = Command("version", "Print the version") { _ in
    Terminal(.output).line("signalbox-agent \(version)")
    return 0
  }
}
