package import JSON
package import Model
import Mutants

/// One request to run a tool on an endpoint, with everything the control plane knows of it.
///
/// The three axes move on their own; the outcome is written once. `Call+Step.swift` has the rules.
package struct Call: Sendable, Hashable {
  package let id: CallID
  package let endpoint: EndpointID
  package internal(set) var request: CallRequest

  package internal(set) var delivery: Delivery = .queued
  package internal(set) var execution: Execution = .notStarted
  package internal(set) var output: Output = .none
  package internal(set) var validity: Validity = .unchecked
  package internal(set) var outcome: Outcome?
  /// Why the call stands where it stands, in words for a technician.
  package internal(set) var reason: String
  /// What to do about it, where there is something to do.
  package internal(set) var remedy: String?
  package internal(set) var attempts: [Attempt] = []
  package internal(set) var cancelledBy: String?
  /// Bytes of each stream that are committed.
  package internal(set) var stdoutBytes = 0
  package internal(set) var stderrBytes = 0
  package internal(set) var startedAt: Instant?
  package internal(set) var endedAt: Instant?
  /// Rows of the transcript so far.
  package internal(set) var transitions = 0
  /// Not offered again before.
  package internal(set) var notBefore: Instant?
  /// When the unanswered offer is looked into.
  var ackDeadline: Instant?
  var probed = false
  /// The request that asks the runtime about the last attempt. An older one's answer tells of an older
  /// attempt.
  package internal(set) var probe: Int?
  /// When a call whose runtime is gone is given up as `unknown`.
  var horizon: Instant?

  package init(id: CallID, endpoint: EndpointID, request: CallRequest) {
    self.id = id
    self.endpoint = endpoint
    self.request = request
    if let place = request.batch, place.after != nil, !Mutant.stepNotHeld.isPlanted {
      delivery = .held
      reason = "waits for step \(place.position - 1) of its batch"
    } else {
      reason = "waits for the endpoint"
    }
  }
}

/// What was asked for. Fixed when the call is accepted.
package struct CallRequest: Sendable, Hashable {
  package var tool: String
  package var toolVersion: String
  /// The digest of the definition that the call was accepted with.
  package var digest: String
  package var arguments: JSON {
    didSet { argumentBytes = arguments.compact.utf8.count }
  }
  /// Of `arguments`, as they are sent.
  private(set) var argumentBytes: Int
  /// The arguments with secrets masked: all that is ever shown, and all that is kept at the end.
  package var shownArguments: JSON
  package var idempotencyKey: String?
  package var by: String
  package var acceptedAt: Instant
  package var expiresAt: Instant
  package var ackWithin: Duration
  package var maxAttempts: Int
  /// Whether running the tool again does no more than running it once.
  package var idempotent: Bool
  /// The ended call that this one does again, because somebody asked for it.
  package var retryOf: CallID?
  package var shape = CallShape()
  package var batch: BatchPlace?
  package var session: SessionID?

  package init(
    tool: String, toolVersion: String, digest: String, arguments: JSON, shownArguments: JSON,
    idempotencyKey: String?, by: String, acceptedAt: Instant, expiresAt: Instant,
    ackWithin: Duration, maxAttempts: Int,
    idempotent: Bool
  ) {
    self.tool = tool
    self.toolVersion = toolVersion
    self.digest = digest
    self.arguments = arguments
    argumentBytes = arguments.compact.utf8.count
    self.shownArguments = shownArguments
    self.idempotencyKey = idempotencyKey
    self.by = by
    self.acceptedAt = acceptedAt
    self.expiresAt = expiresAt
    self.ackWithin = ackWithin
    self.maxAttempts = maxAttempts
    self.idempotent = idempotent
  }
}

/// One offer of a call to one runtime over one bridge.
package struct Attempt: Sendable, Hashable {
  package enum Result: String, Sendable, Hashable {
    case pending
    case acknowledged
    /// The runtime proved that it never received it.
    case absent
    /// The runtime does not take it, and has kept nothing of it.
    case refused
  }

  package let number: Int
  package let link: LinkID
  package let runtime: RuntimeName
  package let offeredAt: Instant
  package internal(set) var result: Result = .pending
  package internal(set) var answeredAt: Instant?
  package internal(set) var refusal: Refusal?

  /// Why the runtime refused it, with its own words for it.
  package struct Refusal: Sendable, Hashable {
    package let cause: RefusalCause
    package let reason: String

    package init(_ cause: RefusalCause, _ reason: String) {
      self.cause = cause
      self.reason = reason
    }

    /// As it is kept and shown.
    package var text: String { "\(cause.rawValue): \(reason)" }

    package init?(_ text: String) {
      guard let colon = text.firstIndex(of: ":"),
        let cause = RefusalCause(rawValue: String(text[..<colon]))
      else { return nil }
      self.init(cause, String(text[colon...].dropFirst(2)))
    }
  }

  package init(
    number: Int, link: LinkID, runtime: RuntimeName = .service, offeredAt: Instant,
    result: Result = .pending, answeredAt: Instant? = nil, refusal: Refusal? = nil
  ) {
    self.number = number
    self.link = link
    self.runtime = runtime
    self.refusal = refusal
    self.offeredAt = offeredAt
    self.result = result
    self.answeredAt = answeredAt
  }
}

/// One row of a call's transcript: what happened, with its evidence.
package struct Transition: Sendable, Hashable {
  package enum Kind: String, Sendable, CaseIterable {
    case accepted, offered, acknowledged, absent, refused, probed, connectionLost, released, started
    case outputBegan, cancelRequested, finished, ended
    /// A step of a batch, whose step before succeeded.
    case freed
    /// What became of a call that had ended as `unknown`.
    case resolved
  }

  package let sequence: Int
  package let at: Instant
  package let kind: Kind
  package let delivery: Delivery
  package let execution: Execution
  package let output: Output
  package let evidence: JSON

  /// Of the evidence of an end: the endpoint's journal was set back, or is gone.
  package static let memoryLost = "memoryLost"

  /// Whether an endpoint that says after this that nothing of the call ran is not believed: it was heard
  /// that it did, or the endpoint has forgotten what it knew and would say so in good faith.
  package var contradictsAbsence: Bool {
    kind == .started || kind == .outputBegan || evidence[Self.memoryLost] == true
  }
}

/// One connection of a runtime. Numbers are never used again within one life of the control plane.
package struct LinkID: Hashable, Sendable, Comparable, CustomStringConvertible {
  package let number: UInt64

  package init(_ number: UInt64) { self.number = number }

  package static func < (left: LinkID, right: LinkID) -> Bool { left.number < right.number }
  package var description: String { "link-\(number)" }
}
