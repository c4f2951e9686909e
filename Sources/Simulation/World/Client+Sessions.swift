import ControlPlane
import Engine
import Model

// Sessions: somebody is at work on an endpoint for a while, and some calls belong to that.

extension Client {
  /// In some seeds. They have choices of their own, so that the others stay what they were.
  func beginSessions(_ dice: inout Dice) {
    guard dice.chance(0.3) else { return }
    for number in 0..<dice.int(1...4) {
      let visit = Visit(
        host: "host-\(dice.int(0...(site.plan.hosts - 1)))",
        lasts: dice.skewed(.seconds(1), .seconds(300)), isClosed: dice.chance(0.6),
        wishes: (0..<dice.int(0...3)).map { position in
          wish(Self.firstOfSessions + number * 10 + position)
        })
      world.after(dice.skewed(.seconds(1), site.plan.active)) { [weak self] in self?.open(visit) }
    }
  }

  /// Wishes of sessions are numbered from here on.
  private static let firstOfSessions = 1_000

  private struct Visit {
    let host: String
    let lasts: Duration
    let isClosed: Bool
    let wishes: [Wish]
  }

  private func open(_ visit: Visit) {
    site.control?.post(
      .ask(
        { engine, _, ticket in
          engine.endpoint(named: visit.host).map {
            .openSession(SessionRequest(endpoint: $0.id, by: "technician", note: nil), ticket)
          }
        },
        { [weak self] result in
          if case .success(let id) = result { self?.opened(SessionID(id.text), visit) }
        }))
  }

  private func opened(_ id: SessionID, _ visit: Visit) {
    site.checks.opened(id)
    for (position, wish) in visit.wishes.enumerated() {
      let wait = visit.lasts * Double(position) / Double(visit.wishes.count)
      world.after(wait) { [weak self] in
        self?.submit(wish.within(id, at: visit.host))
      }
    }
    guard visit.isClosed else { return }
    world.after(visit.lasts) { [weak self] in
      self?.site.control?.post(.ask({ .closeSession(id, by: "technician", $2) }) { _ in })
    }
  }
}
