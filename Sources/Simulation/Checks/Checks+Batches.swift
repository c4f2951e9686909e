import Engine
import Model

/// Many calls that were asked for as one, and calls that are asked for again.
extension Checks {
  func accepted(_ id: BatchID, _ wish: Client.BatchWish) {
    guard rows.batches[id] != nil else {
      return violate("a batch was accepted and is not on disk")
    }
    let calls = rows.calls(of: id)
    if calls.count != wish.steps.count {
      violate("a batch of \(wish.steps.count) calls has \(calls.count) on disk")
    }
    acceptedCalls.formUnion(calls)
    world.mark(wish.isOrdered ? "ordered batch" : "batch")
    guard let key = wish.key else { return }
    if let known = batchKeys[key], known != id { violate("one key gave two batches") }
    if batchKeys[key] != nil { world.mark("key of a batch used again") }
    batchKeys[key] = id
  }

  /// A step runs only after the one before it succeeded.
  func startsInOrder(_ call: Call) {
    guard let before = call.request.batch?.after else { return }
    switch rows.calls[before]?.outcome {
    case .succeeded, .succeededEmpty: world.mark("step started in its turn")
    default: violate("a step was started, and the one before it had not succeeded", call.id)
    }
  }

  /// Whoever waits for a call that is over goes on, or stops, in the same commit.
  func isFollowed(_ call: Call) {
    guard let next = rows.followers[call.id], let step = rows.calls[next] else { return }
    if step.isOpen, step.delivery == .held { violate("a step waits for one that is over", next) }
    if isStopped(step) { world.mark("batch stopped") }
  }

  /// The step before it did not succeed.
  func isStopped(_ call: Call) -> Bool {
    guard let before = call.request.batch?.after else { return false }
    switch rows.calls[before]?.outcome {
    case nil, .succeeded, .succeededEmpty: return false
    default: return true
    }
  }

  /// Nobody does again what ran, unless it does no harm or somebody took it upon himself.
  func asksAgain(for id: CallID, isIdempotent: Bool, mayRunTwice: Bool) {
    guard ledger.starts(of: id) > 0, !couldNotBeKnown(id), !ranUnheard(id) else { return }
    if !isIdempotent, !mayRunTwice { violate("a call that ran was done again unasked", id) }
    world.mark("what ran is done again")
  }
}
