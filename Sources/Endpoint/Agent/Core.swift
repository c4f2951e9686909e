package import Bridge
import JSON
import Journal
package import Model
import Mutants
import Platform
import PluginProtocol
import Tools
package import Wire

/// What the agent's thread owns. `Core+Link` speaks with the control plane, `Core+Calls` with the
/// executors, `Core+Output` sends what the spools hold.
package struct Core {
  package enum Input: Sendable {
    case bridge(BridgeEvent)
    case execution(ExecutionEvent)
    /// The answer to `Surroundings.examineSpool`.
    case spoolExamined(round: Int, SelfCheckMachine.Finding)
    case stop
  }

  let configuration: AgentConfiguration
  let surroundings: any Surroundings
  let journal: any Journaling
  let dialer: any Dialing
  let executing: any Executing
  package internal(set) var machine: AgentMachine
  package internal(set) var link = LinkMachine()
  var identity: Identity?
  /// The connection of the newest dial; what older ones say does not count.
  var connection: UInt64 = 0
  var dials: UInt64 = 0
  /// Why there is no link, as the log has it.
  var toldReason: String?
  var held = HeldMessages()
  var helloID = 0
  var helloHead = 0
  var credit = 0
  var outflows: [CallID: Outflow] = [:]
  /// What the executors need to know of calls that have not begun.
  var preparations: [CallID: Preparation] = [:]
  /// The names of the directories of calls that were released.
  var places: [CallID: String] = [:]
  /// Names that the journal had given out at the start, whether or not their directories exist.
  var recalledPlaces: Set<String> = []
  /// Who is logged in, as far as was looked, and what the control plane knows of on this link.
  var sessions = UserSessions()
  var toldRuntimes: [Runtime] = []
  /// In whose session calls run that have not begun; the others are the service's.
  var sessionUsers: [CallID: String] = [:]
  /// Why calls that the journal holds cannot run here any more.
  var refusals: [CallID: Report] = [:]
  /// What the journal held at the start, until the executors are known.
  var recollections: [Recollection] = []
  /// Calls whose spool is watched, because no executor speaks of them; with the boot they were
  /// released in.
  var watched: [CallID: String?] = [:]
  /// How long executors have left to end their calls, and what is left of those that did not.
  var patience: ExecutorPatience
  var fallen: [any FallenProcesses] = []
  var nextSweep: Instant?
  var hung: Set<CallID> = []
  var statusPace = StatusPace()
  package internal(set) var selfCheck: SelfCheckMachine
  /// The self-check has asked for another start of the program.
  var restartAsked = false
  /// There is a session with this endpoint, as far as the control plane has told: nothing that could wait
  /// interrupts it. Once that time has passed, and no other was told, it is over.
  var sessionUntil: Instant?
  let startedAt: Instant
  var plans: [String: ExecutionPlan] = [:]
  /// What of the journal may go.
  var retirement = Retirement()
  /// Effects that wait for the commit.
  private var pending: [AgentEffect] = []
  /// Heartbeats to be answered after the commit: the first answer on a link tells that the epoch of the
  /// welcome before it is kept.
  var heartbeats: [Int] = []
  private var isDirty = false
  private var stopping: Instant?

  package init(
    configuration: AgentConfiguration, surroundings: any Surroundings, journal: any Journaling,
    dialer: any Dialing, executing: any Executing
  ) throws {
    self.configuration = configuration
    self.surroundings = surroundings
    self.journal = journal
    startedAt = surroundings.now
    self.dialer = dialer
    self.executing = executing
    machine = AgentMachine(settings: configuration.machine)
    patience = ExecutorPatience(executorGrace: configuration.executorGrace)
    selfCheck = SelfCheckMachine(settings: configuration.selfCheck, startedAt: startedAt)
    identity = try surroundings.identity()
  }

  var now: Instant { surroundings.now }

  var hasSession: Bool { sessionUntil.map { now < $0 } ?? false }

  // MARK: The loop

  mutating func run(_ mailbox: Mailbox<Input>, on loop: EventLoop) -> AgentEnd {
    var inputs: [Input] = []
    var isHealthy = true
    while !isDone {
      inputs.removeAll(keepingCapacity: true)
      do {
        try dialer.turn(of: loop, waitUpTo: untilDeadline())
        _ = mailbox.drain(into: &inputs, waitUpTo: .zero)
        try turn(inputs)
        tellStatus()
      } catch {
        // What is on disk is not known any more: every further answer could be a lie.
        configuration.log("stopping: \(error)")
        isHealthy = false
        break
      }
    }
    leave()
    if isHealthy { dialer.end() }
    return isHealthy ? (restartAsked ? .restart : .asked) : .failed
  }

  package mutating func leave() {
    sendHeld()
    dialer.close(connection, reason: "the agent stops")
    executing.shutdown()
    do {
      try journal.close()
    } catch {
      configuration.log("the journal did not close cleanly: \(error)")
    }
  }

  /// One turn of the loop: takes in what has come, decides, commits, and acts.
  package mutating func turn(_ inputs: [Input]) throws {
    for input in inputs { try take(input) }
    try passTime()
    try settle()
  }

  private mutating func take(_ input: Input) throws {
    switch input {
    case .bridge(let event): try take(event)
    case .execution(let event): try take(event)
    case .spoolExamined(let round, let finding):
      stepSelfCheck(.found(.spool, round: round, finding))
    case .stop:
      configuration.log("stopping: takes nothing new")
      stopping = now
      try step(.stop)
    }
  }

  private mutating func passTime() throws {
    stepLink(.tick)
    if let due = held.due, due <= now { sendHeld() }
    if let due = machine.nextDeadline, due <= now { try step(.tick) }
    lookAtItself()
    try lookAtWatchedSpools()
    // After that: a spool is judged once all is known that its executor's end makes known.
    try endHangingExecutors()
  }

  /// Commits, acts, and sends, until nothing is left to do at once.
  private mutating func settle() throws {
    repeat {
      if let ready = retirement.take() {
        beginBatch()
        try journal.prune(before: ready.mark, through: ready.through)
      }
      if Mutant.acknowledgeBeforeSync.isPlanted {
        for effect in pending { try perform(effect) }
        sendHeld()
      }
      if isDirty {
        // A batch of nothing but confirmations rides with the next commit.
        try journal.commit()
        isDirty = false
      }
      answerHeartbeats()
      let effects = pending
      pending.removeAll(keepingCapacity: true)
      // A start first: no call waits for the words about it, or about others.
      for effect in effects where effect.startsCall { try perform(effect) }
      for effect in effects where !effect.startsCall { try perform(effect) }
    } while !pending.isEmpty
    sendOutput()
    if held.isFull { sendHeld() }
  }

  private func untilDeadline() -> Duration? {
    nextDeadline.map { max(.zero, $0 - now) }
  }

  /// When a turn is due, whether or not anything comes.
  package var nextDeadline: Instant? {
    var due = [
      link.deadline, held.due, machine.nextDeadline, patience.nextDeadline, nextSweep,
      statusPace.due,
      machine.isStopping ? nil : selfCheck.nextDeadline,
    ].compactMap { $0 }.min()
    if !watched.isEmpty {
      let look = now + configuration.watchInterval
      due = due.map { min($0, look) } ?? look
    }
    if let stopping {
      let end = stopping + configuration.stopGrace
      due = due.map { min($0, end) } ?? end
    }
    return due
  }

  package var isDone: Bool {
    if restartAsked { return true }
    guard let stopping else { return false }
    let isIdle = !machine.isBusy && !outflows.values.contains { $0.report != nil }
    return isIdle || now - stopping >= configuration.stopGrace
  }

  // MARK: Stepping the machine

  /// Steps the machine: durable effects go to the journal's batch, the others wait for its commit.
  mutating func step(_ event: AgentEvent) throws {
    try add(machine.step(event, at: now))
  }

  mutating func add(_ effects: [AgentEffect]) throws {
    // First, so that the executor works while the journal does.
    for case .prepare(let call) in effects {
      dropLoggedOut(call)
      guard preparations[call] != nil else { continue }
      if places[call] == nil { place(call) } else { readAnew(call) }
      if let preparation = preparations[call] { executing.prepare(preparation) }
    }
    for case .start(let call) in effects where Mutant.gateOpenedEarly.isPlanted {
      executing.start(call)
    }
    for effect in effects {
      switch effect {
      // What is refused instead of being prepared has no spool, and after a crash a release without one
      // would look like a start that nobody can tell of.
      case .journal(let call, .released) where preparations[call] == nil: break
      case .journal(let call, let entry):
        beginBatch()
        let (kind, body) = entry.row(
          bootID: surroundings.bootID, directory: places[call],
          output: outflows[call]?.journaled ?? [], at: now)
        try journal.append(kind, body.bytes, of: call, at: now)
      case .forget(let call):
        beginBatch()
        try journal.append(.confirmed, [], of: call, at: now)
        pending.append(effect)
      case .prune(let mark): retirement.propose(mark, at: journal.pendingSequence)
      case .prepare(let call): if preparations[call] == nil { pending.append(effect) }
      case .start, .discard, .cancel, .acknowledge, .refuse, .sendReleased, .sendState, .report:
        pending.append(effect)
      }
    }
  }

  mutating func beginBatch() {
    if isDirty { return }
    journal.begin()
    isDirty = true
  }

  private mutating func perform(_ effect: AgentEffect) throws {
    switch effect {
    case .journal, .prune: break
    case .forget(let call): forget(call)
    case .prepare(let call): try refuse(call)
    case .start(let call): if preparations[call] != nil { executing.start(call) }
    case .discard(let call): executing.discard(call)
    case .cancel(let call): cancel(call)
    case .acknowledge(let call, let attempt, let state):
      sendSoon(
        .acknowledge(
          Acknowledge(call: call, attempt: attempt, state: state, head: journal.head)))
    case .refuse(let refused): send(.refused(refused))
    case .sendReleased(let call, let startedAt, let pid):
      send(
        .released(Released(call: call, startedAt: startedAt, pid: pid, head: journal.head)))
    case .sendState(let request, let held): send(.reply(id: request, .state(held)))
    case .report(let call, let report): reportAfterOutput(call, report)
    }
  }
}
