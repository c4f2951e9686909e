package import JSON
package import Model

/// One message on the bridge. docs/WIRE.md has an example of each.
///
/// Requests carry an id and are answered; notifications are correlated by call id, because a call
/// outlives the connection that carried its offer.
package enum Message: Sendable, Hashable {
  /// Runtime to control plane, request. The first message of a connection.
  case hello(id: Int, Hello)
  /// Control plane to runtime, notification: run this call.
  case offer(Offer)
  /// Runtime to control plane, notification: the journal has the call on disk.
  case acknowledge(Acknowledge)
  /// Runtime to control plane, notification: it does not take the call, and keeps nothing of it.
  case refused(RefusedOffer)
  /// Runtime to control plane, notification: execution was allowed to begin, or has begun.
  case released(Released)
  /// Runtime to control plane, notification with a binary payload.
  case output(OutputChunk)
  /// Runtime to control plane, notification: how the call ended. Sent after all its output.
  case finished(Finished)
  /// Control plane to runtime, notification: what is committed, and what may be sent next.
  case confirm(Confirm)
  /// Control plane to runtime, notification: stop this call, or do not start it.
  case cancel(Cancel)
  /// Control plane to runtime, request: what do you know of this call?
  case probe(id: Int, CallID)
  /// Control plane to runtime, request: prove that you are there.
  /// - Parameter sessionFor: there is a session with the endpoint, for so long at least unless somebody
  ///   closes it: nothing restarts there meanwhile. `nil` where there is none.
  case heartbeat(id: Int, sessionFor: Duration? = nil)
  case reply(id: Int, Reply)
  case refusal(id: Int, Refusal)
}

/// What answers a request.
package enum Reply: Sendable, Hashable {
  /// To `hello`: the link is open.
  case welcome(Welcome)
  /// To `hello`: say it again, with the hash of your journal row at `sequence`.
  case prove(sequence: Int)
  /// To `probe`.
  case state(HeldCall)
  /// To `heartbeat`. An agent from before it checked itself tells no health. Runtimes are told when
  /// they are others than this connection knows.
  case alive(JournalHead, health: AgentHealth?, runtimes: [Runtime]?)

  package static func state(_ call: CallID, _ state: CallState) -> Reply {
    .state(HeldCall(call: call, state: state))
  }

  package static func alive(_ head: JournalHead, health: AgentHealth? = nil) -> Reply {
    .alive(head, health: health, runtimes: nil)
  }
}

/// Why a request was refused. `code` is stable; `message` says what and what to do next.
package struct Refusal: Error, Sendable, Hashable {
  package var code: String
  package var message: String

  package init(code: String, message: String) {
    self.code = code
    self.message = message
  }
}

/// The newest row of a journal.
package struct JournalHead: Sendable, Hashable {
  package var sequence: Int
  /// SHA-256 in lower-case hexadecimal.
  package var hash: String

  package init(sequence: Int, hash: String) {
    self.sequence = sequence
    self.hash = hash
  }

  /// The head of a journal without rows.
  package static let empty = JournalHead(
    sequence: 0, hash: String(repeating: "0", count: 64))
}

package struct Hello: Sendable, Hashable {
  package static let currentProtocol = 1

  package var protocolVersion: Int
  /// What the endpoint calls itself; used when it joins.
  package var name: String
  package var proof: Proof
  package var runtime: RuntimeInfo
  /// The epoch that the journal was given; `nil` when the journal is new.
  package var epoch: EpochID?
  package var head: JournalHead
  /// The journal row that the control plane asked for.
  package var provenRow: JournalHead?
  /// How many unfinished calls the runtime takes.
  package var capacity: Int
  /// Every call that is not confirmed yet.
  package var calls: [HeldCall]

  package init(
    protocolVersion: Int = Hello.currentProtocol, name: String, proof: Proof,
    runtime: RuntimeInfo, epoch: EpochID?, head: JournalHead, provenRow: JournalHead? = nil,
    capacity: Int, calls: [HeldCall]
  ) {
    self.protocolVersion = protocolVersion
    self.name = name
    self.proof = proof
    self.runtime = runtime
    self.epoch = epoch
    self.head = head
    self.provenRow = provenRow
    self.capacity = capacity
    self.calls = calls
  }
}

