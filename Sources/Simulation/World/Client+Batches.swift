import ControlPlane
import Engine
import JSON
import Model

/// Technicians who ask for many calls at once.
extension Client {
  struct BatchWish {
    let number: Int
    let isOrdered: Bool
    let key: String?
    let steps: [Wish]
    var tries = 0
  }

  func beginBatch(_ number: Int, at time: Duration) {
    let isOrdered = dice.chance(0.7)
    let endpoint = "host-\(dice.int(0...(site.plan.hosts - 1)))"
    let steps = (0..<dice.int(2...5)).map { position in
      wish(number * 100 + position, endpoint: isOrdered ? endpoint : nil)
    }
    let batch = BatchWish(
      number: number, isOrdered: isOrdered, key: dice.chance(0.5) ? "batch-\(number)" : nil,
      steps: steps)
    world.after(time) { [weak self] in self?.submit(batch) }
    if batch.key != nil, site.plan.has(.sameKey) {
      let later = dice.chance(0.5) ? Duration.zero : dice.micro(0...5_000_000)
      world.after(time + later) { [weak self] in self?.submit(batch) }
    }
  }

  private func submit(_ batch: BatchWish) {
    guard batch.tries < Self.maxTries else { return }
    var next = batch
    next.tries += 1
    guard let control = site.control else {
      if batch.tries == 0 || batch.key != nil { again(next) }
      return
    }
    let wait = Answer()
    control.post(
      .submitBatch(
        { engine, now in
          let submission = Self.submission(batch, engine, now)
          if submission == nil { wait.hasCome = true }
          return submission
        },
        { [weak self] result in
          wait.isAnswered = true
          self?.answered(batch, result)
        }))
    world.after(.seconds(1)) { [weak self] in
      if !wait.isAnswered, wait.hasCome || batch.key != nil { self?.again(next) }
    }
  }

  private func again(_ batch: BatchWish) {
    if site.isHealing { return }
    world.after(dice.skewed(.milliseconds(500), .seconds(10))) { [weak self] in
      self?.submit(batch)
    }
  }

  private static func submission(
    _ batch: BatchWish, _ engine: Engine, _ now: Instant
  ) -> BatchSubmission? {
    let submissions = batch.steps.compactMap { step in
      engine.endpoint(named: step.endpoint).map { submission(step, $0.id, now) }
    }
    guard submissions.count == batch.steps.count else { return nil }
    return BatchSubmission(
      name: nil, by: "technician", isOrdered: batch.isOrdered, submissions: submissions,
      refused: [], idempotencyKey: batch.key, requestDigest: "batch \(batch.number)")
  }

  private func answered(_ batch: BatchWish, _ result: Result<CallID, EngineError>) {
    switch result {
    case .success(let answer):
      let id = BatchID(answer.text)
      world.note("batch \(id.text.suffix(6)) is accepted (wish \(batch.number))")
      site.checks.accepted(id, batch)
      guard dice.chance(site.plan.has(.cancelRace) ? 0.6 : 0.1) else { return }
      let isWhole = dice.chance(0.5)
      let step = dice.int(0...(batch.steps.count - 1))
      world.after(dice.skewed(.microseconds(50), .seconds(dice.pick([1, 60])))) { [weak self] in
        guard let self else { return }
        let calls = site.rows.calls(of: id)
        if isWhole { world.mark("cancel of a batch asked for") }
        for call in isWhole ? calls : calls.indices.contains(step) ? [calls[step]] : []
        where site.rows.calls[call]?.isOpen == true { cancel(call) }
      }
    case .failure(let error): site.checks.refused(error, at: batch.steps.first?.endpoint ?? "")
    }
  }
}
