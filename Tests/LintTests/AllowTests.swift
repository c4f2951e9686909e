import Catalog
import Lint
import Testing

@Suite struct AllowTests {
  private func found(_ fields: String, disabled: Set<Code> = []) -> (
    told: [String], allowed: [String]
  ) {
    let report = report(Examples.definition(fields), disabled: disabled)
    return (
      report.findings.map { "\($0.position.line) \($0.code)" },
      report.allowed.map { "\($0.finding.code): \($0.reason)" }
    )
  }

  @Test("a comment on the line or the one above allows what it names, with its reason")
  func allows() {
    let behind = found("version: 0.1.0 # signalbox-allow SB0153: in trial")
    #expect(behind.told == [] && behind.allowed == ["SB0153: in trial"])
    let above = found("# signalbox-allow SB0153: in trial\nversion: 0.1.0")
    #expect(above.told == [] && above.allowed == ["SB0153: in trial"])
    let among = found("# signalbox-allow SB0153: in trial\n# Until May.\n\nversion: 0.1.0")
    #expect(among.told == [] && among.allowed.count == 1)
    let other = found("# signalbox-allow SB0151: in trial\nversion: 0.1.0")
    #expect(other.told == ["3 SB0164", "4 SB0153"] && other.allowed == [])
  }

  @Test("it works in a script, for several codes, and in the script's own comments")
  func scripts() {
    let shell = found(
      variant("# signalbox-allow SB0315, SB0313: the list is meant to be split\neval echo $UNIT"))
    #expect(shell.told == [] && shell.allowed.count == 2)
    let behind = found(variant("echo $UNIT # signalbox-allow SB0315: a list"))
    #expect(behind.told == [] && behind.allowed == ["SB0315: a list"])
    let apple = found(
      variant(
        "-- signalbox-allow SB0320: it asks the user\ndisplay dialog (system attribute \"UNIT\")",
        with: "osascript", os: "macos", commands: ""))
    #expect(apple.told == [] && apple.allowed == ["SB0320: it asks the user"])
  }

  @Test("a comment that does nothing is told")
  func useless() {
    func codes(_ comment: String) -> [String] {
      found("version: 0.1.0 # \(comment)").told.map { String($0.suffix(6)) }
    }
    #expect(codes("signalbox-allow SB0153") == ["SB0153", "SB0161"])
    #expect(codes("signalbox-allow SB0153:  ") == ["SB0153", "SB0161"])
    #expect(codes("signalbox-allow SB9999: a") == ["SB0153", "SB0162"])
    #expect(codes("signalbox-allow: a") == ["SB0153", "SB0162"])
    #expect(codes("signalbox-allow everything: a") == ["SB0153", "SB0162"])
    #expect(codes("signalbox-allow SB0131: a") == ["SB0153", "SB0163"])
    #expect(codes("signalbox-allow SB0151: a") == ["SB0153", "SB0164"])
    #expect(codes("signalbox-allow sb0153: a") == [])
    #expect(codes("signalbox-allow SB0153, SB0151: a") == ["SB0164"])
    #expect(codes("see signalbox-allow in the documents") == ["SB0153"])
  }

  @Test("an error of the loader stays, whatever is allowed")
  func errors() {
    let result = found("# signalbox-allow SB0131: no\ntags: [a]")
    #expect(result.told.map { $0.suffix(6) } == ["SB0163", "SB0131"])
  }

  @Test("what is disabled is neither told nor missed")
  func disabled() {
    let codes: Set<Code> = [Code(153)]
    #expect(found("version: 0.1.0", disabled: codes).told == [])
    let allowed = found("version: 0.1.0 # signalbox-allow SB0153: a", disabled: codes)
    #expect(allowed.told == [] && allowed.allowed == [])
  }
}