/// What shows that the runtime may speak for its endpoint. Never logged.
package enum Proof: Sendable, Hashable {
  /// A new endpoint joins.
  case joinToken(String)
  /// A known endpoint returns.
  case credential(EndpointID, secret: String)
}

extension Proof: CustomStringConvertible, CustomReflectable {
  package var description: String {
    switch self {
    case .joinToken: "join token (not shown)"
    case .credential(let endpoint, secret: _): "credential of \(endpoint) (not shown)"
    }
  }

  package var customMirror: Mirror { Mirror(self, children: []) }
}

/// One of what can execute on an endpoint.
package struct Runtime: Sendable, Hashable {
  package var name: RuntimeName
  package var executors: [String]

  package init(name: RuntimeName, executors: [String]) {
    self.name = name
    self.executors = executors
  }
}

/// The agent, and what can execute on its endpoint.
package struct RuntimeInfo: Sendable, Hashable {
  /// `service`: what the agent itself is.
  package var kind: String
  package var platform: String
  package var architecture: String
  package var version: String
  package var bootID: String
  /// Those of the service.
  package var executors: [String]
  /// The sessions of users who are logged in.
  package var sessions: [Runtime]

  /// The service first.
  package var runtimes: [Runtime] { [Runtime(name: .service, executors: executors)] + sessions }

  package init(
    kind: String, platform: String, architecture: String, version: String, bootID: String,
    executors: [String], sessions: [Runtime] = []
  ) {
    self.sessions = sessions
    self.kind = kind
    self.platform = platform
    self.architecture = architecture
    self.version = version
    self.bootID = bootID
    self.executors = executors
  }
}

package struct HeldCall: Sendable, Hashable {
  package var call: CallID
  package var state: CallState
  /// Of one that has ended: whether it began, or may have. Its report tells it all, and may be on its way
  /// for long.
  package var hasBegun: Bool

  package init(call: CallID, state: CallState, hasBegun: Bool = false) {
    self.call = call
    self.state = state
    self.hasBegun = hasBegun
  }
}

/// What a runtime's journal says of a call.
package enum CallState: String, Sendable, CaseIterable {
  /// The journal has no trace of it: it was never received under this epoch.
  case absent
  case received
  case released
  case started
  /// It came to its end; `finished` says how.
  case ended
  /// It was finished and confirmed, and is kept only so that it never runs again.
  case tombstone
}

package struct Welcome: Sendable, Hashable {
  package var endpoint: EndpointID
  /// Only when the endpoint joined: what it shows from now on.
  package var credential: String?
  package var epoch: EpochID
  package var heartbeat: Duration
  /// Bytes of output that may be sent before they are confirmed.
  package var creditBytes: Int
  /// No call below it is ever offered again.
  package var lowWater: CallID?
  /// How much of each unfinished call's output is committed already.
  package var outputs: [CommittedOutput]
  /// Calls that the hello had not begun, and of which it was heard before that they did.
  package var started: [CallID]
  /// Calls that the hello had not begun, and that are over here.
  package var closed: [CallID]

  package init(
    endpoint: EndpointID, credential: String? = nil, epoch: EpochID, heartbeat: Duration,
    creditBytes: Int, lowWater: CallID? = nil, outputs: [CommittedOutput] = [],
    started: [CallID] = [], closed: [CallID] = []
  ) {
    self.endpoint = endpoint
    self.credential = credential
    self.epoch = epoch
    self.heartbeat = heartbeat
    self.creditBytes = creditBytes
    self.lowWater = lowWater
    self.outputs = outputs
    self.started = started
    self.closed = closed
  }
}

package struct CommittedOutput: Sendable, Hashable {
  package var call: CallID
  package var stdoutBytes: Int
  package var stderrBytes: Int

  package init(call: CallID, stdoutBytes: Int, stderrBytes: Int) {
    self.call = call
    self.stdoutBytes = stdoutBytes
    self.stderrBytes = stderrBytes
  }
}

