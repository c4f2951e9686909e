internal import JSON
internal import Model
internal import Platform
internal import PluginProtocol

// What calls report, and when the server leaves.

extension PluginServer {
  func callStarted(_ call: PluginCall, processID: Int?) {
    guard let address = call.startRequest else { return }
    call.startRequest = nil
    guard let id = address.id else { return }
    // Nobody waits for it. What is over soon tells both in one line after the other, and the agent is
    // not woken while the process that was just started wants to run.
    let started: JSON = ["started": true, "pid": processID.map(JSON.int) ?? .null]
    output.put(PluginMessage.result(id: id, started).line, within: Self.startedPatience)
  }

  private static let startedPatience: Duration = .milliseconds(2)

  func callDidNotStart(_ call: PluginCall, _ refusal: Refusal) {
    forget(call)
    guard let address = call.startRequest else { return }
    call.startRequest = nil
    reply(to: address, .failure(.refusal(refusal.reason, refusal.message, refusal.remedy)))
  }

  /// Told at the end of the turn, unless the call has ended by then.
  func callProgressed(_ call: PluginCall) {
    guard !isDetached, !call.isProgressDue else { return }
    call.isProgressDue = true
    progressed.append(call)
  }

  func tellProgress() {
    let calls = progressed
    progressed.removeAll(keepingCapacity: true)
    let now = Clock.now()
    for call in calls where call.isRunning {
      let next = call.progressAt + PluginProtocol.progressInterval.wholeMicroseconds
      if now >= next, output.waitingBytes <= Self.busyBytes {
        call.isProgressDue = false
        call.progressAt = now
        send(.progress(CallID(call.id), spoolBytes: call.spool.bytes))
      } else {
        loop.after(PluginProtocol.progressInterval) { [weak self] in self?.progressed.append(call) }
      }
    }
  }

  /// At once: someone waits for nothing else.
  func callEnded(_ call: PluginCall) {
    forget(call)
    output.send(PluginMessage.ended(CallID(call.id), spoolBytes: call.spool.bytes).line)
  }

  private func forget(_ call: PluginCall) {
    calls[call.id] = nil
    // The executor's object usually refers to the call: a ring.
    call.attachment = nil
    leaveIfIdle()
  }

  func drop(_ call: PluginCall) {
    executor?.discard(call)
    // The spool stays: without a `starting` frame and without its lock it proves that nothing ran.
    try? call.spool.release()
    forget(call)
  }

  func readSignals() {
    while let number = try? Signals.next(from: signals) {
      guard number == Signals.terminate else { continue }
      log("asked to terminate: ending \(calls.count) calls")
      for call in calls.values { cancel(call, because: .shutdown) }
      leave()
    }
  }

  /// The agent is gone. What runs goes on; what does not, never will.
  func detach() {
    loop.unwatch(input.number)
    isDetached = true
    output.close()
    unsynced.sync()
    leave()
    if !isIdle { watchCancelFiles() }
  }

  func leave() {
    isLeaving = true
    for call in calls.values where call.state == .prepared { drop(call) }
    leaveIfIdle()
  }

  /// Whether somebody reads what is told.
  var hasAgent: Bool { !isDetached && !input.hasNoWriter }

  private var isIdle: Bool { calls.isEmpty }

  func leaveIfIdle() {
    if isLeaving, isIdle, holds == 0 { loop.stop() }
  }

  private func watchCancelFiles() {
    for call in calls.values
    where Files.exists(PluginProtocol.cancelPath(ofSpool: call.spool.path)) {
      cancel(call, because: .requested)
    }
    loop.after(PluginProtocol.cancelPollInterval) { self.watchCancelFiles() }
  }
}
