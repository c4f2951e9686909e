import JSON
import NativeCalls
import Platform
import PluginKit

/// Checks a native section again, and runs it in a process of its own.
final class NativeExecutor: CallExecutor {
  private let server: PluginServer
  private let workers: Workers
  /// Sections that were found good lately: the same few are called again and again.
  private var checked: Set<String> = []
  private static let maxChecked = 64

  init(_ server: PluginServer) throws {
    self.server = server
    workers = try Workers(server)
  }

  func prepare(_ call: PluginCall) throws(Refusal) {
    try check(call.script)
    let work = call.directory + "/work"
    do throws(SystemError) {
      try Files.makeDirectories(work)
    } catch {
      throw Refusal(
        reason: "script.notStaged", message: "\(error)",
        remedy: "make room in the call's directory")
    }
    workers.prepare()
    let run = NativeRun(
      call, NativeRequest(plan: call.script, input: call.stdin ?? "{}", directory: work),
      on: server,
      workers)
    run.stage()
    call.attachment = run
  }

  func start(_ call: PluginCall) { run(call).start() }

  func cancel(_ call: PluginCall, because reason: CancelReason) {
    run(call).cancel(because: reason)
  }

  func discard(_ call: PluginCall) {
    run(call).discard()
    call.attachment = nil
  }

  /// What the control plane checked is checked once more: here is where it would do harm.
  private func check(_ script: String) throws(Refusal) {
    if checked.contains(script) { return }
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
      if checked.count >= Self.maxChecked { checked = [] }
      checked.insert(script)
    }
  }

  private func run(_ call: PluginCall) -> NativeRun {
    guard let run = call.attachment as? NativeRun else {
      preconditionFailure("a prepared call has its run")
    }
    return run
  }
}
