import Catalog
import ControlPlane
import Engine
import JSON
import Model
import Sockets
import Store
import Tools

// Doing an ended call again, as a new call with the same definition, arguments and endpoint.

extension Service {
  /// - Parameter anywhere: a requeue, in any runtime where the tool may run; else in the same one.
  func retry(_ id: CallID, anywhere: Bool, _ request: HTTPRequest) throws(APIError) {
    let wait = try waitMilliseconds(request)
    let body = try RequestBody(request.body, isOptional: true)
    try body.refuseUnknown(["by", "approvedBy", "mayRunTwice"])
    let by = try body.text("by", maxBytes: RequestBody.nameBytes) ?? "api"
    let approver = try body.text("approvedBy", maxBytes: RequestBody.nameBytes)
    let mayRunTwice = try body.flag("mayRunTwice") ?? false
    let request = request.id
    read { [self] reader in
      do {
        guard let call = try reader.call(id) else { throw APIError.noSuchCall(id.text) }
        let tool = try retried(call, mayRunTwice)
        let requester = try tool.approved(by: approver, for: by)
        plane.submit { [self] engine, now in
          do throws(APIError) {
            return try again(call, tool, anywhere: anywhere, requester, engine, now)
          } catch {
            reply(to: request, with: error)
            return nil
          }
        } answer: { [self] in
          answer($0, wait, request, isNew: false)
        }
      } catch {
        reply(to: request, withFailure: error)
      }
    }
  }

  /// The tool of a call that may be done again.
  private func retried(_ call: StoredCall, _ mayRunTwice: Bool) throws(APIError) -> Tool {
    guard let outcome = call.outcome else {
      throw APIError(
        409, "stillOpen", "the call has no outcome yet, so there is nothing to retry",
        remedy: "wait for it (\"signalbox calls wait \(call.id)\"), or cancel it")
    }
    guard let tool = toolbox.tool(digest: call.digest) else {
      throw APIError(
        409, "definitionGone", "the definition of \(call.tool) that it was made with is gone",
        remedy: "make a new call: \"signalbox call \(call.endpointName) \(call.tool) …\"")
    }
    guard !call.hadSecrets else {
      throw APIError(
        409, "secretsGone", "the call had secrets, which are not kept after its end",
        remedy: "make a new call with them:"
          + " \"signalbox call \(call.endpointName) \(call.tool) …\"")
    }
    guard call.ran.mayRepeat(isIdempotent: tool.effects.idempotent) || mayRunTwice else {
      let past = call.ran == .yes ? "ran" : "may have run"
      let effect =
        if tool.effects.readOnly {
          "it only reads"
        } else if tool.effects.destructive {
          "it is destructive, and what it did may be done a second time"
        } else {
          "what it did may be done a second time"
        }
      throw APIError(
        409, "mayRunTwice",
        "\(call.tool) \(past) already (\(outcome.rawValue): \(call.reason)), and is not idempotent:"
          + " \(effect)",
        remedy: "look at what it did (\"signalbox calls show \(call.id)\", \"signalbox calls output"
          + " \(call.id)\"); to run it all the same: --i-understand-it-may-run-twice, or"
          + " \"mayRunTwice\": true in the request")
    }
    return tool
  }

  /// One call is done again by one call: asked for twice, the second request gets the first's.
  private func again(
    _ call: StoredCall, _ tool: Tool, anywhere: Bool, _ by: String, _ engine: Engine,
    _ now: Instant
  ) throws(APIError) -> Submission {
    let runtime = anywhere ? nil : call.runtime
    let endpoint = try Self.endpoint(call.endpoint.text, for: tool, runtime, in: engine, at: now)
    var request = request(
      for: tool, call.arguments, shown: call.arguments, key: "retry-of-\(call.id)", by: by,
      to: endpoint, runtime, now)
    request.shape.notify = call.shape?["notify"] == true
    request.retryOf = call.id
    // What is done again for somebody who is at work there belongs to that work.
    request.session = call.session.flatMap { engine.openSessions[$0]?.id }
    return Submission(
      endpoint: endpoint.id, request: request, definition: toolbox.text(of: tool))
  }
}

extension StoredCall {
  /// Where it was offered last, or was to be.
  fileprivate var runtime: RuntimeName? {
    (attempts.last?.runtime ?? shape?["runtime"]?.string).flatMap { RuntimeName($0) }
  }
}
