internal import Platform
package import PluginKit

#if os(Linux)
  /// Runs AppleScript and JavaScript for Automation by `osascript`. The script is a file; arguments
  /// reach it by `on run argv` or `run(argv)`, its environment or its standard input, and are never
  /// part of its text.
  package final class OSAScriptExecutor: CallExecutor {
    package struct Settings: Sendable {
      package var program: String
      /// The user at the screen; asked of `/dev/console` for each call if `nil`.
      package var consoleOwner: Int?
      /// Whom this process runs as.
      package var user: Int
      /// What brings a script into the session of another user.
      package var launchctl = ConsoleSession.launchctl
      package var sudo = ConsoleSession.sudo

      package init(program: String = "/usr/bin/osascript", consoleOwner: Int? = nil) {
        self.program = program
        self.consoleOwner = consoleOwner
        user = Int(Machine.effectiveUser)
      }
    }

    private let server: PluginServer
    private let settings: Settings

    package init(_ server: PluginServer, _ settings: Settings) {
      self.server = server
      self.settings = settings
      ScratchDirectory.tidy(prefix: Place.prefix)
    }

    package func prepare(_ call: PluginCall) throws(Refusal) {
      let program = call.interpreter ?? settings.program
      guard program.hasPrefix("/"), Files.isExecutable(program) else {
        throw Refusal(
          reason: "interpreter.missing", message: "no osascript at \(program)",
          remedy: "call an endpoint that is a Mac")
      }
      try Refusal.checkHandover(
        environment: call.environment, arguments: call.arguments, isName: Self.isPlainName)
      let session = try ConsoleSession(
        console: settings.consoleOwner ?? Self.consoleOwner(), user: settings.user)
      let place = try stage(call, for: session)
      let language = ScriptLanguage(of: call.script)
      let command = session.entering(
        [program, "-l", language.rawValue, place.script] + call.arguments,
        launchctl: settings.launchctl, sudo: settings.sudo,
        variables: call.environment.map(\.name))
      let run = ProcessRun(
        ProcessRun.Command(
          executable: command[0], arguments: command, environment: Self.environment(of: call),
          directory: place.work, stdin: call.stdin), for: call, on: server
      ) { (program, language.rawValue) }
      let reading = Reading(call)
      run.receive = { bytes, stream in reading.take(bytes, stream) }
      run.conclude = { end in reading.conclude(end) }
      try run.stage()
      call.attachment = OSAScriptRun(run, in: place)
    }

    private func stage(_ call: PluginCall, for session: ConsoleSession) throws(Refusal) -> Place {
      do throws(SystemError) {
        let place = try session.isOthers ? Place(of: session.owner) : Place(in: call.directory)
        try place.write(call.script)
        return place
      } catch {
        throw Refusal(
          reason: "script.notStaged", message: "\(error)",
          remedy: "make room in the call's directory, and where temporary files go")
      }
    }

    package func start(_ call: PluginCall) { run(call).start() }

    package func cancel(_ call: PluginCall, because reason: CancelReason) {
      run(call).cancel(because: reason)
    }

    package func discard(_ call: PluginCall) {
      call.attachment = nil
      try? Files.remove(call.directory + "/script")
    }

    private static func consoleOwner() -> Int {
      (try? Files.status("/dev/console")).map { Int($0.owner) } ?? 0
    }

    private static func environment(of call: PluginCall) -> [(name: String, value: String)] {
      let surroundings: [(name: String, value: String)] = [
        ("PATH", "/usr/bin:/bin:/usr/sbin:/sbin"), ("HOME", Machine.homeDirectory),
        ("LANG", "en_US.UTF-8"),
      ]
      let bound = Set(call.environment.map(\.name))
      return surroundings.filter { !bound.contains($0.name) } + call.environment
    }

    /// The variables' names stand on a command line.
    private static func isPlainName(_ name: String) -> Bool {
      !name.isEmpty
        && name.utf8.allSatisfy { byte in
          (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
            || (0x61...0x7A).contains(byte) || byte == 0x5F
        }
    }

    private func run(_ call: PluginCall) -> ProcessRun {
      guard let attached = call.attachment as? OSAScriptRun else {
        preconditionFailure("a prepared call has its run")
      }
      return attached.run
    }
  }

  /// A call, and the place that goes with it.
  private final class OSAScriptRun {
    let run: ProcessRun
    private let place: Place

    init(_ run: ProcessRun, in place: Place) {
      self.run = run
      self.place = place
    }
  }
#endif
