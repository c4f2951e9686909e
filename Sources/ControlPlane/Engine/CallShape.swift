package import JSON
package import Model

/// What the policy of a client, and whoever asked, made of a call beyond the tool's own rules. Fixed
/// when the call is accepted.
package struct CallShape: Sendable, Hashable {
  /// Of the calls that wait for one endpoint, those of a higher priority go first.
  package var priority = 0
  /// It is not offered while the runtime has so many calls, or more.
  package var concurrency: Int?
  /// It is not offered while the bridge is lagging or flapping.
  package var holdsWhenDegraded = false
  package var policy: PolicyStamp?
  /// Whoever made it wants to be told of its end.
  package var notify = false
  /// Where the tool may run.
  package var placement = Placement.service
  /// The one runtime that was asked for, of those where the tool may run.
  package var runtime: RuntimeName?

  package static let priorities = -9...9

  package init() {}

  /// What there is to keep; nil if the tool's rules stand alone.
  package var json: JSON? {
    guard self != CallShape() else { return nil }
    var object = JSONObject([("priority", .int(priority))])
    if let concurrency { object.append("concurrency", .int(concurrency)) }
    if holdsWhenDegraded { object.append("whenDegraded", "hold") }
    if notify { object.append("notify", true) }
    if placement != .service { object.append("placement", .string(placement.rawValue)) }
    if let runtime { object.append("runtime", .string(runtime.text)) }
    if let policy {
      object.append(
        "policy",
        [
          "group": .string(policy.group), "version": .int(policy.version),
          "digest": .string(policy.digest),
        ])
    }
    return .object(object)
  }

  package init(_ json: JSON) {
    priority = json["priority"]?.int ?? 0
    concurrency = json["concurrency"]?.int
    holdsWhenDegraded = json["whenDegraded"] == "hold"
    notify = json["notify"] == true
    placement = json["placement"]?.string.flatMap(Placement.init) ?? .service
    runtime = json["runtime"]?.string.flatMap { RuntimeName($0) }
    if let stamp = json["policy"], let group = stamp["group"]?.string {
      policy = PolicyStamp(
        group: group, version: stamp["version"]?.int ?? 0,
        digest: stamp["digest"]?.string ?? "")
    }
  }
}

/// Which policy shaped a call.
package struct PolicyStamp: Sendable, Hashable {
  package let group: String
  package let version: Int
  /// Of the policy's text.
  package let digest: String

  package init(group: String, version: Int, digest: String) {
    self.group = group
    self.version = version
    self.digest = digest
  }
}

/// The place of a call in a batch.
package struct BatchPlace: Sendable, Hashable {
  package let batch: BatchID
  /// From 1.
  package let position: Int
  /// The step that has to succeed before this one may go.
  package let after: CallID?

  package init(batch: BatchID, position: Int, after: CallID?) {
    self.batch = batch
    self.position = position
    self.after = after
  }
}

/// Many calls that were asked for as one.
package struct CallBatch: Sendable, Hashable {
  package let id: BatchID
  package let name: String?
  package let by: String
  package let acceptedAt: Instant
  /// One after the other, each only if the one before succeeded.
  package let isOrdered: Bool
  /// What was not accepted: `{endpoint, tool, code, message}`.
  package let refused: [JSON]
  /// Of the request, to tell another one with the same key.
  package let requestDigest: String

  package init(
    id: BatchID, name: String?, by: String, acceptedAt: Instant, isOrdered: Bool, refused: [JSON],
    requestDigest: String
  ) {
    self.id = id
    self.name = name
    self.by = by
    self.acceptedAt = acceptedAt
    self.isOrdered = isOrdered
    self.refused = refused
    self.requestDigest = requestDigest
  }
}

/// A validated request for a batch.
package struct BatchSubmission: Sendable {
  package var name: String?
  package var by: String
  package var isOrdered: Bool
  package var submissions: [Submission]
  package var refused: [JSON]
  package var idempotencyKey: String?
  package var requestDigest: String
  /// The batch that used the key before, as the store knows; or the call, if it was no batch.
  package var existing: (id: CallID, sameRequest: Bool)?

  package init(
    name: String?, by: String, isOrdered: Bool, submissions: [Submission], refused: [JSON],
    idempotencyKey: String?, requestDigest: String
  ) {
    self.name = name
    self.by = by
    self.isOrdered = isOrdered
    self.submissions = submissions
    self.refused = refused
    self.idempotencyKey = idempotencyKey
    self.requestDigest = requestDigest
  }
}
