package import Model
package import Wire

/// What an endpoint's agent last said of itself, in the control plane's time. In memory: the next
/// heartbeat says it again.
package struct EndpointHealth: Sendable, Hashable {
  package struct Fault: Sendable, Hashable {
    package let subject: AgentHealth.Subject
    package let since: Instant
    package let evidence: String
    package let tried: [AgentHealth.Step]
  }

  /// A fault that is over.
  package struct Recovery: Sendable, Hashable {
    package let fault: Fault
    package let until: Instant
  }

  package private(set) var faults: [Fault] = []
  package private(set) var toldAt: Instant
  /// The newest ones, oldest first.
  package private(set) var recoveries: [Recovery] = []

  static let maxRecoveries = 8
  /// An answer may be on its way for so long: what is said to have begun within it is the same fault.
  static let jitter: Duration = .seconds(10)

  init(toldAt: Instant) { self.toldAt = toldAt }

  mutating func told(_ health: AgentHealth, at now: Instant) {
    toldAt = now
    var present: [Fault] = []
    for told in health.faults {
      let known = faults.first { $0.subject == told.subject }
      let since = now + (.zero - told.lasting)
      present.append(
        Fault(
          subject: told.subject,
          since: known.map { since - $0.since < Self.jitter ? $0.since : since } ?? since,
          evidence: told.evidence, tried: told.tried))
    }
    for fault in faults where !present.contains(where: { $0.subject == fault.subject }) {
      if recoveries.count == Self.maxRecoveries { recoveries.removeFirst() }
      recoveries.append(Recovery(fault: fault, until: now))
    }
    faults = present
  }

  /// Calls would meet the fault. That its link was lost is over for one who is heard.
  var hindersCalls: Bool { faults.contains { $0.subject != .controlPlane } }
}
