internal import JSON
package import Model

/// How much one execution may take.
package struct Limits: Sendable, Hashable {
  package let run: Duration
  /// Between the request to end and the kill.
  package let killGrace: Duration
  /// Kept of standard output; the rest is counted and dropped.
  package let stdoutBytes: Int
  package let stderrBytes: Int
  package let resources: Resources

  package init(
    run: Duration, killGrace: Duration, stdoutBytes: Int, stderrBytes: Int,
    resources: Resources = Resources()
  ) {
    self.run = run
    self.killGrace = killGrace
    self.stdoutBytes = stdoutBytes
    self.stderrBytes = stderrBytes
    self.resources = resources
  }

  /// What the processes of an execution may take of the endpoint. What is `nil` is left to the
  /// endpoint: a tool's digest should not depend on how much its machines have.
  package struct Resources: Sendable, Hashable {
    package var memoryBytes: Int?
    package var processes: Int?
    package var openFiles: Int?
    package var fileSizeBytes: Int?
    package var cpu: Duration?

    package init(
      memoryBytes: Int? = nil, processes: Int? = nil, openFiles: Int? = nil,
      fileSizeBytes: Int? = nil, cpu: Duration? = nil
    ) {
      self.memoryBytes = memoryBytes
      self.processes = processes
      self.openFiles = openFiles
      self.fileSizeBytes = fileSizeBytes
      self.cpu = cpu
    }
  }
}

/// How a call is handed over.
package struct DeliveryPolicy: Sendable, Hashable {
  package enum WhenOffline: String, Sendable, CaseIterable {
    /// The call waits for the endpoint until it expires.
    case queue
    /// The call is refused at once if no runtime can be reached.
    case refuse
  }

  package let whenOffline: WhenOffline
  package let expiresAfter: Duration
  /// How long an offer may stay unanswered before the bridge is probed.
  package let ackWithin: Duration
  /// Offers before the call is undeliverable.
  package let attempts: Int
  /// In which runtimes of an endpoint it may run.
  package let runtime: Placement

  package init(
    whenOffline: WhenOffline, expiresAfter: Duration, ackWithin: Duration, attempts: Int,
    runtime: Placement = .service
  ) {
    self.runtime = runtime
    self.whenOffline = whenOffline
    self.expiresAfter = expiresAfter
    self.ackWithin = ackWithin
    self.attempts = attempts
  }
}

/// What may be done about an execution that did not end well.
package struct RecoveryPolicy: Sendable, Hashable {
  package enum OnLostAfterStart: String, Sendable, CaseIterable {
    /// Say that it is unknown, and do nothing.
    case unknown
    /// Run it again, as far as `attempts` allows. Only for idempotent tools.
    case retry
  }

  /// Executions in all: 1 is no second one.
  package let attempts: Int
  package let onLostAfterStart: OnLostAfterStart

  package init(attempts: Int, onLostAfterStart: OnLostAfterStart) {
    self.attempts = attempts
    self.onLostAfterStart = onLostAfterStart
  }
}

extension Limits {
  init(_ part: Part) throws(ShapeError) {
    self.init(
      run: try part.duration("runMs"), killGrace: try part.duration("killGraceMs"),
      stdoutBytes: try part.count("stdoutBytes"), stderrBytes: try part.count("stderrBytes"),
      resources: Resources(
        memoryBytes: try part.countIfThere("memoryBytes"),
        processes: try part.countIfThere("processes"),
        openFiles: try part.countIfThere("openFiles"),
        fileSizeBytes: try part.countIfThere("fileSizeBytes"),
        cpu: try part.countIfThere("cpuMs").map { .milliseconds($0) }))
  }
}

extension DeliveryPolicy {
  init(_ part: Part) throws(ShapeError) {
    self.init(
      whenOffline: try part.word("whenOffline"), expiresAfter: try part.duration("expiresAfterMs"),
      ackWithin: try part.duration("ackWithinMs"), attempts: try part.count("attempts"),
      runtime: part.json["runtime"] == nil ? .service : try part.word("runtime"))
  }
}

extension RecoveryPolicy {
  init(_ part: Part) throws(ShapeError) {
    self.init(
      attempts: try part.count("attempts"), onLostAfterStart: try part.word("onLostAfterStart"))
  }
}
