package import Catalog
import ControlPlane
import Engine
package import JSON
import Model
import Platform
import Sockets
import Store
import Tools
import Wire

// Making and cancelling calls. Called on the loop's thread; nothing is answered before its commit.

extension Service {
  func submit(_ request: HTTPRequest) throws(APIError) {
    let wait = try waitMilliseconds(request)
    let body = try RequestBody(request.body)
    try body.refuseUnknown([
      "endpoint", "tool", "version", "arguments", "idempotencyKey", "expiresAfterMs", "by",
      "approvedBy", "priority", "notify", "session", "runtime",
    ])
    let order = try order(body)
    let submission: @Sendable (Engine, Instant) -> Submission? = { [self] engine, now in
      do throws(APIError) {
        let endpoint = try Self.endpoint(
          order.wanted.endpoint, for: order.tool, order.wanted.runtime, in: engine, at: now)
        return self.submission(order, to: endpoint, now)
      } catch {
        reply(to: request.id, with: error)
        return nil
      }
    }
    // One with a key may be an old one, and over.
    let isNew = order.wanted.idempotencyKey == nil
    plane.submit(submission) { self.answer($0, wait, request.id, isNew: isNew) }
  }

  /// A call as it was asked for, checked as far as that goes without an endpoint.
  struct Order: Sendable {
    let wanted: Wanted
    let tool: Tool
    let arguments: JSON
    let by: String
  }

  func order(_ body: RequestBody) throws(APIError) -> Order {
    let wanted = try Wanted(body, settings.limits)
    guard let tool = toolbox.tool(named: wanted.tool, version: wanted.version) else {
      throw .noSuchTool(wanted.tool, version: wanted.version)
    }
    try tool.refuseForeign(wanted.runtime)
    return Order(
      wanted: wanted, tool: tool, arguments: try Self.checked(wanted.arguments, for: tool),
      by: try tool.approved(by: wanted.approvedBy, for: wanted.by))
  }

  /// What the order is on an endpoint, by the tool's rules and by the policy of the endpoint's group.
  func submission(_ order: Order, to endpoint: Endpoint, _ now: Instant) -> Submission {
    let (wanted, tool) = (order.wanted, order.tool)
    var request = request(
      for: tool, order.arguments, shown: tool.masked(order.arguments), key: wanted.idempotencyKey,
      by: order.by, to: endpoint, wanted.runtime, expiresAfter: wanted.expiresAfter,
      priority: wanted.priority, now)
    request.shape.notify = wanted.notify
    request.session = wanted.session
    return Submission(
      endpoint: endpoint.id, request: request, definition: toolbox.text(of: tool))
  }

  /// - Parameters:
  ///   - runtime: what was asked for, as `expiresAfter` and `priority` are.
  func request(
    for tool: Tool, _ arguments: JSON, shown: JSON, key: String?, by: String,
    to endpoint: Endpoint, _ runtime: RuntimeName?, expiresAfter: Duration? = nil,
    priority: Int? = nil, _ now: Instant
  ) -> CallRequest {
    let book = policies.book
    let group = book.group(of: endpoint.name)
    var request = CallRequest(
      tool: tool.name, toolVersion: tool.version, digest: tool.digest, arguments: arguments,
      shownArguments: shown, idempotencyKey: key, by: by, acceptedAt: now,
      expiresAt: now + (expiresAfter ?? group?.expiresAfter ?? tool.delivery.expiresAfter),
      ackWithin: group?.ackWithin ?? tool.delivery.ackWithin,
      maxAttempts: group?.attempts ?? tool.delivery.attempts,
      idempotent: tool.effects.idempotent)
    request.shape = CallShape(tool, runtime, group, of: book, priority: priority)
    return request
  }

  func answer(
    _ result: Result<CallID, EngineError>, _ wait: Int, _ request: RequestID, isNew: Bool
  ) {
    switch result {
    case .success(let id) where wait > 0:
      if isNew { watchers.expect(id) }
      loop.post { self.followAccepted(id, wait, request, isNew: isNew) }
    case .success(let id): reply(to: request, withCall: id, openStatus: 202)
    case .failure(let error): reply(to: request, with: APIError(error))
    }
  }

  private static func checked(_ arguments: JSON, for tool: Tool) throws(APIError) -> JSON {
    switch tool.check(arguments: arguments) {
    case .valid(let filled): return filled
    case .invalid(let violations):
      var error = APIError(
        422, "invalidArguments",
        "\(tool.name) does not take these arguments: \(violations.count)"
          + " violation\(violations.count == 1 ? "" : "s")",
        remedy: "correct them; \"signalbox tools show \(tool.name)\" tells what it takes")
      error.violations = violations
      throw error
    }
  }

  /// - Parameter runtime: the one that was asked for.
  static func endpoint(
    _ name: String, for tool: Tool, _ runtime: RuntimeName?, in engine: Engine, at now: Instant
  ) throws(APIError) -> Endpoint {
    guard let endpoint = engine.endpoint(called: name) else {
      throw .noSuchEndpoint(name)
    }
    let reachability = engine.reachability(of: endpoint, at: now)
    if tool.delivery.whenOffline == .refuse, !reachability.isReachable {
      throw APIError(
        409, "endpointNotReachable",
        "\(tool.name) is not queued for an endpoint that is away, and \(endpoint.name) is:"
          + " \(Words.text(reachability))",
        remedy: "call again once it is reachable")
    }
    let runtimes = endpoint.runtime?.runtimes.map(\.name) ?? [.service]
    let fits = { (name: RuntimeName) in
      tool.delivery.runtime.allows(name) && runtime ?? name == name
    }
    if tool.delivery.whenOffline == .refuse, !runtimes.contains(where: fits) {
      throw APIError(
        409, "runtimeNotThere",
        "\(tool.name) is not queued for a runtime that is not there, and \(endpoint.name) has"
          + " \(runtimes.map(\.text).joined(separator: ", "))",
        remedy: "call again once somebody is logged in there")
    }
    return endpoint
  }