package struct Offer: Sendable, Hashable {
  package var call: CallID
  package var attempt: Int
  /// `sha256:` and the digest of `definition` in hexadecimal.
  package var digest: String
  /// The tool's canonical definition, as the very text that the digest is of.
  package var definition: String
  package var arguments: JSON
  /// How long the call may wait for its release. A duration, so that clocks need not agree.
  package var expiresIn: Duration
  /// Where it is to run; `nil` is the service, for a call that no other runtime may take. Whoever
  /// names one understands `refused`.
  package var runtime: RuntimeName?

  package init(
    call: CallID, attempt: Int, digest: String, definition: String, arguments: JSON,
    expiresIn: Duration, runtime: RuntimeName? = nil
  ) {
    self.runtime = runtime
    self.call = call
    self.attempt = attempt
    self.digest = digest
    self.definition = definition
    self.arguments = arguments
    self.expiresIn = expiresIn
  }
}

package struct Acknowledge: Sendable, Hashable {
  package var call: CallID
  package var attempt: Int
  package var state: CallState
  package var head: JournalHead

  package init(call: CallID, attempt: Int, state: CallState, head: JournalHead) {
    self.call = call
    self.attempt = attempt
    self.state = state
    self.head = head
  }
}

/// A runtime's word that it does not take an offer. Nothing of the call is in the journal.
package struct RefusedOffer: Sendable, Hashable {
  package var call: CallID
  package var attempt: Int
  package var cause: RefusalCause
  package var reason: String
  package var remedy: String

  package init(
    call: CallID, attempt: Int, cause: RefusalCause, reason: String, remedy: String
  ) {
    self.call = call
    self.attempt = attempt
    self.cause = cause
    self.reason = reason
    self.remedy = remedy
  }

  /// The same, where there is no other runtime to take the call.
  package var report: Report {
    .rejected(code: cause.rawValue, reason: reason, remedy: remedy)
  }
}

package struct Released: Sendable, Hashable {
  package var call: CallID
  /// When the process began, by the endpoint's clock; `nil` while it has not.
  package var startedAt: Instant?
  package var pid: Int?
  package var head: JournalHead

  package init(call: CallID, startedAt: Instant? = nil, pid: Int? = nil, head: JournalHead) {
    self.call = call
    self.startedAt = startedAt
    self.pid = pid
    self.head = head
  }
}

package struct OutputChunk: Sendable, Hashable {
  package var call: CallID
  package var stream: OutputStream
  /// Where in the kept stream the bytes begin.
  package var offset: Int
  /// When the executor read them, by the endpoint's clock.
  package var at: Instant
  package var bytes: [UInt8]

  package init(call: CallID, stream: OutputStream, offset: Int, at: Instant, bytes: [UInt8]) {
    self.call = call
    self.stream = stream
    self.offset = offset
    self.at = at
    self.bytes = bytes
  }
}

package struct Finished: Sendable, Hashable {
  package var call: CallID
  package var report: Report
  package var head: JournalHead

  package init(call: CallID, report: Report, head: JournalHead) {
    self.call = call
    self.report = report
    self.head = head
  }
}

/// How a call ended, as the endpoint's journal has it.
package enum Report: Sendable, Hashable {
  /// It ran to an end.
  case ended(ExecutionRecord)
  /// It began, and the executor died before it could say how it ended.
  case interrupted(reason: String, startedAt: Instant?)
  /// The runtime refused it; nothing ran.
  case rejected(code: String, reason: String, remedy: String)
  /// It was cancelled before it was started; nothing ran.
  case cancelled
  /// Its deadline passed before it was released; nothing ran.
  case expired
  /// It was released, and whether the process began cannot be told.
  case lost(reason: String)

  /// It says that nothing ran.
  package var isAbsence: Bool {
    switch self {
    case .rejected, .cancelled, .expired: true
    case .ended, .interrupted, .lost: false
    }
  }

  /// It says neither that something ran nor that nothing did.
  package var isLost: Bool {
    if case .lost = self { true } else { false }
  }
}

package struct Confirm: Sendable, Hashable {
  /// Calls whose end is committed: the runtime may forget all but their ids.
  package var finished: [CallID]
  /// Further bytes of output that may be sent.
  package var creditBytes: Int
  package var lowWater: CallID?

  package init(finished: [CallID] = [], creditBytes: Int = 0, lowWater: CallID? = nil) {
    self.finished = finished
    self.creditBytes = creditBytes
    self.lowWater = lowWater
  }
}

package struct Cancel: Sendable, Hashable {
  package var call: CallID
  package var by: String

  package init(call: CallID, by: String) {
    self.call = call
    self.by = by
  }
}
