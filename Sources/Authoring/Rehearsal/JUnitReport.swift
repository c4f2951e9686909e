package import Catalog

/// Test results as the XML that build servers read.
package struct JUnitReport: Sendable {
  package let text: String

  /// - Parameter errors: of definitions that are no tools, and so have no tests.
  package init(_ results: [TestResult], errors: [DefinitionError] = []) {
    var out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    out += "<testsuites \(Self.sums(results, errors: errors.count))>\n" + Self.suite(of: errors)
    // One suite for each tool, in the order of the results.
    var start = results.startIndex
    while start < results.endIndex {
      let first = results[start].testCase
      let end = results[start...].firstIndex {
        $0.testCase.file != first.file || $0.testCase.tool.digest != first.tool.digest
      }
      let suite = Array(results[start..<(end ?? results.endIndex)])
      out += "  <testsuite name=\(Self.quoted(first.tool.name)) file=\(Self.quoted(first.file))"
      out += " \(Self.sums(suite))>\n" + suite.map(Self.testCase).joined() + "  </testsuite>\n"
      start = end ?? results.endIndex
    }
    text = out + "</testsuites>\n"
  }

  private static func suite(of errors: [DefinitionError]) -> String {
    if errors.isEmpty { return "" }
    var out = "  <testsuite name=\"definitions\" \(sums([], errors: errors.count))>\n"
    for error in errors {
      out += "    <testcase name=\(quoted("\(error.file):\(error.line):\(error.column)"))"
      out += " classname=\(quoted(error.rule.rawValue)) time=\"0.000\">\n"
      out += "      <error message=\(quoted(error.message))>\(escaped(error.description))</error>\n"
      out += "    </testcase>\n"
    }
    return out + "  </testsuite>\n"
  }

  private static func sums(_ results: [TestResult], errors: Int = 0) -> String {
    var (failures, skipped, time) = (0, 0, Duration.zero)
    for result in results {
      time += result.duration
      switch result.outcome {
      case .passed: break
      case .failed: failures += 1
      case .skipped: skipped += 1
      }
    }
    return "tests=\"\(results.count + errors)\" failures=\"\(failures)\" errors=\"\(errors)\""
      + " skipped=\"\(skipped)\" time=\"\(seconds(time))\""
  }

  private static func testCase(_ result: TestResult) -> String {
    let testCase = result.testCase
    let head =
      "    <testcase name=\(quoted(testCase.test.name)) classname=\(quoted(testCase.tool.name))"
      + " time=\"\(seconds(result.duration))\""
    switch result.outcome {
    case .passed: return head + "/>\n"
    case .skipped(let why):
      return head + ">\n      <skipped message=\(quoted(why))/>\n    </testcase>\n"
    case .failed(let failures):
      return head + ">\n      <failure message=\(quoted(failures.first ?? ""))>"
        + escaped(failures.joined(separator: "\n")) + "</failure>\n    </testcase>\n"
    }
  }

  private static func seconds(_ duration: Duration) -> String {
    let milliseconds = Int(duration / .milliseconds(1))
    let rest = String(milliseconds % 1_000)
    return "\(milliseconds / 1_000).\(String(repeating: "0", count: 3 - rest.count))\(rest)"
  }

  private static func quoted(_ text: String) -> String { "\"\(escaped(text))\"" }

  /// XML 1.0 cannot have control characters at all, not even as references.
  static func escaped(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "\"": out += "&quot;"
      case "\n": out += "&#10;"
      case "\t": out += "&#9;"
      case "\r": out += "&#13;"
      case "\u{0}"..."\u{1F}", "\u{FFFE}", "\u{FFFF}": out += "\u{FFFD}"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }
}
