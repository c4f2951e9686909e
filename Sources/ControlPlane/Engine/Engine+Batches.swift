import JSON
import Model

// Batches: many calls accepted as one, in one commit. The steps of an ordered batch are held until
// the one before has succeeded; if it does not, they are withdrawn.

extension Engine {
  mutating func submit(
    _ batch: BatchSubmission, _ ticket: Ticket, _ now: Instant, _ effects: inout [EngineEffect]
  ) {
    if let existing = batch.existing {
      effects.append(.answer(ticket, Self.answer(toRepeated: existing)))
      return
    }
    var refused = batch.refused
    var accepted: [Submission] = []
    var counts: [EndpointID: Int] = [:]
    var firstRefusal: EngineError?
    for submission in batch.submissions {
      let sameEndpoint = counts[submission.endpoint, default: 0]
      if let error = refusal(of: submission, beside: accepted.count, sameEndpoint: sameEndpoint) {
        firstRefusal = firstRefusal ?? error
        refused.append([
          "endpoint": .string(endpoints[submission.endpoint]?.name ?? submission.endpoint.text),
          "tool": .string(submission.request.tool), "code": .string(error.code),
          "message": .string(error.message),
        ])
      } else {
        counts[submission.endpoint, default: 0] += 1
        accepted.append(submission)
      }
    }
    if let firstRefusal, batch.isOrdered || accepted.isEmpty {
      effects.append(.answer(ticket, .failure(firstRefusal)))
      return
    }
    let id: BatchID = identifiers.next(at: now, random: random.next())
    effects.append(
      .insertBatch(
        CallBatch(
          id: id, name: batch.name, by: batch.by, acceptedAt: now, isOrdered: batch.isOrdered,
          refused: refused, requestDigest: batch.requestDigest)))
    // The key of a batch is that of its first call.
    if !accepted.isEmpty { accepted[0].request.idempotencyKey = batch.idempotencyKey }
    var before: CallID?
    for (index, submission) in accepted.enumerated() {
      var submission = submission
      submission.request.batch = BatchPlace(
        batch: id, position: index + 1, after: batch.isOrdered ? before : nil)
      before = accept(submission, now, &effects)
    }
    for endpoint in Set(accepted.map(\.endpoint)).sorted() {
      offerWaiting(of: endpoint, now, &effects)
    }
    effects.append(.answer(ticket, .success(CallID(id.text))))
  }

  /// Lets the steps that waited for calls that have ended go, or withdraws them. A queue, because a
  /// step that is withdrawn is itself waited for.
  mutating func followEnded(_ now: Instant, _ effects: inout [EngineEffect]) {
    while let ended = endedSteps.popLast() {
      guard let next = followers.removeValue(forKey: ended.call) else { continue }
      stepCall(
        next, .predecessorEnded(ended.call, ended.position, ended.outcome), now, &effects)
    }
  }
}
