import Catalog
import Engine
import JSON
import Model
import Platform
import Sockets
import Store

// Which address means what. Called on the loop's thread.

extension Service {
  func handle(_ request: HTTPRequest) {
    do throws(APIError) {
      guard isAuthorised(request) else { throw .unauthorised }
      guard request.body.count <= settings.limits.bodyBytes else {
        throw APIError(
          413, "limit.body",
          "the body has \(request.body.count) bytes, and the limit is \(settings.limits.bodyBytes)",
          remedy: "send less: large inputs belong into a file that the tool reads")
      }
      let path = request.path.split(separator: "/", omittingEmptySubsequences: false).map(
        String.init)
      guard path.count >= 3, path[0].isEmpty, path[1] == "v1" else { throw unknownPath(request) }
      try route(request, Array(path.dropFirst(2)))
    } catch {
      reply(to: request.id, with: error)
    }
  }

  private func route(_ request: HTTPRequest, _ path: [String]) throws(APIError) {
    switch (path[0], path.count) {
    case ("status", 1):
      try only("GET", request)
      showStatus(request.id)
    case ("endpoints", 1):
      try only("GET", request)
      listEndpoints(request.id)
    case ("endpoints", 2):
      if request.method == "GET" { return showEndpoint(named: path[1], request.id) }
      try only("DELETE", request, or: "GET")
      removeEndpoint(named: path[1], request.id)
    case ("policy", 1):
      try only("GET", request)
      showPolicy(request.id)
    case ("notifications", 1):
      try only("GET", request)
      try listNotifications(request)
    case ("notifications", 2):
      try only("GET", request)
      showNotification(path[1], request.id)
    case ("notifications", 3) where path[2] == "retry":
      try only("POST", request)
      try retryNotification(path[1], request)
    case ("batches", 1):
      if request.method == "POST" { return try submitBatch(request) }
      try only("GET", request, or: "POST")
      try listBatches(request)
    case ("batches", 2):
      try only("GET", request)
      try showBatch(BatchID(path[1]), request)
    case ("batches", 3) where path[2] == "cancel":
      try only("POST", request)
      try cancelBatch(BatchID(path[1]), request)
    case ("sessions", 1):
      if request.method == "POST" { return try openSession(request) }
      try only("GET", request, or: "POST")
      try listSessions(request)
    case ("sessions", 2):
      try only("GET", request)
      showSession(SessionID(path[1]), request.id)
    case ("sessions", 3) where path[2] == "close":
      try only("POST", request)
      try closeSession(SessionID(path[1]), request)
    case ("sessions", 3) where path[2] == "transcript":
      try only("GET", request)
      try sendTranscript(of: SessionID(path[1]), request)
    case ("tools", 1):
      try only("GET", request)
      listTools(request.id)
    case ("tools", 2):
      if request.method == "POST", path[1] == "reload" { return reloadTools(request.id) }
      try only("GET", request)
      try showTool(named: path[1], request)
    case ("calls", 1):
      if request.method == "POST" { return try submit(request) }
      try only("GET", request, or: "POST")
      try listCalls(request)
    case ("calls", 2):
      try only("GET", request)
      try showCall(CallID(path[1]), request)
    case ("calls", 3): try routeCall(CallID(path[1]), path[2], request)
    default: throw unknownPath(request)
    }
  }

  private func routeCall(
    _ call: CallID, _ part: String, _ request: HTTPRequest
  ) throws(APIError) {
    switch part {
    case "transitions":
      try only("GET", request)
      try listTransitions(of: call, request)
    case "transcript":
      try only("GET", request)
      try sendTranscript(of: call, request)
    case "output":
      try only("GET", request)
      try sendOutput(of: call, request)
    case "events":
      try only("GET", request)
      try sendEvents(of: call, request)
    case "cancel":
      try only("POST", request)
      try cancel(call, request)
    case "retry", "requeue":
      try only("POST", request)
      try retry(call, anywhere: part == "requeue", request)
    default: throw unknownPath(request)
    }
  }

  private func unknownPath(_ request: HTTPRequest) -> APIError {
    APIError(
      404, "noSuchPath", "there is nothing at \(request.path)",
      remedy: "docs/API.md lists what there is")
  }

  private func only(
    _ method: String, _ request: HTTPRequest, or other: String? = nil
  ) throws(APIError) {
    guard request.method != method else { return }
    let methods = [method, other].compactMap { $0 }.joined(separator: ", ")
    throw APIError(
      405, "methodNotAllowed", "\(request.path) takes \(methods), not \(request.method)",
      remedy: "use \(methods)")
  }

  // MARK: Query

  func number(
    _ name: String, _ request: HTTPRequest, in range: ClosedRange<Int>, otherwise: Int
  ) throws(APIError) -> Int {
    guard let text = request.query(name) else { return otherwise }
    guard let number = Int(text), range.contains(number) else {
      throw .query(name, "a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  func flag(_ name: String, _ request: HTTPRequest) throws(APIError) -> Bool {
    switch request.query(name) {
    case nil, "false": return false
    case "true": return true
    default: throw .query(name, "true or false")
    }
  }

  // MARK: Replies

  /// What the wall clock says here, for those who compare theirs with it; a `Date` has whole seconds.
  private static var clock: HTTPHeader { HTTPHeader("x-signalbox-time-us", "\(Clock.wall())") }

  func reply(to request: RequestID, status: Int = 200, _ body: JSON) {
    loop.respond(
      request, status: status,
      headers: [
        HTTPHeader("content-type", "application/json"), HTTPHeader("cache-control", "no-store"),
        Self.clock,
      ], body: body.bytes + [0x0A])
  }

  func reply(to request: RequestID, with error: APIError) {
    if error.status == 401 {
      return loop.respond(
        request, status: 401,
        headers: [
          HTTPHeader("content-type", "application/json"),
          HTTPHeader("www-authenticate", "Bearer realm=\"signalbox\""), Self.clock,
        ], body: error.json.bytes + [0x0A])
    }
    reply(to: request, status: error.status, error.json)
  }

  /// A read that failed says so; whoever asked may ask again.
  func reply(to request: RequestID, withFailure error: any Error) {
    if let error = error as? APIError { return reply(to: request, with: error) }
    reply(
      to: request,
      with: APIError(
        500, "storeUnreadable", "the store could not be read: \(error)",
        remedy: "look at the control plane's log and at its disk"))
  }

  /// Runs `body` on the reading thread and replies with what it returns.
  func replyReading(
    to request: RequestID, _ body: @escaping @Sendable (Reader) throws -> JSON
  ) {
    read { [self] reader in
      do { reply(to: request, try body(reader)) } catch { reply(to: request, withFailure: error) }
    }
  }
}
