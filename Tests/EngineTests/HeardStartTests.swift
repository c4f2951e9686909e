import Engine
import JSON
import Model
import Testing
import Wire

@Suite("A start that was heard")
struct HeardStartTests {
  /// A call that was acknowledged as released, at row 1.
  private func released(_ desk: inout Desk) -> (web: Joined, call: CallID) {
    let web = desk.join()
    let id = desk.submit(to: web.endpoint)
    desk.acknowledge(id, over: web.link, .released)
    return (web, id)
  }

  /// Of a call that ran; its end is on no disk yet.
  private func ended(_ call: CallID) -> HeldCall {
    HeldCall(call: call, state: .ended, hasBegun: true)
  }

  private func output(of call: CallID, _ desk: Desk) -> Message {
    .output(OutputChunk(call: call, stream: .stdout, offset: 0, at: desk.now, bytes: [1]))
  }

  private func comeBack(
    _ web: Joined, _ desk: inout Desk, _ calls: [HeldCall]
  ) -> (link: LinkID, welcome: Welcome?) {
    let link = desk.comeBack(web, head: Desk.head(1), calls: calls)
    return (link, desk.welcomes.first)
  }

  @Test(
    "a runtime that says that a call has not begun is told that it has, by output, hello or probe")
  func named() {
    for state in [CallState.received, .released] {
      for way in 0..<5 {
        var desk = Desk()
        let (web, call) = released(&desk)
        switch way {
        case 0: desk.step(.message(web.link, output(of: call, desk)))
        case 1: desk.step(.message(web.link, .reply(id: 7, .state(call, .started))))
        case 2: desk.step(.message(web.link, .reply(id: 7, .state(ended(call)))))
        case 3:
          desk.step(.linkClosed(web.link, reason: "cut"))
          _ = comeBack(web, &desk, [ended(call)])
        default:
          desk.step(.linkClosed(web.link, reason: "cut"))
          _ = comeBack(web, &desk, [HeldCall(call: call, state: .started)])
        }
        let back = comeBack(web, &desk, [HeldCall(call: call, state: state)])
        #expect(back.welcome?.started == [call], "\(state), way \(way)")
        #expect(back.welcome?.closed == [])
        desk.finish(call, over: back.link, .lost(reason: "its start is forgotten"))
        #expect(desk.outcomes == [.unknown])
      }
    }
  }

  @Test("a control plane that starts again still knows that the call began: it was put on disk")
  func afterRestart() throws {
    for held in [
      HeldCall(call: CallID(""), state: .started),
      HeldCall(call: CallID(""), state: .ended, hasBegun: true),
    ] {
      var desk = Desk()
      let (web, call) = released(&desk)
      let word = HeldCall(call: call, state: held.state, hasBegun: held.hasBegun)
      desk.step(.message(web.link, .reply(id: 7, .state(word))))
      // What this step wrote is all that the store learns of it.
      let known = try #require(
        desk.effects.compactMap { effect -> Call? in
          if case .updateCall(let call) = effect { call } else { nil }
        }.last)
      let notes = desk.effects.compactMap { effect -> Transition? in
        if case .transition(_, let transition) = effect { transition } else { nil }
      }
      #expect(notes.last?.contradictsAbsence == true)
      let endpoint = try #require(desk.engine.endpoints[web.endpoint])
      var later = Desk()
      later.engine.resume(
        endpoints: [endpoint], calls: [known], definitions: [:], newestCall: call, at: later.now)
      let back = comeBack(web, &later, [HeldCall(call: call, state: .released)])
      #expect(back.welcome?.started == [call])
      // Told again, it is no news.
      desk.step(.message(web.link, .reply(id: 8, .state(word))))
      #expect(desk.effects.isEmpty)
    }
  }

  @Test("an end alone is no start: it may be that of a call that was refused")
  func endAlone() {
    var desk = Desk()
    let (web, call) = released(&desk)
    desk.step(.message(web.link, .reply(id: 7, .state(call, .ended))))
    let back = comeBack(web, &desk, [HeldCall(call: call, state: .released)])
    #expect(back.welcome?.started == [])
    desk.finish(call, over: back.link, .expired)
    #expect(desk.outcomes == [.expired])
  }

  @Test("a call that was heard to have ended ends as its report says")
  func endedThenTold() {
    for (report, outcome) in [
      (Report.interrupted(reason: "power", startedAt: nil), Outcome.interrupted),
      (.lost(reason: "gone"), .unknown),
    ] {
      var desk = Desk()
      let (web, call) = released(&desk)
      let back = comeBack(web, &desk, [ended(call)])
      #expect(desk.call(call)?.reason.contains("its output and record are on the way") == true)
      desk.finish(call, over: back.link, report)
      #expect(desk.outcomes == [outcome])
    }
  }

  @Test("calls that did not begin, and those whose start the runtime knows, are not named")
  func others() {
    var desk = Desk()
    let (web, first) = released(&desk)
    let second = desk.submit(to: web.endpoint)
    desk.acknowledge(second, over: web.link, .started)
    desk.step(.linkClosed(web.link, reason: "cut"))
    let back = comeBack(
      web, &desk,
      [HeldCall(call: first, state: .released), HeldCall(call: second, state: .started)])
    #expect(back.welcome?.started == [])
    #expect(back.welcome?.closed == [])
  }

  @Test("a call that is over here is named as closed: it must not begin any more")
  func closed() {
    var settings = EngineSettings()
    settings.recoveryHorizon = .seconds(60)
    var desk = Desk(settings)
    let (web, call) = released(&desk)
    desk.step(.linkClosed(web.link, reason: "cut"))
    desk.pass(.seconds(3_700))
    #expect(desk.outcomes == [.unknown])
    let back = comeBack(web, &desk, [HeldCall(call: call, state: .released)])
    #expect(back.welcome?.started == [])
    #expect(back.welcome?.closed == [call])
  }

  @Test("a word that nothing ran is not believed of a call that was heard to begin")
  func denied() {
    for report in [
      Report.cancelled, .expired, .rejected(code: "noExecutor", reason: "none", remedy: "install"),
    ] {
      var desk = Desk()
      let (web, call) = released(&desk)
      desk.step(.message(web.link, output(of: call, desk)))
      desk.finish(call, over: web.link, report)
      #expect(desk.outcomes == [.unknown], "\(report)")
      let kept = desk.effects.compactMap { effect -> Report? in
        if case .execution(_, let report) = effect { report } else { nil }
      }
      guard kept.count == 1, case .lost? = kept.first else {
        Issue.record("\(kept) was kept of \(report)")
        continue
      }
      let notes = desk.effects.compactMap { effect -> Transition? in
        if case .transition(_, let transition) = effect { transition } else { nil }
      }
      #expect(notes.last?.contradictsAbsence == true)
    }
  }

  @Test("a call that was heard to begin is not offered again, whatever its runtime says")
  func neverOfferedAgain() {
    var desk = Desk()
    let web = desk.join()
    let call = desk.submit(to: web.endpoint)
    // Its acknowledgement is missing, which the order of a link forbids.
    desk.step(.message(web.link, output(of: call, desk)))
    #expect(desk.call(call)?.delivery == .offered)
    desk.step(.message(web.link, .reply(id: 7, .state(call, .absent))))
    #expect(desk.outcomes == [.unknown])
    #expect(desk.offers.isEmpty)
  }
}
