package import JSON
internal import Model
internal import Platform
package import PluginProtocol

/// Drives an executor plugin through the protocol of docs/PLUGINS.md, and says what it does not keep.
package struct Conformance {
  package struct Settings {
    package var program: String
    /// The one of the plugin's executors to check; its first if not given.
    package var executor: String?
    /// Those of the executor's language if not given.
    package var scripts: CheckScripts?
    package var largeBytes: Int
    /// How long an answer, or an end that is due, may take. The agent's own is 30 s.
    package var patience: Duration
    /// An empty directory.
    package var scratch: String
    /// What the plugin has in its environment besides what every plugin has.
    package var environment: [(name: String, value: String)] = []

    package init(
      program: String, executor: String? = nil, scripts: CheckScripts? = nil,
      largeBytes: Int = defaultLargeBytes, patience: Duration = .seconds(30), scratch: String
    ) {
      self.program = program
      self.executor = executor
      self.scripts = scripts
      self.largeBytes = largeBytes
      self.patience = patience
      self.scratch = scratch
    }
  }

  package static let defaultLargeBytes = 8 << 20
  package static let hugeBytes = 1 << 30

  private let settings: Settings

  package init(_ settings: Settings) { self.settings = settings }

  /// The names of all checks, in their order.
  package static var names: [String] { Check.all.map(\.name) }

  /// The names of those that ask what calls are held to.
  package static let isolation = Set(
    (Check.holding + Check.boundaries + Check.words).map(\.name))

  /// - Parameters:
  ///   - only: the names of the checks to run; all for `nil`.
  ///   - tell: called with each result as it comes.
  package func run(
    only: Set<String>? = nil, _ tell: (CheckResult) -> Void = { _ in }
  ) -> ConformanceReport {
    // A plugin that dies is found by its end, not by a signal to us.
    Signals.ignoreBrokenPipe()
    var report = ConformanceReport(program: settings.program)
    var subject = Subject(settings: settings)
    for check in Check.all where only?.contains(check.name) ?? true {
      let began = Clock.now()
      let verdict = verdict(check, &subject)
      let result = CheckResult(
        name: check.name, title: check.title, verdict: verdict,
        duration: .microseconds(Clock.now() - began))
      report.results.append(result)
      tell(result)
    }
    report.description = subject.description
    report.executor = subject.executor
    report.scripts = subject.scripts?.origin
    return report
  }

  private func verdict(_ check: Check, _ subject: inout Subject) -> CheckResult.Verdict {
    if let missing = check.needs.compactMap({ $0.missing(in: subject) }).first {
      return .skipped(missing, remedy: "")
    }
    let trial = Trial(subject, name: check.name)
    defer { trial.close() }
    do {
      let note = try check.body(trial)
      subject = trial.subject
      return .passed(note)
    } catch let flaw as Flaw {
      return .failed(flaw.reason)
    } catch let lack as Lack {
      return .skipped(lack.reason, remedy: lack.remedy)
    } catch {
      return .failed("\(error)")
    }
  }
}

/// What is known of the plugin so far.
struct Subject {
  let settings: Conformance.Settings
  var description: PluginDescription?

  var executor: String? { settings.executor ?? description?.executors.first }

  var scripts: CheckScripts? {
    settings.scripts
      ?? executor.flatMap { CheckLanguage(executor: $0) }.map { CheckScripts($0) }
  }
}

package struct CheckResult: Sendable {
  package enum Verdict: Sendable, Hashable {
    /// With what is worth knowing of it.
    case passed(String)
    case failed(String)
    /// With what would make it possible, where that is known.
    case skipped(String, remedy: String)
  }

  package let name: String
  package let title: String
  package let verdict: Verdict
  package let duration: Duration

  package var word: String {
    switch verdict {
    case .passed: "passed"
    case .failed: "failed"
    case .skipped: "skipped"
    }
  }

  package var reason: String {
    switch verdict {
    case .passed(let text), .failed(let text), .skipped(let text, _): text
    }
  }

  /// What to do about a check that had to be skipped; empty where nobody can do anything.
  package var remedy: String {
    switch verdict {
    case .skipped(_, let remedy): remedy
    case .passed, .failed: ""
    }
  }

  package var json: JSON {
    [
      "check": .string(name), "title": .string(title), "result": .string(word),
      "reason": .string(reason), "remedy": .string(remedy),
      "durationUs": .int(
        Int(
          duration.components.seconds * 1_000_000
            + duration.components.attoseconds / 1_000_000_000_000)),
    ]
  }
}

package struct ConformanceReport: Sendable {
  package let program: String
  package internal(set) var description: PluginDescription?
  package internal(set) var executor: String?
  package internal(set) var scripts: String?
  package internal(set) var results: [CheckResult] = []

  init(program: String) { self.program = program }

  package func count(_ word: String) -> Int { results.count { $0.word == word } }
  package var hasFailed: Bool { count("failed") > 0 }

  package subscript(_ name: String) -> CheckResult? { results.first { $0.name == name } }

  package var json: JSON {
    [
      "program": .string(program), "plugin": description?.json ?? .null,
      "executor": executor.map(JSON.string) ?? .null,
      "scripts": scripts.map(JSON.string) ?? .null,
      "checks": .array(results.map(\.json)),
      "passed": .int(count("passed")), "failed": .int(count("failed")),
      "skipped": .int(count("skipped")),
    ]
  }
}
