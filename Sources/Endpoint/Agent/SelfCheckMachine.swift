package import Model
package import Wire

/// When the agent looks at itself, and what it does about what it finds. Pure.
///
/// Each subject goes its own way, by steps: good → retry → repair (the link is opened anew, caches and
/// plugins are built anew) → degraded. Good again from any of them, as soon as a check finds it so. A
/// restart is the last step, and only where it was allowed.
package struct SelfCheckMachine: Sendable {
  package typealias Subject = AgentHealth.Subject
  package typealias Step = AgentHealth.Step

  package struct Settings: Sendable, Hashable {
    /// From one check of a subject to the next, a quarter more or less.
    package var interval: Duration
    /// A check that has not ended by then has failed.
    package var answerWithin: Duration
    /// A single failure may be chance.
    package var retryAfter: Duration
    /// For a repair to show.
    package var settleAfter: Duration
    /// Between two pieces of one check.
    package var pause: Duration = .milliseconds(20)
    /// Whether a restart may be asked for.
    package var restarts = false
    /// How long something is degraded before a restart is asked for.
    package var restartAfter: Duration = .seconds(300)
    /// A restart is asked for once in the life of a process, and not before it is so old: there is
    /// never a loop of restarts.
    package var restartPeriod: Duration = .seconds(3_600)

    package init(interval: Duration = .seconds(60)) {
      self.interval = interval
      answerWithin = min(.seconds(10), interval)
      retryAfter = min(.seconds(2), interval / 4)
      settleAfter = min(.seconds(5), interval / 2)
    }
  }

  package enum Finding: Sendable, Hashable {
    case good
    /// Nothing is wrong so far, and there is more to look at.
    case more
    case bad(evidence: String)
  }

  package enum Event: Sendable, Hashable {
    case start
    case found(Subject, round: Int, Finding)
    /// It may be good again: looked at without waiting for its time.
    case changed(Subject)
    /// - Parameter isIdle: no session and no call is active.
    case tick(isIdle: Bool)
  }

  package enum Effect: Sendable, Hashable {
    /// Answered by `found` with the same round.
    case check(Subject, round: Int)
    case repair(Step, Subject, why: String)
    case log(String)
    /// Ask the service manager for another start of this program.
    case restart(why: String)
  }

  /// One subject's way.
  private struct Course: Sendable {
    /// When it is looked at next; nil before the start.
    var due: Instant?
    var round = 0
    /// Of the check that is under way.
    var deadline: Instant?
    var badSince: Instant?
    var evidence = ""
    var tried: [Step] = []
    var flaggedAt: Instant?
  }

  package let settings: Settings
  private let startedAt: Instant
  private var courses: [Course]
  private var hasAskedForRestart = false
  private var hasToldOfWaiting = false

  package init(settings: Settings = Settings(), startedAt: Instant) {
    self.settings = settings
    self.startedAt = startedAt
    courses = Subject.allCases.map { _ in Course() }
  }

  /// When `tick` is due next.
  package var nextDeadline: Instant? { courses.compactMap { $0.deadline ?? $0.due }.min() }

  /// The round of a check that is under way.
  package func round(of subject: Subject) -> Int? {
    self[subject].deadline == nil ? nil : self[subject].round
  }

  package func isOverdue(_ subject: Subject, at now: Instant) -> Bool {
    self[subject].deadline.map { $0 <= now } ?? false
  }

  /// What could not be repaired.
  package func health(at now: Instant) -> AgentHealth {
    AgentHealth(
      faults: faults.map {
        AgentHealth.Fault(
          subject: $0.subject, lasting: now - $0.since, evidence: $0.evidence, tried: $0.tried)
      })
  }

  /// The same, with when it began.
  package var faults: [(subject: Subject, since: Instant, evidence: String, tried: [Step])] {
    Subject.allCases.compactMap { subject in
      let course = self[subject]
      guard course.flaggedAt != nil, let since = course.badSince else { return nil }
      return (subject, since, course.evidence, course.tried)
    }
  }

  /// - Parameter random: 64 random bits, for the jitter; asked for only when there is any.
  package mutating func step(
    _ event: Event, at now: Instant, random: () -> UInt64
  ) -> [Effect] {
    var effects: [Effect] = []
    switch event {
    case .start:
      for subject in Subject.allCases { self[subject].due = now + jittered(random()) }
    case .found(let subject, let round, let finding):
      // What comes late, of a check that was given up.
      guard self.round(of: subject) == round else { break }
      self[subject].deadline = nil
      switch finding {
      case .good: good(subject, now, random(), &effects)
      case .more: self[subject].due = now + settings.pause
      case .bad(let evidence): bad(subject, evidence, now, random, &effects)
      }
    case .changed(let subject):
      if self[subject].badSince != nil, self[subject].deadline == nil { self[subject].due = now }
    case .tick(let isIdle):
      for subject in Subject.allCases { tick(subject, now, random, &effects) }
      askForRestart(isIdle, now, &effects)
    }
    return effects
  }

  private mutating func tick(
    _ subject: Subject, _ now: Instant, _ random: () -> UInt64, _ effects: inout [Effect]
  ) {
    if let deadline = self[subject].deadline {
      guard deadline <= now else { return }
      self[subject].deadline = nil
      bad(subject, "no answer within \(settings.answerWithin)", now, random, &effects)
    } else if let due = self[subject].due, due <= now {
      self[subject].round += 1
      self[subject].deadline = now + settings.answerWithin
      effects.append(.check(subject, round: self[subject].round))
    }
  }

  // MARK: Steps

  private mutating func good(
    _ subject: Subject, _ now: Instant, _ random: UInt64, _ effects: inout [Effect]
  ) {
    let course = self[subject]
    if let since = course.badSince {
      let was = course.flaggedAt == nil ? "" : "no longer degraded: "
      effects.append(.log(subject, "\(was)good again after \(now - since)"))
    }
    self[subject] = Course(due: now + jittered(random), round: course.round)
  }

  private mutating func bad(
    _ subject: Subject, _ evidence: String, _ now: Instant, _ random: () -> UInt64,
    _ effects: inout [Effect]
  ) {
    self[subject].evidence = evidence
    self[subject].badSince = self[subject].badSince ?? now
    let repair = Self.repair(of: subject)
    if self[subject].tried.isEmpty {
      self[subject].tried = [.retry]
      self[subject].due = now + settings.retryAfter
      effects.append(.log(subject, "\(evidence); looks again"))
    } else if let repair, !self[subject].tried.contains(repair) {
      self[subject].tried.append(repair)
      self[subject].due = now + settings.settleAfter
      take(repair, subject, evidence, &effects)
    } else if self[subject].flaggedAt == nil {
      self[subject].flaggedAt = now
      self[subject].due = now + jittered(random())
      effects.append(.log(subject, "degraded: \(evidence); \(subject.advice)"))
    } else {
      // What was in the way may be gone.
      self[subject].due = now + jittered(random())
      if let repair { take(repair, subject, evidence, &effects) }
    }
  }

  private func take(
    _ repair: Step, _ subject: Subject, _ evidence: String, _ effects: inout [Effect]
  ) {
    effects.append(.log(subject, "\(evidence); \(repair.words)"))
    effects.append(.repair(repair, subject, why: evidence))
  }

  /// A journal is evidence: nothing of it is repaired.
  private static func repair(of subject: Subject) -> Step? {
    switch subject {
    case .controlPlane: .reconnect
    case .journal: nil
    case .spool, .plugins: .rebuild
    }
  }

  /// A new process finds the same journal and the same disk.
  private static func mayBeHealedByRestart(_ subject: Subject) -> Bool {
    switch subject {
    case .controlPlane, .plugins: true
    case .journal, .spool: false
    }
  }

  private mutating func askForRestart(
    _ isIdle: Bool, _ now: Instant, _ effects: inout [Effect]
  ) {
    guard settings.restarts, !hasAskedForRestart, now - startedAt >= settings.restartPeriod else {
      return
    }
    for subject in Subject.allCases where Self.mayBeHealedByRestart(subject) {
      guard let since = self[subject].flaggedAt, now - since >= settings.restartAfter else {
        continue
      }
      guard isIdle else {
        if !hasToldOfWaiting {
          effects.append(
            .log(subject, "will ask to be started anew once no session and no call is active"))
        }
        hasToldOfWaiting = true
        return
      }
      hasAskedForRestart = true
      effects.append(.restart(why: "\(subject.rawValue): \(self[subject].evidence)"))
      return
    }
  }

  /// Between three and five quarters of the interval, so that a thousand agents do not look at once.
  private func jittered(_ random: UInt64) -> Duration {
    let quarter = settings.interval.wholeMicroseconds / 4
    return .microseconds(quarter * 3 + Int64(random % UInt64(max(1, quarter * 2))))
  }

  private subscript(subject: Subject) -> Course {
    get { courses[subject.place] }
    set { courses[subject.place] = newValue }
  }
}

extension AgentHealth.Subject {
  fileprivate var place: Int {
    switch self {
    case .controlPlane: 0
    case .journal: 1
    case .spool: 2
    case .plugins: 3
    }
  }
}

extension AgentHealth.Step {
  fileprivate var words: String {
    switch self {
    case .retry: "looks again"
    case .reconnect: "opens the link anew"
    case .rebuild: "builds anew what it keeps of it"
    }
  }
}

extension SelfCheckMachine.Effect {
  fileprivate static func log(_ subject: AgentHealth.Subject, _ text: String) -> Self {
    .log("self-check: \(subject.rawValue): \(text)")
  }
}
