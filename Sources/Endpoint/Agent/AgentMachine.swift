package import Model
import Mutants
package import Wire

/// The rules of an endpoint's runtime: what it takes, when it releases, what it reports, what it may
/// forget. Pure; the driver commits the `journal` effects of a step before it performs the others.
///
/// A call goes `received` → `released` → `started` → `ended`, or from any of them straight to
/// `ended` with a report that says how far it came.
package struct AgentMachine: Sendable {
  package struct Settings: Sendable, Hashable {
    /// Calls that run at the same time.
    package var slots = 8
    /// Calls held at the same time, waiting ones included.
    package var capacity = 256
    /// Times that an executor may die between release and start before the call is rejected.
    package var maxPreparations = 3
    /// Offers of one link that are refused for another runtime to take; further ones end here.
    package var maxRefusedOffers = 1_024
    /// A start is journaled and told after so long, unless the end comes first and tells it all: a
    /// short call costs one commit less on both sides.
    package var startToldAfter: Duration = .milliseconds(20)

    package init() {}
  }

  package let settings: Settings
  var calls: [CallID: Held] = [:]
  /// Received and not released, in the order of arrival.
  var waiting: [CallID] = []
  /// Started, and not told yet, in the order of their starts.
  private var untold: [UntoldStart] = []
  private var running = 0
  /// What was taken up from the journal is not run before the control plane has said that it knows
  /// this journal: a restored copy of the disk may be older than what ran since.
  var awaitsProof = false
  /// Released, and proved not to have been started, while the journal is not proved.
  var heldBack: [CallID] = []
  /// Offers of this link that were refused without a row. Said again, they are refused again, whatever
  /// has changed since: the control plane may have offered the call elsewhere, or closed it.
  private var refusedOffers: [CallID: RefusedOffer] = [:]
  var isStopping = false
  private var lowWater: CallID?

  package init(settings: Settings = Settings()) { self.settings = settings }

  /// Calls that are not finished, and those whose end is not confirmed yet.
  package var held: [HeldCall] {
    calls.keys.sorted().map(held)
  }

  private func held(_ call: CallID) -> HeldCall {
    HeldCall(
      call: call, state: state(of: call, tombstone: false),
      hasBegun: calls[call]?.hasEndedBegun ?? false)
  }

  /// Whether a process may be running.
  package var isBusy: Bool { running > 0 }

  /// Whether a call has yet to come to its end here.
  package var hasActiveCalls: Bool { calls.values.contains { !$0.phase.isEnded } }

  package func phase(of call: CallID) -> Phase? { calls[call]?.phase }

  /// Whether a cancel was passed on, or will be once the call has started.
  package func isToBeCancelled(_ call: CallID) -> Bool { calls[call]?.cancelRequested ?? false }

  /// When `tick` is due next: the first waiting call to expire, or the first start to tell.
  package var nextDeadline: Instant? {
    let expiry = awaitsProof ? nil : waiting.compactMap { calls[$0]?.expiresAt }.min()
    let telling = untold.first.map { $0.start.at + settings.startToldAfter }
    return [expiry, telling].compactMap { $0 }.min()
  }

  package mutating func step(_ event: AgentEvent, at now: Instant) -> [AgentEffect] {
    var effects: [AgentEffect] = []
    switch event {
    case .offered(let offer, let admission): offered(offer, admission, now, &effects)
    case .refused(let call, let report): refused(call, report, now, &effects)
    case .started(let call, let pid): started(call, pid, now, &effects)
    case .ended(let call, let record): finish(call, .ended(record), now, &effects)
    case .evidence(let call, let evidence): judge(evidence, of: call, now, &effects)
    case .cancel(let call): cancel(call, now, &effects)
    case .confirmed(let ids, let mark): confirmed(ids, mark, &effects)
    case .probed(let request, let call):
      effects.append(.sendState(request: request, held(call)))
    case .memoryReplaced: memoryReplaced(now, &effects)
    case .mustNotBegin(let started, let closed): bar(started, closed, now, &effects)
    case .welcomed:
      refusedOffers.removeAll()
      memoryProved(now, &effects)
      tellStarts(&effects)
    case .tick: tick(now, &effects)
    case .stop: isStopping = true
    }
    return effects
  }

  // MARK: Taking calls

  private mutating func offered(
    _ offer: Offer, _ admission: Admission, _ now: Instant, _ effects: inout [AgentEffect]
  ) {
    if isStopping { return }
    let isKnown =
      calls[offer.call] != nil || admission == .tombstone || isBelowLowWater(offer.call)
    if isKnown, !Mutant.deduplicationOff.isPlanted {
      let known = state(of: offer.call, tombstone: true)
      effects.append(.acknowledge(offer.call, attempt: offer.attempt, known))
      return
    }
    if let refused = refusedOffers[offer.call], refused.attempt >= offer.attempt {
      effects.append(.refuse(refused))
      return
    }
    switch admission {
    case .runnable, .tombstone: break
    case .elsewhere(let refused) where refusedOffers.count < settings.maxRefusedOffers:
      refusedOffers[offer.call] = refused
      effects.append(.refuse(refused))
      return
    case .elsewhere(let refused):
      take(offer, now)
      finish(offer.call, refused.report, now, &effects)
      return
    case .refused(let report):
      take(offer, now)
      finish(offer.call, report, now, &effects)
      return
    }
    if running + waiting.count >= settings.capacity, !Mutant.capacityIgnored.isPlanted {
      take(offer, now)
      finish(offer.call, .full(settings.capacity), now, &effects)
      return
    }
    take(offer, now)
    effects.append(.journal(offer.call, .received(offer)))
    waiting.append(offer.call)
    releaseWaiting(now, &effects)
    effects.append(
      .acknowledge(
        offer.call, attempt: offer.attempt, state(of: offer.call, tombstone: false)))
  }

  private mutating func take(_ offer: Offer, _ now: Instant) {
    calls[offer.call] = Held(phase: .received, expiresAt: now + offer.expiresIn)
    refusedOffers[offer.call] = nil
  }

  private func isBelowLowWater(_ call: CallID) -> Bool {
    lowWater.map { call < $0 } ?? false
  }

  private func state(of call: CallID, tombstone: Bool) -> CallState {
    calls[call]?.state ?? (tombstone ? .tombstone : .absent)
  }

  /// Releases waiting calls into free slots. The release is journaled in the same commit as
  /// whatever freed the slot.
  mutating func releaseWaiting(_ now: Instant, _ effects: inout [AgentEffect]) {
    guard !isStopping, !awaitsProof else { return }
    while running < settings.slots || Mutant.slotsUnbounded.isPlanted, let next = waiting.first {
      waiting.removeFirst()
      guard let held = calls[next] else { continue }
      if held.expiresAt <= now, !Mutant.expiryUnchecked.isPlanted {
        finish(next, .expired, now, &effects)
        continue
      }
      calls[next]?.phase = .released
      calls[next]?.preparations = 1
      running += 1
      if !Mutant.releaseNotJournaled.isPlanted { effects.append(.journal(next, .released)) }
      run(next, &effects)
    }
  }

  // MARK: Running them

  /// Staging shows nothing to anyone, so it need not wait for the commit; the start does.
  private func run(_ call: CallID, _ effects: inout [AgentEffect]) {
    effects.append(.prepare(call))
    effects.append(.start(call))
  }

  private mutating func refused(
    _ call: CallID, _ report: Report, _ now: Instant, _ effects: inout [AgentEffect]
  ) {
    guard let held = calls[call] else { return }
    switch held.phase {
    case .released: finish(call, held.cancelRequested ? .cancelled : report, now, &effects)
    case .received, .started, .ended: break
    }
  }

  private mutating func started(
    _ call: CallID, _ pid: Int?, _ now: Instant, _ effects: inout [AgentEffect]
  ) {
    guard let held = calls[call], held.phase == .released else { return }
    calls[call]?.phase = .started
    untold.append(UntoldStart(call: call, start: Start(at: now, pid: pid)))
    if held.cancelRequested { effects.append(.cancel(call)) }
  }

  mutating func judge(
    _ evidence: Evidence, of call: CallID, _ now: Instant, _ effects: inout [AgentEffect]
  ) {
    guard let held = calls[call], held.phase != .received, !held.phase.isEnded else { return }
    switch evidence {
    case .neverStarted:
      if awaitsProof {
        // An executor that dies meanwhile has its spool looked at again, and the call must not begin twice.
        if !heldBack.contains(call) { heldBack.append(call) }
      } else if let bar = held.bar {
        finish(call, bar.report, now, &effects)
      } else if held.cancelRequested {
        finish(call, .cancelled, now, &effects)
      } else if held.preparations >= settings.maxPreparations {
        finish(call, .executorDied(times: held.preparations), now, &effects)
      } else {
        calls[call]?.preparations += 1
        run(call, &effects)
      }
    case .running(let startedAt, let pid):
      if held.phase == .started { break }
      calls[call]?.phase = .started
      tell(call, Start(at: startedAt, pid: pid), &effects)
      if held.cancelRequested { effects.append(.cancel(call)) }
    case .ended(let record): finish(call, .ended(record), now, &effects)
    case .interrupted(let reason, let startedAt):
      finish(call, .interrupted(reason: reason, startedAt: startedAt), now, &effects)
    case .lost(let reason): finish(call, .lost(reason: reason), now, &effects)
    }
  }

  private mutating func cancel(
    _ call: CallID, _ now: Instant, _ effects: inout [AgentEffect]
  ) {
    guard let held = calls[call] else { return }
    switch held.phase {
    case .received where awaitsProof: calls[call]?.cancelRequested = true
    case .received: finish(call, .cancelled, now, &effects)
    // Not started for certain only once the executor says that it dropped it. If it began, its
    // `started` is on the way.
    case .released:
      calls[call]?.cancelRequested = true
      effects.append(.discard(call))
      if Mutant.cancelTakenForDone.isPlanted { finish(call, .cancelled, now, &effects) }
    case .started:
      calls[call]?.cancelRequested = true
      effects.append(.cancel(call))
    case .ended: break
    }
  }

  /// The end of a call: journaled, then reported after all its output.
  mutating func finish(
    _ call: CallID, _ report: Report, _ now: Instant, _ effects: inout [AgentEffect]
  ) {
    guard let held = calls[call], !held.phase.isEnded else { return }
    if held.phase.holdsSlot { running -= 1 }
    waiting.removeAll { $0 == call }
    untold.removeAll { $0.call == call }
    heldBack.removeAll { $0 == call }
    let isAbandoned = held.phase == .received && report.isLost
    calls[call]?.phase = .ended(report)
    effects.append(.journal(call, isAbandoned ? .abandoned(report) : .ended(report)))
    effects.append(.report(call, report))
    releaseWaiting(now, &effects)
  }

  // MARK: Forgetting

  private mutating func confirmed(
    _ ids: [CallID], _ mark: CallID?, _ effects: inout [AgentEffect]
  ) {
    for id in ids where calls[id]?.phase.isEnded == true {
      calls[id] = nil
      effects.append(.forget(id))
    }
    guard let mark, lowWater.map({ mark > $0 }) ?? true else { return }
    lowWater = mark
    refusedOffers = refusedOffers.filter { $0.key >= mark }
    effects.append(.prune(before: mark))
  }

  private mutating func tick(_ now: Instant, _ effects: inout [AgentEffect]) {
    // What it found in the journal may have run in a life that the journal does not remember.
    let expiring = awaitsProof ? [] : waiting
    for call in expiring where calls[call].map({ $0.expiresAt <= now }) ?? false {
      if Mutant.expiryUnchecked.isPlanted { continue }
      finish(call, .expired, now, &effects)
    }
    while let first = untold.first, first.start.at + settings.startToldAfter <= now {
      untold.removeFirst()
      tell(first.call, first.start, &effects)
    }
  }

  private mutating func tell(_ call: CallID, _ start: Start, _ effects: inout [AgentEffect]) {
    calls[call]?.start = start
    effects.append(.journal(call, .started(at: start.at, pid: start.pid)))
    effects.append(.sendReleased(call, startedAt: start.at, pid: start.pid))
  }

  /// The hello says which calls run; this adds since when.
  private func tellStarts(_ effects: inout [AgentEffect]) {
    for call in calls.keys.sorted() {
      guard let held = calls[call], held.phase == .started, let start = held.start else { continue }
      effects.append(.sendReleased(call, startedAt: start.at, pid: start.pid))
    }
  }

  // MARK: Recovery

  /// Takes up what the journal holds. Called once for each open call, before the first event. What
  /// waits is released at the first welcome.
  package mutating func resume(
    _ call: CallID, phase: Phase, expiresAt: Instant, start: Start? = nil
  ) {
    calls[call] = Held(phase: phase, expiresAt: expiresAt, preparations: 1, start: start)
    if phase == .received {
      waiting.append(call)
      waiting.sort()
    }
    if phase.holdsSlot { running += 1 }
    awaitsProof = !Mutant.restoredCallsRunAtOnce.isPlanted
  }
}

