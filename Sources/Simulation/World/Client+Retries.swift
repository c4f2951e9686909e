import ControlPlane
import Engine
import Model
import Wire

/// Technicians who ask for an ended call once more, as the API lets them.
extension Client {
  /// Looks for the end of a call now and then, and then asks for it again.
  func askAgain(_ id: CallID, _ wish: Wish, looks: Int = 0) {
    guard looks < Self.maxLooks else { return }
    world.after(dice.skewed(.milliseconds(200), .seconds(30))) { [weak self] in
      guard let self, !site.isHealing else { return }
      guard site.rows.calls[id]?.outcome != nil else {
        return askAgain(id, wish, looks: looks + 1)
      }
      retry(id, wish)
      // Often twice: the second gets the first one's call.
      if dice.chance(0.3) { retry(id, wish) }
    }
  }

  private static let maxLooks = 8

  private func retry(_ id: CallID, _ wish: Wish) {
    guard let call = site.rows.calls[id], let control = site.control else { return }
    let mayRunTwice = dice.chance(0.3)
    let ran = Ran(
      call.outcome, call.delivery, call.execution,
      resolution: site.rows.resolved[id].map(\.word))
    guard ran.mayRepeat(isIdempotent: wish.isIdempotent) || mayRunTwice else {
      return world.mark("retry refused")
    }
    world.note("\(id.text.suffix(6)) is asked for again")
    var again = Wish(
      number: wish.number, endpoint: wish.endpoint, behaviour: wish.behaviour,
      key: "retry-of-\(id)", expiresAfter: wish.expiresAfter, ackWithin: wish.ackWithin,
      attempts: wish.attempts, isIdempotent: wish.isIdempotent, shape: wish.shape)
    again.retryOf = id
    let wanted = again
    site.checks.asksAgain(for: id, isIdempotent: wish.isIdempotent, mayRunTwice: mayRunTwice)
    control.post(
      .submit(
        { engine, now in
          engine.endpoint(named: wanted.endpoint).map { Self.submission(wanted, $0.id, now) }
        },
        { [weak self] result in
          guard let self else { return }
          switch result {
          case .success(let answer): site.checks.accepted(answer, wanted)
          case .failure(let error): site.checks.refused(error, at: wanted.endpoint)
          }
        }))
  }
}

extension Report {
  /// As in its JSON.
  var word: String {
    switch self {
    case .ended: "ended"
    case .interrupted: "interrupted"
    case .rejected: "rejected"
    case .cancelled: "cancelled"
    case .expired: "expired"
    case .lost: "lost"
    }
  }
}
