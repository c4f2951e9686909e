import JSON
import NativeCalls
import Platform
import PluginKit

/// How a call is run.
private protocol NativeService: AnyObject {
  func start()
  func cancel(because reason: CancelReason)
  func discard()
}

extension NativeRun: NativeService {}

extension ProcessRun: NativeService {
  /// It goes when nobody holds it.
  fileprivate func discard() {}
}

/// Checks a native section again, and runs it in a process of its own.
final class NativeExecutor: CallExecutor {
  private let server: PluginServer
  private let workers: Workers
  /// Sections that were found good lately, and whether they are stateless: the same few are called again
  /// and again.
  private var checked: [String: Bool] = [:]
  private static let maxChecked = 64

  init(_ server: PluginServer) throws {
    self.server = server
    workers = try Workers(server)
  }

  func prepare(_ call: PluginCall) throws(Refusal) {
    let isStateless = try check(call.script)
    let account = try call.account()
    let home = call.home(of: account)
    let work = home + "/work"
    do throws(SystemError) {
      try Files.makeDirectories(work)
      if let account {
        for path in [work, home] {
          try Files.setOwner(path, user: account.user, group: account.group)
        }
      }
    } catch {
      throw Refusal(
        reason: "script.notStaged", message: "\(error)",
        remedy: "make room in the call's directory")
    }
    let request = NativeRequest(plan: call.script, input: call.stdin ?? "{}", directory: work)
    if call.asksForIsolation {
      // In a process that is made for this call, and held to what the tool asks for.
      let run = ProcessRun(
        ProcessRun.Command(
          // Not by its name: the file there may be a newer one by now, and closed to the user.
          executable: "/proc/self/exe", arguments: ["signalbox-native", "call"],
          environment: call.environment(over: NativeProcess.environment, as: account),
          directory: work,
          stdin: request.text),
        for: call, on: server)
      try run.stage()
      call.attachment = run
    } else {
      // In one that waits already, and so is held to what every call is.
      workers.prepare()
      let run = NativeRun(call, request, isStateless: isStateless, on: server, workers)
      run.stage()
      call.attachment = run
    }
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
  /// - Returns: whether it is stateless.
  private func check(_ script: String) throws(Refusal) -> Bool {
    if let isStateless = checked[script] { return isStateless }
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
      if checked.count >= Self.maxChecked { checked = [:] }
      checked[script] = plan.isStateless
      return plan.isStateless
    }
  }

  private func run(_ call: PluginCall) -> any NativeService {
    guard let run = call.attachment as? any NativeService else {
      preconditionFailure("a prepared call has its run")
    }
    return run
  }
}
