import Catalog
import ControlPlane
import Digest
import Engine
import JSON
import Model
import Sockets
import Store

// Many calls as one. Called on the loop's thread.

extension Service {
  func submitBatch(_ request: HTTPRequest) throws(APIError) {
    let body = try RequestBody(request.body, maxDepth: RequestBody.maxBatchDepth)
    try body.refuseUnknown(
      ["name", "ordered", "idempotencyKey", "calls"] + BatchOrder.shared)
    let batch = try BatchOrder(body, self)
    let make: @Sendable (Engine, Instant) -> BatchSubmission? = { [self] engine, now in
      do throws(APIError) {
        return try submission(batch, in: engine, at: now)
      } catch {
        reply(to: request.id, with: error)
        return nil
      }
    }
    plane.submitBatch(make) { [self] result in
      switch result {
      case .success(let id): reply(to: request.id, withBatch: BatchID(id.text), status: 202)
      case .failure(let error): reply(to: request.id, with: APIError(error))
      }
    }
  }

  private func submission(
    _ batch: BatchOrder, in engine: Engine, at now: Instant
  ) throws(APIError) -> BatchSubmission {
    var submissions: [Submission] = []
    var refused: [JSON] = []
    let book = policies.book
    for item in batch.items {
      for name in try endpoints(of: item.target, in: engine, book) {
        do throws(APIError) {
          let endpoint = try Self.endpoint(
            name, for: item.order.tool, item.order.wanted.runtime, in: engine, at: now)
          submissions.append(submission(item.order, to: endpoint, now))
        } catch {
          if batch.isOrdered { throw error }
          refused.append([
            "endpoint": .string(name), "tool": .string(item.order.tool.name),
            "code": .string(error.code), "message": .string(error.message),
          ])
        }
        guard submissions.count <= settings.limits.batchCalls else {
          throw APIError(
            413, "limit.batchCalls",
            "the batch has more than \(settings.limits.batchCalls) calls, the limit",
            remedy: "make several batches")
        }
      }
    }
    guard !submissions.isEmpty else {
      let first = refused.first
      throw APIError(
        409, first?["code"]?.string ?? "emptyBatch",
        first?["message"]?.string ?? "there is no endpoint that the batch could run on",
        remedy: "see \"signalbox endpoints\" and \"signalbox policy show\"")
    }
    return BatchSubmission(
      name: batch.name, by: batch.by, isOrdered: batch.isOrdered, submissions: submissions,
      refused: refused, idempotencyKey: batch.key, requestDigest: batch.digest)
  }

  private func endpoints(
    of target: BatchOrder.Target, in engine: Engine, _ book: PolicyBook
  ) throws(APIError) -> [String] {
    switch target {
    case .endpoint(let name): return [name]
    case .group(let name):
      guard let group = book.group(named: name) else {
        throw APIError(
          404, "noSuchGroup", "there is no group \(name)",
          remedy: "see \"signalbox policy show\"; groups come from \"signalbox serve --policy\"")
      }
      return engine.endpoints.values.map(\.name).filter { group.holds($0) }.sorted()
    }
  }

  // MARK: Looking at batches

  func showBatch(_ id: BatchID, _ request: HTTPRequest) throws(APIError) {
    let after = try number("after", request, in: 0...Int.max, otherwise: 0)
    let page = settings.limits.callsPerPage
    let limit = try number("limit", request, in: 0...page, otherwise: page)
    reply(to: request.id, withBatch: id, after: after, limit: limit)
  }

  func listBatches(_ request: HTTPRequest) throws(APIError) {
    let limit = try number(
      "limit", request, in: 1...settings.limits.callsPerPage, otherwise: 50)
    replyReading(to: request.id) { reader in
      ["batches": .array(try reader.batches(limit: limit).map(\.json))]
    }
  }

  private func reply(
    to request: RequestID, withBatch id: BatchID, after: Int = 0, limit: Int? = nil,
    status: Int = 200
  ) {
    read { [self] reader in
      do {
        guard let batch = try reader.batch(id) else { throw APIError.noSuchBatch(id.text) }
        let page = limit ?? settings.limits.callsPerPage
        let calls = page > 0 ? try reader.calls(of: id, after: after, limit: page) : []
        let next = calls.count == page ? calls.last?.position : nil
        reply(
          to: request, status: status,
          [
            "batch": batch.json, "calls": .array(calls.map { $0.call.json(waitsFor: nil) }),
            "next": next.map(JSON.int) ?? .null,
          ])
      } catch {
        reply(to: request, withFailure: error)
      }
    }
  }

