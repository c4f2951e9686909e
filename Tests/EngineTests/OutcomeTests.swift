import Engine
import JSON
import Model
import Support
import Testing
import Wire

@Suite("Outcomes of calls")
struct OutcomeTests {
  @Test("a finished execution is judged, then confirmed, in the step that persists it")
  func judged() {
    var desk = Desk()
    let web = desk.join()
    let id = desk.submit(to: web.endpoint)
    desk.acknowledge(id, over: web.link, .released)
    desk.finish(id, over: web.link, .ended(Records.ended()))
    #expect(
      desk.effects.contains { effect in
        if case .judge(id, _, _) = effect { true } else { false }
      })
    #expect(
      desk.sent.contains { message in
        if case .confirm(let confirm) = message { confirm.finished == [id] } else { false }
      })
    desk.step(
      .judged(id, Verdict(outcome: .succeededEmpty, validity: .valid, meaning: "printed nothing")))
    #expect(desk.outcomes == [.succeededEmpty])
  }

  @Test(
    "a report without an end becomes its own outcome",
    arguments: [
      (Report.interrupted(reason: "power", startedAt: nil), Outcome.interrupted, Execution.lost),
      (.rejected(code: "noExecutor", reason: "no", remedy: "r"), .rejected, .notStarted),
      (.cancelled, .cancelled, .notStarted),
      (.expired, .expired, .notStarted),
      (.lost(reason: "gone"), .unknown, .lost),
    ])
  func reports(report: Report, outcome: Outcome, execution: Execution) {
    var desk = Desk()
    let web = desk.join()
    let id = desk.submit(to: web.endpoint)
    desk.finish(id, over: web.link, report)
    #expect(desk.outcomes == [outcome])
    for case .updateCall(let call) in desk.effects { #expect(call.execution == execution) }
  }

  @Test("since when a call runs is taken in, though the hello or output told before that it runs")
  func startedLate() {
    var desk = Desk()
    let web = desk.join()
    let id = desk.submit(to: web.endpoint)
    desk.acknowledge(id, over: web.link, .started)
    #expect(desk.call(id)?.startedAt == nil)
    let started = Released(call: id, startedAt: desk.now, pid: 7, head: Desk.head(2))
    desk.step(.message(web.link, .released(started)))
    #expect(desk.call(id)?.startedAt == desk.now)
    let rows = desk.call(id)?.transitions
    desk.step(.message(web.link, .released(started)))
    #expect(desk.call(id)?.transitions == rows)
  }

  @Test("what an endpoint tells of a call that is over is handed to the store, and confirmed")
  func late() {
    var desk = Desk()
    let web = desk.join()
    let id = desk.submit(to: web.endpoint)
    desk.finish(id, over: web.link, .lost(reason: "x"))
    let report = Report.ended(Records.ended())
    desk.finish(id, over: web.link, report)
    #expect(desk.outcomes.isEmpty)
    #expect(
      desk.effects.contains { effect in
        if case .lateReport(web.endpoint, id, report, _) = effect { true } else { false }
      })
  }

  @Test("a finish that is sent again is confirmed again and changes nothing")
  func finishedTwice() {
    var desk = Desk()
    let web = desk.join()
    let id = desk.submit(to: web.endpoint)
    desk.finish(id, over: web.link, .cancelled)
    desk.finish(id, over: web.link, .expired)
    #expect(desk.outcomes.isEmpty)
    #expect(
      desk.sent.contains {
        if case .confirm(let confirm) = $0 { confirm.finished == [id] } else { false }
      })
  }

  @Test("a call of one endpoint cannot be finished by another")
  func foreignFinish() {
    var desk = Desk()
    let web = desk.join("web-01")
    let db = desk.join("db-01")
    let id = desk.submit(to: web.endpoint)
    desk.finish(id, over: db.link, .cancelled)
    #expect(desk.call(id)?.isOpen == true)
  }

  @Test("output is stored in order; what comes again is dropped, a gap ends the link")
  func outputOffsets() {
    var desk = Desk()
    let web = desk.join()
    let id = desk.submit(to: web.endpoint)
    desk.acknowledge(id, over: web.link, .started)
    #expect(stored(&desk, id, web.link, offset: 0) == 1)
    #expect(stored(&desk, id, web.link, offset: 0) == 0)
    #expect(stored(&desk, id, web.link, offset: 3) == 1)
    #expect(desk.call(id)?.stdoutBytes == 6)
    #expect(stored(&desk, id, web.link, offset: 9) == 0)
    #expect(desk.closed == ["output of \(id) has a gap"])
  }

  private func stored(
    _ desk: inout Desk, _ id: CallID, _ link: LinkID, offset: Int
  ) -> Int {
    let chunk = OutputChunk(
      call: id, stream: .stdout, offset: offset, at: desk.now, bytes: [1, 2, 3])
    desk.step(.message(link, .output(chunk)))
    return desk.effects.filter { if case .storeOutput = $0 { true } else { false } }.count
  }

  @Test("every byte of output gives its credit back, whether it was news or not")
  func creditReturns() {
    var desk = Desk()
    let web = desk.join()
    let id = desk.submit(to: web.endpoint)
    for _ in 0..<2 {
      _ = stored(&desk, id, web.link, offset: 0)
      #expect(
        desk.sent.contains {
          if case .confirm(let confirm) = $0 { confirm.creditBytes == 3 } else { false }
        })
    }
  }

  @Test("output that is missing at the end leaves the output partial")
  func missingOutput() {
    var desk = Desk()
    let web = desk.join()
    let id = desk.submit(to: web.endpoint)
    _ = stored(&desk, id, web.link, offset: 0)
    desk.finish(id, over: web.link, .ended(Records.ended(stdout: 10)))
    #expect(desk.call(id)?.output == .partial)
  }

  // MARK: Cancelling

  @Test("a call cancelled before it was offered did not run")
  func cancelQueued() {
    var desk = Desk()
    let web = desk.join()
    desk.step(.linkClosed(web.link, reason: "gone"))
    let id = desk.submit(to: web.endpoint)
    desk.step(.cancel(id, by: "bob", Ticket(1)))
    #expect(desk.outcomes == [.cancelled])
    _ = desk.comeBack(web)
    #expect(desk.offers.isEmpty)
  }

  @Test("a handed call is cancelled by the endpoint's word only")
  func cancelHanded() {
    var desk = Desk()
    let web = desk.join()
    let id = desk.submit(to: web.endpoint)
    desk.acknowledge(id, over: web.link, .started)
    desk.step(.cancel(id, by: "bob", Ticket(1)))
    #expect(desk.sent == [.cancel(Cancel(call: id, by: "bob"))])
    #expect(desk.call(id)?.isOpen == true)
  }

  @Test("a cancel that could not be sent is sent when the endpoint returns with the call")
  func cancelAfterReturn() {
    var desk = Desk()
    let web = desk.join()
    let id = desk.submit(to: web.endpoint)
    desk.acknowledge(id, over: web.link, .started)
    desk.step(.linkClosed(web.link, reason: "cut"))
    desk.step(.cancel(id, by: "bob", Ticket(1)))
    _ = desk.comeBack(web, head: Desk.head(1), calls: [HeldCall(call: id, state: .started)])
    #expect(desk.sent.contains(.cancel(Cancel(call: id, by: "bob"))))
  }

  @Test("a cancelled call that turns out never to have arrived is cancelled, not offered again")
  func cancelledAndAbsent() {
    var desk = Desk()
    let web = desk.join()
    let id = desk.submit(to: web.endpoint)
    desk.step(.linkClosed(web.link, reason: "cut"))
    desk.step(.cancel(id, by: "bob", Ticket(1)))
    _ = desk.comeBack(web)
    #expect(desk.outcomes == [.cancelled])
    #expect(desk.offers.isEmpty)
  }

  // MARK: Lost memory

  @Test(
    "a journal that is gone leaves its handed calls unknown, under a new epoch, not offered again")
  func journalGone() {
    var desk = Desk()
    let web = desk.join()
    let handed = desk.submit(to: web.endpoint)
    desk.acknowledge(handed, over: web.link, .started)
    desk.step(.linkClosed(web.link, reason: "cut"))
    let waiting = desk.submit(to: web.endpoint)
    _ = desk.comeBack(web, epoch: .some(nil))
    #expect(desk.outcomes.contains(.unknown))
    #expect(desk.call(handed) == nil)
    #expect(desk.offers.map(\.call) == [waiting])
    #expect(desk.welcomes.first?.epoch != web.epoch)
  }

  @Test("a journal that was rewound is found by its head")
  func journalRewound() {
    var (desk, web, _) = cutAfterRelease()
    _ = desk.comeBack(web, head: Desk.head(5))
    #expect(desk.outcomes == [.unknown])
    #expect(desk.welcomes.first?.epoch != web.epoch)
  }

  /// A call was released, as the journal's row 7 says, and then the link was cut.
  private func cutAfterRelease() -> (Desk, Joined, CallID) {
    var desk = Desk()
    let web = desk.join()
    let id = desk.submit(to: web.endpoint)
    desk.acknowledge(id, over: web.link, .released, row: 7)
    desk.step(.linkClosed(web.link, reason: "cut"))
    return (desk, web, id)
  }

  @Test("a journal with another row where the last seen one was has lost its memory")
  func journalForked() {
    var (desk, web, id) = cutAfterRelease()
    _ = desk.comeBack(web, head: Desk.head(7, "f"), calls: [HeldCall(call: id, state: .released)])
    #expect(desk.outcomes == [.unknown])
  }

  @Test("a longer journal must prove the row that was seen last")
  func journalProof() {
    var (desk, web, id) = cutAfterRelease()
    let held = [HeldCall(call: id, state: .ended)]
    _ = desk.comeBack(web, head: Desk.head(9), calls: held)
    #expect(desk.sent == [.reply(id: 1, .prove(sequence: 7))])
    _ = desk.comeBack(web, head: Desk.head(9), proven: Desk.head(7), calls: held)
    #expect(desk.welcomes.first?.epoch == web.epoch)
    #expect(desk.call(id)?.isOpen == true)
    desk.step(.linkClosed(web.link, reason: "cut"))
    _ = desk.comeBack(web, head: Desk.head(12), proven: Desk.head(9, "f"), calls: held)
    #expect(desk.outcomes == [.unknown])
  }

  @Test("a longer journal that no longer has the row that was seen last is not asked for ever")
  func journalProofGone() {
    var (desk, web, id) = cutAfterRelease()
    let held = [HeldCall(call: id, state: .ended)]
    _ = desk.comeBack(web, head: Desk.head(9), proven: .empty, calls: held)
    #expect(desk.outcomes == [.unknown])
    #expect(desk.welcomes.first.map { $0.epoch != web.epoch } == true)
  }

  @Test("a handed call whose endpoint never returns is unknown after the recovery horizon")
  func horizon() {
    var desk = Desk()
    let web = desk.join()
    let id = desk.submit(to: web.endpoint)
    desk.acknowledge(id, over: web.link, .started)
    desk.step(.linkClosed(web.link, reason: "cut"))
    desk.pass(desk.engine.settings.recoveryHorizon - .seconds(1))
    #expect(desk.call(id)?.isOpen == true)
    desk.pass(.seconds(2))
    #expect(desk.outcomes == [.unknown])
  }

  @Test(
    "removing an endpoint ends its waiting calls as undeliverable and its handed ones as unknown")
  func removed() {
    var desk = Desk()
    let web = desk.join(capacity: 1)
    let handed = desk.submit(to: web.endpoint)
    let waiting = desk.submit(to: web.endpoint)
    desk.step(.removeEndpoint(web.endpoint, Ticket(1)))
    var ends: [CallID: Outcome] = [:]
    for case .updateCall(let call) in desk.effects { ends[call.id] = call.outcome }
    #expect(ends == [handed: .unknown, waiting: .undeliverable])
  }
}
