import JSON
import Journal
import Model
import Testing
import Wire

@testable import Agent

@Suite("What the journal holds of a call")
struct RecollectionTests {
  private func entry(_ kind: EntryKind, _ body: JSON) -> Entry {
    Entry(
      sequence: 1, call: CallID("a"), kind: kind, at: Instant(microseconds: 0), body: body.bytes)
  }

  @Test("a released call's directory is the one of its row, and in older rows the call's own name")
  func directory() throws {
    let now = try Recollection(
      OpenCall(
        call: CallID("a"), entries: [entry(.released, ["bootId": "b", "directory": "7"])]))
    #expect(now.directory == "7")
    let before = try Recollection(
      OpenCall(call: CallID("a"), entries: [entry(.released, ["bootId": "b"])]))
    #expect(before.directory == "a")
    let refused = Report.full(1)
    let never = try Recollection(
      OpenCall(call: CallID("a"), entries: [entry(.rejected, refused.json)]))
    #expect(never.directory == nil)
  }

  @Test("a started call's start is the one of its row, and in older rows the time of the row")
  func start() throws {
    let now = try Recollection(
      OpenCall(
        call: CallID("a"), entries: [entry(.started, ["startedAtUs": 5, "pid": 7])]))
    #expect(now.start == Start(at: Instant(microseconds: 5), pid: 7))
    let before = try Recollection(
      OpenCall(call: CallID("a"), entries: [entry(.started, ["pid": 7])]))
    #expect(before.start == Start(at: Instant(microseconds: 0), pid: 7))
  }
}
