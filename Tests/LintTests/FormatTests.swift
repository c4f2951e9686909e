import Catalog
import JSON
import Lint
import Testing

@Suite struct FormatTests {
  private static let broken = Examples.definition(
    "version: 0.1.0\nlimits: {run: 20s}  # signalbox-allow SB0413: it prints a line, and no more\n"
      + variant("echo $UNIT"))

  private func checked(_ files: [(String, String)]) -> CheckReport {
    var report = CheckReport(Linter())
    for (path, text) in files { report.add(Catalog.inspect(Array(text.utf8), file: path)) }
    return report
  }

  private var report: CheckReport {
    checked([
      ("tools/service.state.yaml", Self.broken), ("bad.yaml", "signalbox: 1\n  : ["),
      ("/a b/ü%.yaml", "name: 12\n"),
    ])
  }

  @Test("JSON has every finding with all its parts, and what was allowed")
  func json() throws {
    let json = report.json(isStrict: false)
    let findings = try #require(json["findings"]?.array)
    #expect(findings.count == report.findings.count)
    for finding in findings {
      for key in ["file", "code", "rule", "severity", "message", "remedy"] {
        #expect(finding[key]?.string?.isEmpty == false, "\(key)")
      }
      for key in ["line", "column", "length"] { #expect((finding[key]?.int ?? 0) > 0) }
    }
    #expect(
      findings.contains { $0["code"] == "SB0315" && $0["line"] == 19 && $0["column"] == 12 },
      "\(findings)")
    #expect(json["allowed"]?.array?.first?["reason"] == "it prints a line, and no more")
    #expect(json["tools"]?.array?.map { $0["name"]?.string } == ["service.state"])
    #expect(json["errors"]?.array?.contains { $0["code"] == "SB0111" } == true)
    #expect(json["summary"]?["passed"] == false)
    #expect(try JSON(parsing: json.compact) == json)
  }

  @Test("a check fails on errors, and on warnings if it is strict")
  func failing() {
    func fails(_ fields: String) -> [Bool] {
      let report = checked([("tools/service.state.yaml", Examples.definition(fields))])
      return [report.hasFailed(isStrict: false), report.hasFailed(isStrict: true)]
    }
    #expect(fails("version: 1.0.0") == [false, false])
    #expect(fails("version: 0.1.0") == [false, false])
    #expect(fails("limits: {run: 20s}") == [false, true])
    #expect(fails("tags: [a]") == [true, true])
  }

  @Test("SARIF 2.1.0 has what its schema asks for")
  func sarif() throws {
    let json = report.sarif(version: "1.2.3")
    #expect(json["version"] == "2.1.0")
    let run = try #require(json["runs"]?.array?.first)
    let driver = try #require(run["tool"]?["driver"])
    let rules = try #require(driver["rules"]?.array)
    #expect(driver["name"] == "signalbox" && rules.count == Rulebook.entries.count)
    for rule in rules {
      #expect(rule["id"]?.string?.hasPrefix("SB") == true)
      #expect(rule["shortDescription"]?["text"]?.string?.isEmpty == false)
      #expect(
        ["error", "warning", "note"].contains(rule["defaultConfiguration"]?["level"]?.string ?? ""))
    }
    let results = try #require(run["results"]?.array)
    #expect(results.count == report.findings.count + report.allowedCount)
    for result in results {
      let index = try #require(result["ruleIndex"]?.int)
      #expect(rules[index]["id"] == result["ruleId"])
      let place = try #require(result["locations"]?.array?.first?["physicalLocation"])
      #expect(place["artifactLocation"]?["uri"]?.string?.isEmpty == false)
      let region = try #require(place["region"])
      #expect((region["startLine"]?.int ?? 0) > 0)
      #expect((region["endColumn"]?.int ?? 0) > (region["startColumn"]?.int ?? 0))
    }
    let uris = Set(
      results.compactMap {
        $0["locations"]?.array?.first?["physicalLocation"]?["artifactLocation"]?["uri"]?.string
      })
    #expect(uris == ["tools/service.state.yaml", "bad.yaml", "file:///a%20b/%C3%BC%25.yaml"])
    let suppressed = results.filter { $0["suppressions"] != nil }
    #expect(suppressed.map { $0["ruleId"]?.string } == ["SB0413"])
    #expect(run["columnKind"] == "unicodeCodePoints")
  }

  @Test("a workflow command names file, line and columns, and escapes what would end it")
  func github() {
    let lines = report.workflowCommands.split { $0 == "\n" }.map(String.init)
    #expect(lines.count == report.findings.count)
    #expect(
      lines.contains {
        $0.hasPrefix(
          "::warning file=tools/service.state.yaml,line=19,col=12,endColumn=17,"
            + "title=SB0315 An argument that is not quoted%3A $UNIT::$UNIT is not quoted: ")
      }, "\(lines)")
    #expect(lines.contains { $0.hasPrefix("::notice file=tools/service.state.yaml,line=3,") })
    #expect(lines.contains { $0.hasPrefix("::error file=/a b/ü%25.yaml,line=1,") })
  }
}