/// How far a call came on this endpoint.
package enum Phase: Sendable, Hashable {
  case received
  /// The journal allows it to run; the executor stages and starts it.
  case released
  case started
  case ended(Report)

  package var isEnded: Bool {
    if case .ended = self { return true }
    return false
  }

  package var holdsSlot: Bool {
    switch self {
    case .released, .started: true
    case .received, .ended: false
    }
  }
}

/// When a call's process began, and which one it is.
package struct Start: Sendable, Hashable {
  package let at: Instant
  package let pid: Int?

  package init(at: Instant, pid: Int?) {
    self.at = at
    self.pid = pid
  }
}

private struct UntoldStart: Sendable {
  let call: CallID
  let start: Start
}

struct Held: Sendable {
  var phase: Phase
  var expiresAt: Instant
  var cancelRequested = false
  /// How often an executor was asked to stage it.
  var preparations = 0
  /// Once it is journaled.
  var start: Start?
  /// Why it must not begin, if it has not.
  var bar: Bar?

  /// It ended, and began before that, as far as is known.
  var hasEndedBegun: Bool {
    if case .ended(let report) = phase { return !report.isAbsence }
    return false
  }

  var state: CallState {
    switch phase {
    case .received: .received
    case .released: .released
    case .started: .started
    case .ended: .ended
    }
  }
}
