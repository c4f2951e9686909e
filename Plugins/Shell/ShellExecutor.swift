import Platform
import PluginKit

/// Runs scripts. The script is a file and its text touches no command line; arguments reach it as
/// its environment, its own arguments or its standard input, and are never part of its text.
final class ShellExecutor: CallExecutor {
  /// The default where a tool names no interpreter.
  static let defaultInterpreter = "/bin/sh"

  /// What a script sees besides its tool's own variables: nothing of the agent's environment but
  /// the home directory and the time zone.
  private static let surroundings: [(name: String, value: String)] =
    [
      ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
      ("LANG", "C.UTF-8"),
    ] + Machine.inherited(["TZ"])

  private let server: PluginServer
  private let interpreters: Interpreters

  init(_ server: PluginServer) {
    self.server = server
    interpreters = Interpreters(server)
  }

  func prepare(_ call: PluginCall) throws(Refusal) {
    let path = call.interpreter ?? Self.defaultInterpreter
    try interpreters.check(path)
    try Refusal.checkHandover(environment: call.environment, arguments: call.arguments)
    let account = try call.account()
    let home = call.home(of: account)
    let script = home + "/script"
    let work = home + "/work"
    do throws(SystemError) {
      try Files.makeDirectories(work)
      // Written over where there is one: a file costs more to make than to fill.
      let file = try Files.open(script, .readWrite, permissions: 0o600)
      try file.writeAll(Array(call.script.utf8))
      let bytes = call.script.utf8.count
      if try file.status().size > bytes { try file.truncate(to: bytes) }
      try file.close()
      if let account {
        for path in [script, work, home] {
          try Files.setOwner(path, user: account.user, group: account.group)
        }
      }
    } catch {
      try? Files.remove(script)
      throw Refusal(
        reason: "script.notStaged", message: "\(error)",
        remedy: "make room in the call's directory")
    }
    let command = ProcessRun.Command(
      executable: path,
      arguments: [path, account == nil ? script : "../script"] + call.arguments,
      environment: environment(of: call, as: account), directory: work, stdin: call.stdin)
    let run = ProcessRun(command, for: call, on: server) { [interpreters] in
      (path, interpreters.version(path))
    }
    try run.stage()
    call.attachment = run
  }

  func start(_ call: PluginCall) { run(call).start() }

  func cancel(_ call: PluginCall, because reason: CancelReason) {
    run(call).cancel(because: reason)
  }

  func discard(_ call: PluginCall) {
    call.attachment = nil
    // The agent removes the directory; the script goes at once, since it will never run.
    do throws(SystemError) {
      for script in [call.directory + "/script", call.directory + "/user/script"] {
        try Files.remove(script)
      }
    } catch {
      server.log("call \(call.id): \(error)")
    }
  }

  private func run(_ call: PluginCall) -> ProcessRun {
    guard let run = call.attachment as? ProcessRun else {
      preconditionFailure("a prepared call has its run")
    }
    return run
  }

  private func environment(
    of call: PluginCall, as account: Confinement.Account?
  ) -> [(name: String, value: String)] {
    var surroundings = Self.surroundings
    if account == nil { surroundings.append(("HOME", Machine.homeDirectory)) }
    return call.environment(over: surroundings + call.agentVariables, as: account)
  }
}
