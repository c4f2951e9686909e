import Agent
import Engine
import Journal
import Model
import Wire

/// In which of an endpoint's runtimes a call is offered, and in which it runs.
extension Checks {
  func offered(_ call: Call, in runtime: RuntimeName, attempt number: Int) {
    if !call.request.shape.allows(runtime) {
      violate("offered in \(runtime), where its tool may not run", call.id)
    }
    let before = call.attempts.filter { $0.number < number }
    if before.contains(where: { $0.runtime == runtime && $0.result == .refused }) {
      violate("offered to \(runtime) again, which had refused it", call.id)
    }
    if before.contains(where: { $0.result == .acknowledged }) {
      violate("offered again, although it was acknowledged", call.id)
    }
    guard let last = before.last, last.runtime != runtime else { return }
    world.mark(
      last.result == .refused ? "requeued because it was refused" : "requeued to another runtime")
  }

  /// An offer is refused only by a runtime that has not taken it. A later one may be in the journal by
  /// then: what is said twice on the way is refused twice.
  func keepsNothing(of refused: RefusedOffer, _ host: Host) {
    let received = host.disk.journal.entries(of: refused.call).filter { $0.kind == .received }
    if !received.isEmpty,
      let taken = try? Recollection(OpenCall(call: refused.call, entries: received)).offer,
      taken.attempt <= refused.attempt
    {
      violate("an offer was refused that is in the journal", refused.call)
    }
    world.mark("refused because \(refused.cause.rawValue)")
  }

  /// Two machines that are one endpoint may each have had an offer of their own.
  func starts(_ call: Call, in runtime: RuntimeName, on host: Host) {
    if runtime.isSession { world.mark("ran in a session of a user") }
    if !call.request.shape.allows(runtime) {
      violate("started in \(runtime), where its tool may not run", call.id)
    }
    guard host.memoryFaults == 0, !cloned.contains(host.name) else { return }
    if call.attempts.last?.runtime != runtime {
      violate("started in \(runtime), where it was not offered last", call.id)
    }
  }

  func rejected(_ call: Call) {
    if call.attempts.last?.result == .refused { world.mark("rejected because no runtime took it") }
  }
}
