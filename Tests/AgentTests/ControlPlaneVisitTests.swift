import Testing

@testable import Doctor

@Suite("A visit to the control plane")
struct ControlPlaneVisitTests {
  private func visit(_ asked: Int64, _ took: Int64, said: Int64?, status: Int = 401)
    -> ControlPlaneVisit.Visit
  {
    .init(askedAt: asked, answeredAt: asked + took, status: status, saidAt: said)
  }

  private func results(_ findings: [Finding]) -> [String] {
    findings.map { "\($0.check) \($0.result.rawValue)" }
  }

  @Test("the quickest answer counts, and the clocks agree within half of its round trip")
  func agree() {
    let findings = ControlPlaneVisit.judge(
      [
        visit(1_000_000, 900_000, said: 90_000_000), visit(2_000_000, 4_000, said: 2_001_000),
      ], "here:1")
    #expect(results(findings) == ["connection passed", "clockOffset passed"])
    #expect(findings[0].detail == "here:1 answered in 4 ms, the quickest of 2")
    #expect(
      findings[1].detail == "1 ms ahead of the control plane's clock, give or take 2 ms")
  }

  @Test("clocks that are certainly too far apart are told, both ways; doubt is in their favour")
  func apart() {
    let behind = ControlPlaneVisit.judge([visit(0, 2_000, said: 60_000_000)], "x")
    #expect(results(behind) == ["connection passed", "clockOffset failed"])
    #expect(behind[1].detail.hasPrefix("59 s behind the control plane's clock, give or take 1 ms"))
    #expect(behind[1].detail.contains("clockOffsetMax is 5 s"))
    let ahead = ControlPlaneVisit.judge([visit(9_000_000, 2_000, said: 0)], "x")
    #expect(ahead[1].result == .failed)
    let doubtful = ControlPlaneVisit.judge([visit(0, 8_000_000, said: 12_000_000)], "x")
    #expect(doubtful[1].result == .passed)
  }

  @Test("another program, and a control plane without a clock, are told apart")
  func others() {
    let other = ControlPlaneVisit.judge([visit(0, 1, said: nil, status: 404)], "x")
    #expect(results(other) == ["connection failed", "clockOffset skipped"])
    let old = ControlPlaneVisit.judge([visit(0, 1, said: nil)], "x")
    #expect(results(old) == ["connection passed", "clockOffset skipped"])
  }

  @Test("without an address nothing is visited, and one that cannot be reached is a failure")
  func unreachable() {
    #expect(
      results(ControlPlaneVisit(nil).findings()) == ["connection skipped", "clockOffset skipped"])
    // Port 1 of this machine: nothing listens there.
    let place = ControlPlanePlace("nowhere") { ("127.0.0.1", 1) }
    let findings = ControlPlaneVisit(place).findings()
    #expect(results(findings) == ["connection failed", "clockOffset skipped"])
    #expect(findings[0].detail.hasPrefix("nowhere: "))
  }
}
