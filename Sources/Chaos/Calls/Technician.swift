import JSON
import Platform

/// A client that submits a stream of calls, and tries each again until it has an answer: the key
/// keeps it one call. It runs on a thread of its own, so that calls come in the middle of faults.
final class Technician: Sendable {
  struct Accepted: Sendable {
    let id: String
    let mark: String
    let tool: ChaosTool
  }

  private struct State {
    var target = 0
    var isOver = false
    var isDone = false
    var accepted: [Accepted] = []
    var wrongs: [String] = []
  }

  private let state = Locked(State())
  private let client: SiteClient
  private let ledger: String
  private let seed: UInt64

  init(_ site: Site, seed: UInt64) throws {
    client = try site.client()
    ledger = site.ledger
    self.seed = seed
    _ = try WorkerThread(name: "technician") { [self] in run() }
  }

  /// Some more calls.
  func ask(_ count: Int) { state.withLock { $0.target += count } }

  /// Submits what was asked for, and ends.
  func finish() { state.withLock { $0.isOver = true } }

  var isDone: Bool { state.withLock { $0.isDone } }
  var accepted: [Accepted] { state.withLock { $0.accepted } }
  var wrongs: [String] { state.withLock { $0.wrongs } }

  private func run() {
    var number = 0
    while true {
      let (target, isOver) = state.withLock { ($0.target, $0.isOver) }
      if number < target {
        var dice = Dice(state: seed &+ UInt64(number) &* 0x9E37_79B9)
        submit(number, &dice)
        number += 1
      } else if isOver {
        break
      } else {
        Clock.sleep(for: .milliseconds(2))
      }
    }
    state.withLock { $0.isDone = true }
  }

  private func submit(_ number: Int, _ dice: inout Dice) {
    let mark = "m\(number)"
    let tool = ChaosTool.drawn(&dice)
    let tenths = Int(dice.next() % 10)
    var body = JSONObject([
      ("endpoint", "web-01"), ("tool", .string(tool.name)), ("by", "chaos"),
      ("idempotencyKey", .string(mark)),
      (
        "arguments",
        ["mark": .string(mark), "file": .string(ledger), "tenths": .int(tenths)]
      ),
    ])
    if dice.percent(3) { body["expiresAfterMs"] = .int(Int(dice.next() % 2_000) + 100) }
    let isRepeated = dice.percent(10)
    let isCancelled = dice.percent(6)
    guard let id = answered(body, mark) else { return }
    if isRepeated, let again = answered(body, mark), again != id {
      wrong("\(mark) was submitted twice with one key and is two calls: \(id), \(again)")
    }
    state.withLock { $0.accepted.append(Accepted(id: id, mark: mark, tool: tool)) }
    if isCancelled {
      Clock.sleep(for: .milliseconds(dice.next() % 20))
      // It may have ended already, or nobody may be there to hear it.
      _ = try? client.perform(
        "POST", "/v1/calls/\(id)/cancel", ["by": "chaos"], timeout: .seconds(1))
    }
  }

  private func answered(_ body: JSONObject, _ mark: String) -> String? {
    for _ in 0..<2_000 {
      do {
        let answer = try client.perform(
          "POST", "/v1/calls", .object(body), timeout: .seconds(3))
        if let id = answer["call"]?["id"]?.string { return id }
        wrong("\(mark): an answer without a call: \(answer.compact)")
        return nil
      } catch let refusal as SiteClient.Refusal
        where refusal.status < 500 && refusal.status != 429
      {
        wrong("\(mark) was refused: \(refusal)")
        return nil
      } catch {
        Clock.sleep(for: .milliseconds(20))
      }
    }
    wrong("\(mark) was never accepted")
    return nil
  }

  private func wrong(_ text: String) { state.withLock { $0.wrongs.append(text) } }
}
