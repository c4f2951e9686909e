/// Where the handing over of a call stands. One of the three axes of a call.
package enum Delivery: String, Sendable, CaseIterable {
  /// Waits for an approval or a schedule.
  case held
  /// Waits for a runtime to take it.
  case queued
  /// Sent to a runtime, which has not answered yet.
  case offered
  /// The runtime's journal has it on disk.
  case acknowledged
  /// Cancelled before a runtime had it.
  case withdrawn
  /// Its deadline passed before release.
  case expired
  /// Every attempt ended without acknowledgement.
  case undeliverable
}

/// What is known of the process. One of the three axes of a call.
package enum Execution: String, Sendable, CaseIterable {
  case notStarted
  /// The runtime's journal allows the process to begin.
  case released
  case started
  case ended
  /// It was released, and the evidence of how it went on is gone.
  case lost
}

/// What has arrived of the output. One of the three axes of a call.
package enum Output: String, Sendable, CaseIterable {
  case none
  case partial
  case complete
  /// Complete, with 0 bytes on standard output.
  case empty
}

/// Whether the output kept the tool's promise.
package enum Validity: String, Sendable, CaseIterable {
  case unchecked
  case valid
  case malformed
}

/// The one terminal classification of a call. Written once.
package enum Outcome: String, Sendable, CaseIterable {
  case succeeded
  /// It ran and printed nothing.
  case succeededEmpty
  case failed
  /// It ran, but the output breaks the parse mode or the result schema.
  case malformed
  case timedOut
  case cancelled
  /// It began and did not finish.
  case interrupted
  /// The runtime refused it; it did not run.
  case rejected
  case denied
  case expired
  case undeliverable
  /// Whether it ran is not known, because the evidence is gone.
  case unknown
}
