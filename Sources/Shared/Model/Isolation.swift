package import JSON

/// What the processes of a call were held to, and what of it they met: a part of the execution
/// record.
package struct Isolation: Sendable, Hashable {
  /// A bound that held.
  package struct Limit: Sendable, Hashable {
    /// As a definition has it: `memory`, `processes`, `openFiles`, `fileSize`, `cpu`; or `core`.
    package var name: String
    /// Bytes, a number, or milliseconds.
    package var value: Int
    /// What keeps it: `memory.max`, `RLIMIT_NOFILE`.
    package var by: String

    package init(name: String, value: Int, by: String) {
      self.name = name
      self.value = value
      self.by = by
    }
  }

  /// A limit that was met.
  package struct Exceeded: Sendable, Hashable {
    package var limit: String
    /// How that is known.
    package var evidence: String

    package init(limit: String, evidence: String) {
      self.limit = limit
      self.evidence = evidence
    }
  }

  package var hasProcessGroup: Bool
  package var hasSubreaper: Bool
  package var hasNoNewPrivileges: Bool
  /// Why the call had no cgroup of its own; `nil` if it had one.
  package var lacksControlGroup: String?
  /// The user, where the tool names one.
  package var runAs: String?
  package var limits: [Limit]
  package var exceeded: [Exceeded]

  package init(
    hasProcessGroup: Bool, hasSubreaper: Bool, hasNoNewPrivileges: Bool,
    lacksControlGroup: String?, runAs: String? = nil, limits: [Limit] = [],
    exceeded: [Exceeded] = []
  ) {
    self.hasProcessGroup = hasProcessGroup
    self.hasSubreaper = hasSubreaper
    self.hasNoNewPrivileges = hasNoNewPrivileges
    self.lacksControlGroup = lacksControlGroup
    self.runAs = runAs
    self.limits = limits
    self.exceeded = exceeded
  }
}

extension Isolation {
  package var json: JSON {
    [
      "processGroup": .bool(hasProcessGroup), "subreaper": .bool(hasSubreaper),
      "noNewPrivileges": .bool(hasNoNewPrivileges),
      "cgroup": lacksControlGroup.map { .string("not available: \($0)") } ?? true,
      "runAs": runAs.map(JSON.string) ?? .null,
      "limits": .object(
        JSONObject(
          limits.map { ($0.name, ["value": .int($0.value), "by": .string($0.by)]) })),
      "exceeded": .array(
        exceeded.map { ["limit": .string($0.limit), "evidence": .string($0.evidence)] }),
    ]
  }

  static func ifTold(_ json: JSON?) throws(ShapeError) -> Isolation? {
    guard let json, json.object != nil else { return nil }
    return try Isolation(json)
  }

  package init(_ json: JSON) throws(ShapeError) {
    let prefix = "not available: "
    var limits: [Limit] = []
    for (name, limit) in json["limits"]?.object?.members ?? [] {
      limits.append(
        Limit(
          name: name, value: try limit.requiredCount("value"), by: try limit.requiredString("by")))
    }
    var exceeded: [Exceeded] = []
    for item in json["exceeded"]?.array ?? [] {
      exceeded.append(
        Exceeded(
          limit: try item.requiredString("limit"),
          evidence: try item.requiredString("evidence")))
    }
    var lacking: String? = "the executor does not tell"
    if json["cgroup"]?.bool == true { lacking = nil }
    if let text = json["cgroup"]?.string {
      lacking = text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text
    }
    self.init(
      hasProcessGroup: json["processGroup"]?.bool ?? false,
      hasSubreaper: json["subreaper"]?.bool ?? false,
      hasNoNewPrivileges: json["noNewPrivileges"]?.bool ?? false, lacksControlGroup: lacking,
      runAs: json["runAs"]?.string, limits: limits, exceeded: exceeded)
  }
}
