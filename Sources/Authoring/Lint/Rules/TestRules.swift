internal import Catalog
internal import JSON
internal import Redaction

/// What the tests of a definition leave out, and which of them fail.
struct TestRules {
  let subject: Subject
  let findings: Findings

  func check() {
    if let node = subject.root["tests"], node.items == nil { return }
    checkSuccess()
    checkRefusal()
    checkExitCodes()
    checkRedaction()
    checkFailures()
  }

  private var place: Position { subject.position(of: "tests") }
  private var length: Int { subject.root["tests"] == nil ? 1 : 5 }

  private func checkSuccess() {
    let isTested = subject.tests.contains { test in
      ["succeeded", "succeededEmpty"].contains(test["expect"]?["outcome"]?.string ?? "")
    }
    guard !isTested else { return }
    findings.add(
      .noSuccessCase, at: place, length: length, "no test shows what a success looks like",
      remedy: "add one with \"given: {exitCode: 0, stdout: …}\" and \"expect: {outcome: succeeded,"
        + " result: …}\"")
  }

  private func checkRefusal() {
    guard !subject.tests.contains(where: { $0["expect"]?["invalidArguments"] != nil }) else {
      return
    }
    findings.add(
      .noInvalidArgumentCase, at: place, length: length,
      "no test shows which arguments are refused",
      remedy: "add one with arguments that may not pass, and \"expect: {invalidArguments: /name}\"")
  }

  private func checkExitCodes() {
    let tested = Set(subject.tests.compactMap { $0["given"]?["exitCode"]?.int })
    // A live test names no code; what the code means tells which one it is about.
    let meanings = Set(
      subject.tests.filter(\.isLive).compactMap { $0["expect"]?["meaning"]?.string })
    for (code, isSuccess, position) in subject.exitCodes {
      let meaning = subject.root["exitCodes"]?[String(code)]?.members?.first?.value.string
      // A success without a case is told already.
      guard !tested.contains(code), code != 0 || !isSuccess,
        !(meaning.map(meanings.contains) ?? false)
      else { continue }
      findings.add(
        .untestedExitCode, at: position, length: String(code).utf8.count,
        "no test ends with \(code)",
        remedy: "add one with \"given: {exitCode: \(code)}\" and what is expected of it")
    }
  }

  private func checkRedaction() {
    for secret in subject.root["redact"]?.items ?? [] {
      guard let text = secret.string, let pointer = try? JSONPointer(text) else { continue }
      let isTested = subject.tests.contains { test in
        guard let value = test["arguments"]?.node(at: pointer.tokens)?.string, !value.isEmpty else {
          return false
        }
        if test.isLive { return test["expect"]?.json.compact.holds("[redacted]") ?? false }
        return ["stdout", "stderr"].contains { stream in
          test["given"]?[stream]?.string.map { Self.holds($0, value) } ?? false
        }
      }
      guard !isTested else { continue }
      findings.add(
        .untestedRedaction, at: secret.position, length: text.unicodeScalars.count,
        "no test shows that \(excerpt(text)) is taken out of the output",
        remedy: "add one that gives it, prints it in \"given\", and expects [redacted] in its place"
      )
    }
  }

  /// As the endpoint looks for it, so in one step for each byte.
  private static func holds(_ text: String, _ secret: String) -> Bool {
    guard var redactor = Redactor([secret]) else { return false }
    var out: [UInt8] = []
    Array(text.utf8).withUnsafeBytes { redactor.redact($0, into: &out) }
    redactor.finish(into: &out)
    return redactor.count > 0
  }

  private func checkFailures() {
    for (report, node) in zip(subject.reports, subject.tests) where !report.passed {
      let position = node["name"]?.position ?? node.position
      for failure in report.failures {
        findings.add(
          .failingTest, at: position, length: report.name.unicodeScalars.count,
          "the test \"\(excerpt(report.name, limit: 100))\" fails: \(excerpt(failure, limit: 400))",
          remedy: "correct the definition, or what the test expects")
      }
    }
  }
}

extension Node {
  /// Of a test: whether it is run.
  fileprivate var isLive: Bool { self["live"]?.bool ?? false }
}