  /// Asks for the end of all calls of a batch that are open.
  func cancelBatch(_ id: BatchID, _ request: HTTPRequest) throws(APIError) {
    let body = try RequestBody(request.body, isOptional: true)
    try body.refuseUnknown(["by"])
    let by = try body.text("by", maxBytes: RequestBody.nameBytes) ?? "api"
    let request = request.id
    read { [self] reader in
      do {
        guard try reader.batch(id) != nil else { throw APIError.noSuchBatch(id.text) }
        // One that has ended meanwhile keeps its outcome.
        for call in try reader.openCalls(of: id) { plane.cancel(call, by: by) { _ in } }
        plane.inspect { _, _ in self.reply(to: request, withBatch: id) }
      } catch {
        reply(to: request, withFailure: error)
      }
    }
  }
}

/// What a request for a batch says.
private struct BatchOrder: Sendable {
  enum Target: Sendable, Hashable {
    case endpoint(String)
    case group(String)
  }

  struct Item: Sendable {
    let target: Target
    let order: Service.Order
  }

  /// Members that hold for each of the calls.
  static let shared = [
    "by", "approvedBy", "expiresAfterMs", "priority", "notify", "session", "runtime",
  ]

  let name: String?
  let by: String
  let key: String?
  let digest: String
  let isOrdered: Bool
  let items: [Item]

  init(_ body: RequestBody, _ service: Service) throws(APIError) {
    name = try body.text("name", maxBytes: RequestBody.nameBytes)
    by = try body.text("by", maxBytes: RequestBody.nameBytes) ?? "api"
    key = try body.text("idempotencyKey", maxBytes: RequestBody.nameBytes)
    isOrdered = try body.flag("ordered") ?? false
    digest = Hex.text(SHA256.digest(of: body.json.canonical))
    guard let calls = body.json["calls"]?.array, !calls.isEmpty else {
      throw APIError(
        400, "invalidBody", "the member calls of the body has to be a list of calls",
        remedy: "write {endpoint or group, tool, arguments} for each")
    }
    let most = isOrdered ? service.settings.limits.batchSteps : service.settings.limits.batchCalls
    guard calls.count <= most else {
      throw APIError(
        413, isOrdered ? "limit.batchSteps" : "limit.batchCalls",
        "the batch has \(calls.count) \(isOrdered ? "steps" : "calls"), and the limit is \(most)",
        remedy: "make several batches")
    }
    var items: [Item] = []
    for (index, call) in calls.enumerated() {
      do throws(APIError) {
        items.append(try Self.item(call, body, service))
      } catch {
        var placed = APIError(
          error.status, error.code, "call \(index + 1) of the batch: \(error.message)",
          remedy: error.remedy)
        placed.violations = error.violations
        throw placed
      }
    }
    self.items = items
    if isOrdered, Set(items.map(\.target)).count > 1 || items.contains(where: \.isForGroup) {
      throw APIError(
        400, "invalidBody", "the steps of an ordered batch are for one endpoint",
        remedy: "name the same endpoint in each, and no group")
    }
  }

  private static func item(
    _ call: JSON, _ body: RequestBody, _ service: Service
  ) throws(APIError) -> Item {
    guard case .object(var object) = call else {
      throw APIError(
        400, "invalidBody", "it is \(call.typeName), not an object",
        remedy: "write {endpoint or group, tool, arguments} for each")
    }
    try RequestBody(call).refuseUnknown(["endpoint", "group", "tool", "version", "arguments"])
    let group = try RequestBody(call).text("group", maxBytes: RequestBody.nameBytes)
    guard (group == nil) != (object["endpoint"] == nil) else {
      throw APIError(
        400, "invalidBody", "it has to name an endpoint or a group, and not both",
        remedy: "write one of the two")
    }
    object["group"] = nil
    // The order is one for all endpoints of a group.
    if let group { object.append("endpoint", .string(group)) }
    for member in shared {
      if let value = body.json[member] { object.append(member, value) }
    }
    let order = try service.order(RequestBody(.object(object)))
    return Item(target: group.map { .group($0) } ?? .endpoint(order.wanted.endpoint), order: order)
  }
}

extension BatchOrder.Item {
  fileprivate var isForGroup: Bool {
    if case .group = target { true } else { false }
  }
}

extension StoredBatch {
  var json: JSON {
    [
      "id": .string(id.text), "name": name.json, "by": .string(by), "acceptedAtUs": acceptedAt.json,
      "ordered": .bool(isOrdered), "refused": refused,
      "counts": .object(
        JSONObject(counts.sorted { $0.key < $1.key }.map { ($0.key, JSON.int($0.value)) })),
    ]
  }
}

extension APIError {
  fileprivate static func noSuchBatch(_ id: String) -> APIError {
    APIError(404, "noSuchBatch", "there is no batch \(id)", remedy: "see \"signalbox batches\"")
  }
}
