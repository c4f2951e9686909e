package import Engine
import JSON
import Model
package import Wire

extension StoredCall {
  /// A call as the store would show it, for whoever has it from the engine.
  package init(
    _ call: Call, endpointName: String, report: Report?, verdict: Verdict?
  ) {
    id = call.id
    endpoint = call.endpoint
    self.endpointName = endpointName
    tool = call.request.tool
    toolVersion = call.request.toolVersion
    digest = call.request.digest
    arguments = call.request.shownArguments
    idempotencyKey = call.request.idempotencyKey
    by = call.request.by
    acceptedAt = call.request.acceptedAt
    expiresAt = call.request.expiresAt
    delivery = call.delivery
    execution = call.execution
    output = call.output
    validity = call.validity
    outcome = call.outcome
    reason = call.reason
    remedy = call.remedy
    cancelledBy = call.cancelledBy
    startedAt = call.startedAt
    endedAt = call.endedAt
    transitions = call.transitions
    attempts = call.attempts.map {
      Attempt(
        number: $0.number, runtime: $0.runtime.text, offeredAt: $0.offeredAt,
        result: $0.result.rawValue, answeredAt: $0.answeredAt, refusal: $0.refusal?.text)
    }
    self.report = report?.json
    result = verdict.map { verdict in
      let bytes = verdict.result?.bytes.count
      return Result(
        meaning: verdict.meaning,
        value: bytes ?? 0 <= Result.shownBytesMax ? verdict.result : nil, valueBytes: bytes,
        violations: .array(verdict.violations))
    }
    hadSecrets = call.request.shownArguments != call.request.arguments
    retryOf = call.request.retryOf
    shape = call.request.shape.json
    session = call.request.session
    batch = call.request.batch.map { ($0.batch, $0.position) }
    stdoutBytes = call.stdoutBytes
    stderrBytes = call.stderrBytes
  }
}
