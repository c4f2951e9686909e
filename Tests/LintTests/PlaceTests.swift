import Catalog
import Lint
import Testing

/// A place in a script is that of its line in the file.
@Suite struct PlaceTests {
  /// The script's text in each of the ways that YAML has, with what precedes it in the file.
  private func places(_ yaml: String) -> [String] {
    let text = Examples.definition(
      "run:\n  - with: shell\n    input: {env: {UNIT: /unit}}\n\(yaml)")
    let lines = text.split(separator: "\n" as Character, omittingEmptySubsequences: false)
    return report(text).findings.filter { $0.code == Code(315) }.map { finding in
      let line = lines[finding.position.line - 1].unicodeScalars.map(String.init)
      return line[(finding.position.column - 1)...].prefix(finding.length).joined()
    }
  }

  @Test(
    "each way to write a string leads to the same words",
    arguments: [
      "    script: |\n      a $UNIT\n\n        ä ${UNIT}",
      "    script: |2\n      a $UNIT\n      b ${UNIT}",
      "    script: |-\n\n\n      a $UNIT\n      b ${UNIT}\n",
      "    script: >\n      a $UNIT;\n      b ${UNIT}\n",
      "    script: >-\n      a $UNIT\n\n      b\n      ${UNIT}\n",
      "    script: a $UNIT; b ${UNIT}",
      "    script: a $UNIT;\n      b ${UNIT}",
      "    script: 'it''s'' $UNIT; b ${UNIT}'",
      "    script: 'a $UNIT;\n      b\n\n      ${UNIT}'",
      "    script: \"a \\\"x\\\" \\u00e4 \\x41\\t$UNIT\\n \\\"\\\" ${UNIT}\"",
      "    script: \"a $UNIT;\\\n      b\n      ${UNIT}\"",
      "    script: \"ä 😀 $UNIT; \\N\\_\\L\\P\\U0001F600 ${UNIT}\"",
    ])
  func words(yaml: String) {
    #expect(places(yaml) == ["$UNIT", "${UNIT}"])
  }

  @Test("a place in a flow mapping on one line is exact")
  func flow() {
    let text = Examples.definition(
      "run: [{with: shell, input: {env: {UNIT: /unit}}, script: \"echo $UNIT\"}]")
    let found = report(text).findings.first { $0.code == Code(315) }
    #expect(
      found?.position == Position(line: 14, column: 64) && found?.length == 5,
      "\(String(describing: found))")
  }

  @Test("an excerpt shows the line, and a window of a long one")
  func excerpt() {
    let text = Examples.definition(
      variant(
        "echo " + String(repeating: "a", count: 3_000) + " $UNIT "
          + String(repeating: "b", count: 300)))
    var checked = CheckReport(Linter())
    checked.add(Catalog.inspect(Array(text.utf8), file: "t.yaml"))
    let index = checked.files[0].findings.firstIndex { $0.code == Code(315) }
    let line = checked.files[0].lines[index ?? 0]
    #expect(line.text.unicodeScalars.count <= SourceExcerpt.maxCharacters + 2)
    let marked = line.text.unicodeScalars.map(String.init)[line.indentation...].prefix(line.length)
    #expect(marked.joined() == "$UNIT")
  }
}
