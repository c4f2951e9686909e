import Digest
import JSON
import Journal
import Model
import Mutants
import Platform
import PluginProtocol
import Tools
import Wire

extension Core {
  // MARK: Offers

  mutating func offered(_ offer: Offer) throws {
    if machine.phase(of: offer.call) != nil {
      try step(.offered(offer, .runnable))
      return
    }
    if journal.isTombstone(offer.call) {
      try step(.offered(offer, .tombstone))
      return
    }
    switch preparation(for: offer) {
    case .success(let preparation):
      preparations[offer.call] = preparation
      try step(.offered(offer, .runnable))
      if machine.phase(of: offer.call) == nil {
        preparations[offer.call] = nil
        sessionUsers[offer.call] = nil
      }
    case .failure(let refused): try step(.offered(offer, refused.admission(of: offer)))
    }
  }

  /// Gives a released call its directory.
  mutating func place(_ call: CallID) {
    var name = executing.takeDirectory()
    while recalledPlaces.contains(name) { name = executing.takeDirectory() }
    places[call] = name
    outflows[call] = Outflow(directory: name)
    // There is nothing yet, until the executor says so.
    outflows[call]?.hasMore = false
    aim(call)
    if let limits = preparations[call]?.limits {
      patience.began(
        call, ExecutorPatience.Limits(run: limits.run, killGrace: limits.killGrace), at: now)
    }
  }

  /// Its directory is made ready once more, so what was read of the spool stands there no longer.
  mutating func readAnew(_ call: CallID) {
    outflows[call] = Outflow(directory: places[call])
    outflows[call]?.hasMore = false
  }

  /// Tells the call's preparation where it runs.
  private mutating func aim(_ call: CallID) {
    guard let name = places[call] else { return }
    preparations[call]?.directory = configuration.directory(name)
    preparations[call]?.spool = configuration.spool(in: name)
  }

  /// Everything that can be looked into before the call is taken: the digest, the platform, the
  /// executor, the bindings.
  private mutating func preparation(for offer: Offer) -> Result<Preparation, Refused> {
    do {
      let plan = try plan(of: offer)
      let session = try session(of: offer)
      let variant = try variant(of: plan, in: session)
      let input = try resolve(variant, offer.arguments)
      if let session { sessionUsers[offer.call] = session.user }
      return .success(
        Preparation(
          call: offer.call, executor: variant.executor,
          // Known when it is released.
          directory: "", spool: "", script: variant.script,
          interpreter: variant.interpreter,
          environment: session?.environment(beside: input.environment) ?? input.environment,
          arguments: input.arguments, stdin: input.stdin,
          limits: Preparation.Limits(
            run: plan.limits.run, killGrace: plan.limits.killGrace,
            stdoutBytes: plan.limits.stdoutBytes, stderrBytes: plan.limits.stderrBytes,
            memoryBytes: plan.limits.resources.memoryBytes,
            processes: plan.limits.resources.processes,
            openFiles: plan.limits.resources.openFiles,
            fileSizeBytes: plan.limits.resources.fileSizeBytes, cpu: plan.limits.resources.cpu),
          runAs: session?.user ?? variant.runAs, runAsID: session?.userID,
          needs: variant.needs.map(\.rawValue),
          redact: plan.secrets(in: offer.arguments), unsyncedBytes: Spool.journaledBytes))
    } catch let refused as Refused {
      return .failure(refused)
    } catch {
      return .failure(
        Refused(
          code: "definitionUnreadable", reason: "the definition cannot be read here: \(error)",
          remedy: "update the agent, or the tool's definition"))
    }
  }

  mutating func plan(of offer: Offer) throws -> ExecutionPlan {
    guard offer.digest == "sha256:" + SHA256.hex(of: Array(offer.definition.utf8)) else {
      throw Refused(
        code: "digestMismatch",
        reason: "the definition that came with the call is not the one of its digest",
        remedy: "call again; if it happens again, look for who changes the bridge's traffic")
    }
    if let known = plans[offer.digest] { return known }
    let plan = try ExecutionPlan(definition: JSON(parsing: offer.definition))
    if plans.count >= Self.maxPlans { plans.removeAll() }
    plans[offer.digest] = plan
    return plan
  }

  /// Decoded definitions that are kept; when the limit is met they are decoded anew.
  private static var maxPlans: Int { 256 }

  private func variant(of plan: ExecutionPlan, in session: UserSession?) throws -> Variant {
    switch plan.variant(os: surroundings.platform, hasCommand: surroundings.hasCommand) {
    case .failure(let refusal):
      throw Refused(code: refusal.reason, reason: refusal.message, remedy: refusal.remedy)
    case .success(let variant):
      let executor = variant.executor
      guard executing.executors.contains(executor) else {
        throw Refused.noExecutor(executor, on: surroundings.platform)
      }
      if session != nil, !executing.sessionExecutors.contains(executor) {
        throw Refused.notForOthers(executor)
      }
      return variant
    }
  }