  func cancel(_ id: CallID, _ request: HTTPRequest) throws(APIError) {
    let body = try RequestBody(request.body, isOptional: true)
    try body.refuseUnknown(["by"])
    let by = try body.text("by", maxBytes: RequestBody.nameBytes) ?? "api"
    let request = request.id
    plane.cancel(id, by: by) { [self] result in
      switch result {
      case .success: reply(to: request, withCall: id)
      case .failure:
        replyReading(to: request) { reader in
          guard let standing = try reader.standing(of: id) else {
            throw APIError.noSuchCall(id.text)
          }
          throw APIError(
            409, "alreadyEnded", "the call has its outcome already: \(standing.outcome ?? "none")",
            remedy: "see \"signalbox calls show \(id)\"")
        }
      }
    }
  }
}

/// What a request for a call says.
struct Wanted: Sendable {
  let endpoint: String
  let tool: String
  let version: String?
  let arguments: JSON
  let idempotencyKey: String?
  let expiresAfter: Duration?
  let by: String
  let approvedBy: String?
  let priority: Int?
  /// Whether whoever makes it wants hooks to tell of its end.
  let notify: Bool
  let session: SessionID?
  let runtime: RuntimeName?

  init(_ body: RequestBody, _ limits: Service.Limits) throws(APIError) {
    endpoint = try body.required("endpoint")
    tool = try body.required("tool")
    version = try body.text("version", maxBytes: RequestBody.nameBytes)
    arguments = body.json["arguments"] ?? [:]
    idempotencyKey = try body.text("idempotencyKey", maxBytes: RequestBody.nameBytes)
    by = try body.text("by", maxBytes: RequestBody.nameBytes) ?? "api"
    approvedBy = try body.text("approvedBy", maxBytes: RequestBody.nameBytes)
    expiresAfter = try body.duration("expiresAfterMs", max: .seconds(366 * 86_400))
    priority = try body.integer("priority", in: CallShape.priorities)
    notify = try body.flag("notify") ?? false
    session = try body.text("session", maxBytes: RequestBody.nameBytes).map { SessionID($0) }
    runtime = try body.runtime("runtime")
    let count = arguments.bytes.count
    guard count <= limits.argumentsBytes else {
      throw APIError(
        413, "limit.arguments",
        "the arguments take \(count) bytes, and the limit is \(limits.argumentsBytes)",
        remedy: "send less: large inputs belong into a file that the tool reads")
    }
  }
}

extension CallShape {
  /// - Parameters:
  ///   - runtime: what was asked for.
  ///   - priority: what was asked for; else the group's.
  init(
    _ tool: Tool, _ runtime: RuntimeName?, _ group: PolicyBook.Group?, of book: PolicyBook,
    priority: Int?
  ) {
    self.init()
    placement = tool.delivery.runtime
    // Such a tool has one runtime only.
    self.runtime = placement == .service ? nil : runtime
    self.priority = priority ?? group?.priority ?? 0
    guard let group else { return }
    concurrency = group.concurrency
    holdsWhenDegraded = group.whenDegraded == .hold
    policy = PolicyStamp(group: group.name, version: book.version, digest: book.digest)
  }
}

extension Tool {
  /// Its author says where it may run.
  func refuseForeign(_ runtime: RuntimeName?) throws(APIError) {
    guard let runtime, !delivery.runtime.allows(runtime) else { return }
    throw APIError(
      422, "runtimeNotAllowed",
      "\(name) does not run in \(runtime): its definition says"
        + " \"delivery: {runtime: \(delivery.runtime.rawValue)}\"",
      remedy: "choose another runtime, or have the tool's author allow it")
  }

  /// - Returns: by whom a call is, with whoever approved it.
  func approved(by approver: String?, for requester: String) throws(APIError) -> String {
    switch approval {
    case .none: return requester
    case .operator:
      guard let approver else {
        throw APIError(
          403, "approvalRequired", "\(name) needs an operator's approval",
          remedy: "approve it: \"--approve\" on the command line, or \"approvedBy\" in the request")
      }
      return "\(requester), approved by \(approver)"
    case .twoPerson, .user:
      throw APIError(
        403, "approvalUnsupported",
        "\(name) needs the approval \(approval.rawValue), which this version cannot ask for",
        remedy: "use a tool whose approval is none or operator")
    }
  }

  /// The arguments with every secret replaced.
  package func masked(_ arguments: JSON) -> JSON {
    redact.reduce(arguments) { $0.masking($1.tokens[...]) }
  }
}

extension JSON {
  fileprivate func masking(_ place: ArraySlice<String>) -> JSON {
    guard let token = place.first else { return "(redacted)" }
    switch self {
    case .object(var object):
      if let member = object[token] { object[token] = member.masking(place.dropFirst()) }
      return .object(object)
    case .array(var elements):
      if let index = Int(token), elements.indices.contains(index) {
        elements[index] = elements[index].masking(place.dropFirst())
      }
      return .array(elements)
    case .null, .bool, .number, .string: return self
    }
  }
}

extension APIError {
  init(_ error: EngineError) {
    let status =
      switch error.code {
      case "noSuchEndpoint": 404
      case "idempotencyKeyReused": 409
      default: error.code.hasPrefix("limit.") ? 429 : 409
      }
    // The engine's messages end with the next step.
    let parts = error.message.split(separator: ";", maxSplits: 1)
    self.init(
      status, error.code, String(parts.first ?? ""),
      remedy: parts.count > 1 ? String(parts[1].drop { $0 == " " }) : "")
  }
}
