import Model
import Platform
import Tools
import Wire

// Executors that hang: they have a running call, and do not end it.

extension Core {
  mutating func limits(of offer: Offer?) -> ExecutorPatience.Limits {
    // What cannot be read any more was read when the call was taken.
    let plan = if let offer { try? plan(of: offer) } else { ExecutionPlan?.none }
    return ExecutorPatience.Limits(
      run: plan?.limits.run ?? Self.longestRun, killGrace: plan?.limits.killGrace ?? .zero)
  }

  /// For a call whose definition this agent cannot read: longer than any tool may run.
  private static var longestRun: Duration { .seconds(7 * 24 * 3_600) }

  mutating func endHangingExecutors() throws {
    for call in patience.exhausted(at: now) { endExecutor(of: call) }
    guard let due = nextSweep, due <= now else { return }
    fallen = fallen.compactMap { tree in
      var tree = tree
      return tree.killRest() ? nil : tree
    }
    nextSweep = fallen.isEmpty ? nil : now + FallenTree.pause
  }

  /// Ends the plugin that writes the call's spool, whichever agent started it. The spool is then
  /// judged like that of any plugin that died. A spool that nobody writes proves nothing while a plugin
  /// may still come to the call.
  private mutating func endExecutor(of call: CallID) {
    guard let name = places[call], machine.phase(of: call)?.holdsSlot == true else { return }
    do {
      let tree = try surroundings.killOwner(of: call, in: name)
      if tree == nil, executing.giveUp(call) { return }
      watch(call)
      guard let tree else { return }
      configuration.log(
        "call \(call): its executor has not ended it \(configuration.executorGrace) after its"
          + " limits, and was killed")
      hung.insert(call)
      fallen.append(tree)
      nextSweep = nextSweep ?? now + FallenTree.pause
    } catch {
      watch(call)
      configuration.log("call \(call): its executor hangs and cannot be ended: \(error)")
    }
  }

  /// Watches its spool, if nothing does yet.
  private mutating func watch(_ call: CallID) {
    if watched[call] == nil { watched[call] = .some(surroundings.bootID) }
  }
}