  private func resolve(_ variant: Variant, _ arguments: JSON) throws -> ResolvedInput {
    do throws(BindingError) {
      return try variant.input.resolve(arguments: arguments)
    } catch {
      throw Refused(code: error.code.rawValue, reason: error.message, remedy: error.remedy)
    }
  }

  // MARK: Executors

  /// The call cannot run here any more, although the journal has it.
  mutating func refuse(_ call: CallID) throws {
    try step(.refused(call, refusals.removeValue(forKey: call) ?? .unreadable))
  }

  func cancel(_ call: CallID) {
    executing.cancel(call)
    guard watched[call] != nil, let name = places[call] else { return }
    // A plugin that was left behind by an earlier agent hears only this.
    do {
      try surroundings.requestCancel(in: name)
    } catch {
      configuration.log("cannot ask for the cancel of \(call): \(error)")
    }
  }

  mutating func take(_ event: ExecutionEvent) throws {
    switch event {
    case .ready: try ready()
    case .answered: executorAnswered()
    case .refused(let call, let reason, let message, let remedy):
      try step(
        .refused(call, .rejected(code: reason, reason: message, remedy: remedy)))
    case .started(let call, let pid):
      preparations[call] = nil
      patience.started(call, at: now)
      try step(.started(call, pid: pid))
    case .progress(let call): outflows[call]?.hasMore = true
    case .ended(let call):
      outflows[call]?.hasMore = true
      watched[call] = .some(surroundings.bootID)
    case .endedWithoutSpool(let call, let record):
      outflows[call] = Outflow(directory: nil)
      preparations[call] = nil
      try step(.ended(call, record))
    case .died(let calls, let why):
      configuration.log("executor: \(why)")
      for call in calls where !Mutant.diedCallsNotWatched.isPlanted {
        watched[call] = .some(surroundings.bootID)
        // The executor may not have read the request.
        if machine.isToBeCancelled(call) { cancel(call) }
      }
    }
  }

  // MARK: Spools

  mutating func lookAtWatchedSpools() throws {
    for (call, boot) in watched.sorted(by: { $0.key < $1.key }) {
      try lookAtSpool(of: call, releasedIn: boot)
    }
  }

  private mutating func lookAtSpool(of call: CallID, releasedIn boot: String?) throws {
    guard let phase = machine.phase(of: call), !phase.isEnded else {
      watched[call] = nil
      return
    }
    outflows[call]?.hasMore = true
    let circumstances = SpoolFindings.Circumstances(
      isSameBoot: boot == surroundings.bootID, wasStarted: phase == .started,
      hung: hung.contains(call))
    let evidence: Evidence?
    do {
      let findings = try surroundings.findings(of: call, in: places[call])
      evidence = SpoolFindings.evidence(findings, circumstances)
      // Into the journal with the end: the spool may not be on disk yet.
      if case .ended = evidence, let output = findings?.output { outflows[call]?.keep(output) }
    } catch {
      configuration.log("spool of \(call): \(error)")
      evidence = .lost(reason: "its spool cannot be read: \(error)")
    }
    guard let evidence else { return }
    if case .running = evidence {
      if phase == .started { return }
    } else {
      watched[call] = nil
    }
    try step(.evidence(call, evidence))
  }

  mutating func forget(_ call: CallID) {
    let isSuspect = outflows[call]?.report?.outlivedItsExecutor ?? false
    outflows[call] = nil
    preparations[call] = nil
    sessionUsers[call] = nil
    refusals[call] = nil
    watched[call] = nil
    patience.ended(call)
    hung.remove(call)
    guard let name = places.removeValue(forKey: call) else { return }
    recalledPlaces.remove(name)
    executing.giveBack(directory: name, isSuspect: isSuspect)
  }

  // MARK: Recovery

  /// Takes up what the journal holds, and clears away what it does not know.
  package mutating func recover() throws {
    recollections = try journal.openCalls().map { open throws in try Recollection(open) }
    for open in recollections {
      machine.resume(
        open.id, phase: open.phase, expiresAt: open.expiresAt, start: open.start)
      places[open.id] = open.directory
      outflows[open.id] = Outflow(directory: open.directory, isForeign: true)
      if let output = open.output { outflows[open.id]?.keep(output) }
      if case .ended(let report) = open.phase { outflows[open.id]?.report = report }
    }
    recalledPlaces = Set(places.values)
    for name in try surroundings.callDirectories()
    where !recalledPlaces.contains(name) {
      executing.giveBack(directory: name, isSuspect: false)
    }
  }

  /// The executors are known: what was taken up can go on, and the link can be opened.
  private mutating func ready() throws {
    lookForSessions()
    for open in recollections {
      if let offer = open.offer {
        switch preparation(for: offer) {
        case .success(let preparation):
          preparations[open.id] = preparation
          aim(open.id)
        case .failure(let refused): refusals[open.id] = refused.report
        }
      }
      guard open.phase.holdsSlot else { continue }
      watched[open.id] = .some(open.releasedIn)
      patience.began(open.id, limits(of: open.offer), at: now)
    }
    recollections.removeAll()
    stepLink(.start)
    if selfCheck.nextDeadline == nil { stepSelfCheck(.start) }
  }
}
