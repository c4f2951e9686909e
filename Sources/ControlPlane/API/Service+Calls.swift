import Catalog
import ControlPlane
import Engine
import JSON
import Model
import Platform
import Sockets
import Store

// Looking at calls. Called on the loop's thread.

extension Service {
  /// What open calls wait for, in words; then `body`, on the reading thread.
  private func withWaits(
    of calls: [CallID], _ body: @escaping @Sendable (Reader, [CallID: String]) -> Void
  ) {
    plane.inspect { [self] engine, now in
      var texts: [CallID: String] = [:]
      for id in calls {
        if let call = engine.calls[id] { texts[id] = Words.wait(of: call, in: engine, at: now) }
      }
      let found = texts
      read { body($0, found) }
    }
  }

  /// The call as it stands, with 200 if it has its outcome and `openStatus` if not.
  func reply(to request: RequestID, withCall id: CallID, openStatus: Int = 200) {
    withWaits(of: [id]) { [self] reader, waits in
      do {
        guard let call = try reader.call(id) else { throw APIError.noSuchCall(id.text) }
        reply(
          to: request, status: call.outcome == nil ? openStatus : 200,
          ["call": call.json(waitsFor: waits[id])])
      } catch {
        reply(to: request, withFailure: error)
      }
    }
  }

  /// What is said of a call that has its outcome, and so waits for nothing.
  static func document(of id: CallID, _ reader: Reader) -> Result<JSON, any Error> {
    Result {
      guard let call = try reader.call(id) else { throw APIError.noSuchCall(id.text) }
      return document(of: call)
    }
  }

  static func document(of call: StoredCall) -> JSON { ["call": call.json(waitsFor: nil)] }

  func showCall(_ id: CallID, _ request: HTTPRequest) throws(APIError) {
    let wait = try waitMilliseconds(request)
    guard wait > 0 else { return reply(to: request.id, withCall: id) }
    follow(id, openStatus: 200, wait, request.id)
  }

  func waitMilliseconds(_ request: HTTPRequest) throws(APIError) -> Int {
    try number(
      "waitMs", request, in: 0...settings.limits.waitMilliseconds, otherwise: 0)
  }

  /// Replies once the call has its outcome or the time is up.
  func follow(_ id: CallID, openStatus: Int, _ milliseconds: Int, _ request: RequestID) {
    whenWatchable(id, request) { [self] in
      OutcomeWaiter(request, id, openStatus: openStatus, self)
        .begin(waitMilliseconds: milliseconds, isExpected: false)
    }
  }

  /// The same for a call that was accepted.
  /// - Parameter isNew: just now, and the watchers expect it.
  func followAccepted(_ id: CallID, _ milliseconds: Int, _ request: RequestID, isNew: Bool) {
    guard hasRoomToWatch(request) else { return watchers.forget(id) }
    OutcomeWaiter(request, id, openStatus: 202, self)
      .begin(waitMilliseconds: milliseconds, isExpected: isNew)
  }

  private func hasRoomToWatch(_ request: RequestID) -> Bool {
    if watchers.count < settings.limits.watchers { return true }
    reply(
      to: request,
      with: APIError(
        429, "limit.watchers",
        "\(settings.limits.watchers) requests follow calls already, the limit",
        remedy: "ask again later, without waiting"))
    return false
  }

  /// Checks that the call is there and that there is room for one more follower.
  private func whenWatchable(
    _ id: CallID, _ request: RequestID, _ begin: @escaping @Sendable () -> Void
  ) {
    guard hasRoomToWatch(request) else { return }
    read { [self] reader in
      do {
        guard try reader.standing(of: id) != nil else { throw APIError.noSuchCall(id.text) }
        loop.post { begin() }
      } catch {
        reply(to: request, withFailure: error)
      }
    }
  }

  func listCalls(_ request: HTTPRequest) throws(APIError) {
    var filter = CallFilter()
    filter.endpoint = request.query("endpoint")
    filter.tool = request.query("tool")
    filter.before = request.query("before").map { CallID($0) }
    filter.limit = try number(
      "limit", request, in: 1...settings.limits.callsPerPage, otherwise: 50)
    if let text = request.query("outcome") {
      guard let outcome = Outcome(rawValue: text) else {
        throw .query(
          "outcome", "one of " + Outcome.allCases.map(\.rawValue).joined(separator: ", "))
      }
      filter.outcome = outcome
    }
    filter.session = request.query("session").map { SessionID($0) }
    filter.openOnly = try flag("open", request)
    sendPage(filter, request.id)
  }

  private func sendPage(_ filter: CallFilter, _ request: RequestID) {
    read { [self] reader in
      do {
        let page = try reader.calls(filter)
        let open = page.calls.filter { $0.outcome == nil }.map(\.id)
        guard !open.isEmpty else { return reply(to: request, page.json([:])) }
        withWaits(of: open) { _, waits in self.reply(to: request, page.json(waits)) }
      } catch {
        reply(to: request, withFailure: error)
      }
    }
  }

  func listTransitions(of id: CallID, _ request: HTTPRequest) throws(APIError) {
    let after = try number("after", request, in: 0...Int.max, otherwise: 0)
    replyReading(to: request.id) { reader in
      guard try reader.standing(of: id) != nil else { throw APIError.noSuchCall(id.text) }
      let all = try reader.transitions(of: id, after: after)
      return ["transitions": .array(all.map { .object(JSONObject($0.members)) })]
    }
  }

  func sendTranscript(of id: CallID, _ request: HTTPRequest) throws(APIError) {
    let after = try number("after", request, in: 0...Int.max, otherwise: 0)
    let request = request.id
    withWaits(of: [id]) { [self] reader, waits in
      do {
        guard let call = try reader.call(id) else { throw APIError.noSuchCall(id.text) }
        let rows = try reader.transitions(of: id, after: after)
        reply(
          to: request,
          [
            "call": call.json(waitsFor: waits[id]),
            "events": .array(rows.map { TranscriptEvent($0, of: call).json }),
          ])
      } catch {
        reply(to: request, withFailure: error)
      }
    }
  }

  func sendEvents(of id: CallID, _ request: HTTPRequest) throws(APIError) {
    let cursor = EventCursor(
      transition: try number("after", request, in: 0...Int.max, otherwise: 0),
      stdout: try number("stdout", request, in: 0...Int.max, otherwise: 0),
      stderr: try number("stderr", request, in: 0...Int.max, otherwise: 0))
    let request = request.id
    whenWatchable(id, request) { [self] in EventFeed(request, id, after: cursor, self).begin() }
  }

  func sendOutput(of id: CallID, _ request: HTTPRequest) throws(APIError) {
    guard let stream = OutputStream(rawValue: request.query("stream") ?? "stdout") else {
      throw .query("stream", "stdout or stderr")
    }
    let offset = try number("offset", request, in: 0...Int.max, otherwise: 0)
    let request = request.id
    read { [self] reader in
      do {
        guard let call = try reader.call(id) else { throw APIError.noSuchCall(id.text) }
        let total = stream == .stdout ? call.stdoutBytes : call.stderrBytes
        loop.post {
          OutputFeed(request, id, stream, from: offset, total: total, self).begin()
        }
      } catch {
        reply(to: request, withFailure: error)
      }
    }
  }
}

extension CallPage {
  func json(_ waits: [CallID: String]) -> JSON {
    [
      "calls": .array(calls.map { $0.json(waitsFor: waits[$0.id]) }),
      "next": (next?.text).json,
    ]
  }
}
