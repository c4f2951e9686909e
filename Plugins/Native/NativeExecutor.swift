import JSON
import NativeCalls
import Platform
import PluginKit

/// Checks a native section again, and runs it in a process of its own.
final class NativeExecutor: CallExecutor {
  private let server: PluginServer
  private let program: String

  init(_ server: PluginServer) throws {
    self.server = server
    program = try Machine.executable()
  }

  func prepare(_ call: PluginCall) throws(Refusal) {
    try check(call.script)
    let plan = call.directory + "/script"
    let work = call.directory + "/work"
    do throws(SystemError) {
      try Files.makeDirectories(work)
      let file = try Files.open(plan, .readWrite, permissions: 0o600)
      try file.writeAll(Array(call.script.utf8))
      try file.truncate(to: call.script.utf8.count)
      try file.close()
    } catch {
      throw Refusal(
        reason: "script.notStaged", message: "\(error)",
        remedy: "make room in the call's directory")
    }
    let run = ProcessRun(
      ProcessRun.Command(
        executable: program, arguments: ["signalbox-native", "call", plan],
        environment: [
          ("PATH", "/usr/bin:/bin"), ("LANG", "C.UTF-8"), ("SWIFT_BACKTRACE", "enable=no"),
        ], directory: work,
        stdin: call.stdin ?? "{}"), for: call, on: server)
    try run.stage()
    call.attachment = run
  }

  func start(_ call: PluginCall) { run(call).start() }

  func cancel(_ call: PluginCall, because reason: CancelReason) {
    run(call).cancel(because: reason)
  }

  func discard(_ call: PluginCall) {
    call.attachment = nil
    do throws(SystemError) {
      try Files.remove(call.directory + "/script")
    } catch {
      server.log("call \(call.id): \(error)")
    }
  }

  /// What the control plane checked is checked once more: here is where it would do harm.
  private func check(_ script: String) throws(Refusal) {
    let remedy = "see what \"signalbox tools check\" says of the tool"
    guard let json = try? JSON(parsing: Array(script.utf8)) else {
      throw Refusal(
        reason: "native.notJSON", message: "the native section is no JSON", remedy: remedy)
    }
    switch NativePlan.read(json) {
    case .failure(let faults):
      let first = faults.all.first.map { "\($0)" } ?? "it is wrong"
      throw Refusal(reason: "native.refused", message: first, remedy: remedy)
    case .success(let plan):
      guard plan.libraries[Machine.platform] != nil else {
        throw Refusal(
          reason: "native.noLibrary", message: "it names no library for \(Machine.platform)",
          remedy: "add one under \"library\", or call the tool on another endpoint")
      }
    }
  }

  private func run(_ call: PluginCall) -> ProcessRun {
    guard let run = call.attachment as? ProcessRun else {
      preconditionFailure("a prepared call has its run")
    }
    return run
  }
}
