import Catalog
import JSON
import Model
import Tools

// How it runs, how it ends, and how it is handed over.

extension ToolComparison {
  mutating func compareExecution() {
    compareExitCodes()
    compareVariants()
    compareLimits()
  }

  // MARK: - Exit codes

  private mutating func compareExitCodes() {
    let (before, after) = (old.exitCodes, new.exitCodes)
    for code in Set(before.meanings.keys).union(after.meanings.keys).sorted() {
      let (was, now) = (before.meaning(of: code), after.meaning(of: code))
      let place = "exitCodes/\(code)"
      if was.isSuccess != now.isSuccess {
        add(
          place, "meant \(Self.words(was)), and means \(Self.words(now))", .incompatible)
      } else if was.text == nil, now.text != nil {
        add(place, "has a meaning now: \(Self.words(now))", .addition)
      } else if Self.essence(was.text) != Self.essence(now.text) {
        let what = "meant \(Self.words(was)), and means \(Self.words(now))"
        add(
          place, what + ": whether that is the same cannot be told", .incompatible,
          isDecided: false)
      } else if was.text != now.text {
        add(place, "its words changed", .detail)
      }
    }
  }

  private static func words(_ meaning: ExitCodes.Meaning) -> String {
    (meaning.isSuccess ? "succeeded" : "failed") + (meaning.text.map { " (\($0))" } ?? "")
  }

  /// Letters and digits alone: a comma more is no other meaning.
  private static func essence(_ text: String?) -> String? {
    text.map { text in
      String(
        String.UnicodeScalarView(
          text.lowercased().unicodeScalars.filter {
            $0.properties.isAlphabetic || $0.properties.numericType != nil
          }))
    }
  }

  // MARK: - Variants

  /// Wherever an old variant ran one has to run now, with what is known to be there.
  private mutating func compareVariants() {
    let (before, after) = (old.plan.variants, new.plan.variants)
    if before == after { return }
    for (index, variant) in before.enumerated() {
      let holding = after.filter { $0.when.holds(wherever: variant.when) }
      let place = "run/\(index)"
      if holding.isEmpty {
        add(
          place, "nothing holds wherever this one did (\(variant.when.words))", .incompatible)
      } else if !holding.contains(where: { $0.executor == variant.executor }) {
        add(
          place,
          "was run with \(variant.executor), and is with \(holding[0].executor): whether"
            + " endpoints have it cannot be told", .incompatible, isDecided: false)
      } else if let other = holding.first(where: { $0.executor == variant.executor }),
        let interpreter = other.interpreter, interpreter != variant.interpreter
      {
        add(
          place, "needs \(interpreter) now: whether endpoints have it cannot be told",
          .incompatible, isDecided: false)
      }
    }
    compareSurroundings(before, after)
    for (index, variant) in after.enumerated()
    where !before.contains(where: { $0.when.holds(wherever: variant.when) }) {
      add("run/\(index)", "runs on \(variant.when.words) too", .addition)
    }
    if before.map(\.script) != after.map(\.script) || before.map(\.input) != after.map(\.input) {
      add("run", "scripts or their input changed, behind the same contract", .detail)
    }
  }

  /// As whom a script runs, and what it needs: whether an endpoint gives that cannot be told.
  private mutating func compareSurroundings(_ before: [Variant], _ after: [Variant]) {
    for (index, variant) in before.enumerated() {
      guard
        let other = after.first(where: {
          $0.when.holds(wherever: variant.when) && $0.executor == variant.executor
        })
      else { continue }
      if other.runAs != variant.runAs {
        let (was, now) = (Self.user(variant.runAs), Self.user(other.runAs))
        add(
          "run/\(index)/runAs",
          "ran as \(was), and runs as \(now): whether it may do the same cannot be told",
          .incompatible, isDecided: false)
      }
      for need in Variant.Need.allCases
      where other.needs.contains(need) != variant.needs.contains(need) {
        let isNew = other.needs.contains(need)
        add(
          "run/\(index)/needs",
          isNew ? "needs \(need.rawValue) now" : "needs \(need.rawValue) no more", .detail)
      }
    }
  }

  private static func user(_ name: String?) -> String { name ?? "the agent's user" }

  // MARK: - Limits

  /// A bound that is new or tighter ends what went well before.
  private mutating func compareResources() {
    let (before, after) = (old.limits.resources, new.limits.resources)
    let bytes = { Quantity.text(bytes: $0) }
    let time = { Quantity.text(milliseconds: $0) }
    let number = { (value: Int) in "\(value)" }
    func milliseconds(_ duration: Duration?) -> Int? { duration.map { Int($0.wholeMilliseconds) } }
    for (name, was, now, text) in [
      ("memory", before.memoryBytes, after.memoryBytes, bytes),
      ("processes", before.processes, after.processes, number),
      ("openFiles", before.openFiles, after.openFiles, number),
      ("fileSize", before.fileSizeBytes, after.fileSizeBytes, bytes),
      ("cpu", milliseconds(before.cpu), milliseconds(after.cpu), time),
    ] where was != now {
      let what =
        "was \(was.map(text) ?? "the endpoint's"), and is \(now.map(text) ?? "the endpoint's")"
      let isTighter = now.map { now in was.map { now < $0 } ?? true } ?? false
      if isTighter {
        add("limits/\(name)", what + ": what took more than that ends otherwise", .incompatible)
      } else {
        add("limits/\(name)", what, .addition)
      }
    }
  }

  private mutating func compareLimits() {
    let (before, after) = (old.limits, new.limits)
    for (name, was, now) in [
      ("run", before.run.wholeMilliseconds, after.run.wholeMilliseconds),
      ("stdout", Int64(before.stdoutBytes), Int64(after.stdoutBytes)),
    ] where was != now {
      let isTime = name == "run"
      func text(_ value: Int64) -> String {
        isTime ? Quantity.text(milliseconds: Int(value)) : Quantity.text(bytes: Int(value))
      }
      let what = "was \(text(was)), and is \(text(now))"
      if now < was {
        add("limits/\(name)", what + ": what took more than that ends otherwise", .incompatible)
      } else {
        add("limits/\(name)", what, .addition)
      }
    }
    compareResources()
    if before.killGrace != after.killGrace { add("limits/killGrace", "differs", .detail) }
    if before.stderrBytes != after.stderrBytes { add("limits/stderr", "differs", .detail) }
  }

  // MARK: - Handing over

  mutating func compareHandling() {
    let (before, after) = (old.delivery, new.delivery)
    if before.whenOffline != after.whenOffline {
      add(
        "delivery/whenOffline",
        "was \(before.whenOffline.rawValue), and is \(after.whenOffline.rawValue)", .incompatible)
    }
    if before.runtime != after.runtime {
      add(
        "delivery/runtime", "was \(before.runtime.rawValue), and is \(after.runtime.rawValue)",
        .incompatible)
    }
    if before.expiresAfter != after.expiresAfter {
      let texts = [before, after].map {
        Quantity.text(milliseconds: Int($0.expiresAfter.wholeMilliseconds))
      }
      add(
        "delivery/expiresAfter", "was \(texts[0]), and is \(texts[1])",
        after.expiresAfter < before.expiresAfter ? .incompatible : .addition)
    }
    if before.ackWithin != after.ackWithin { add("delivery/ackWithin", "differs", .detail) }
    if before.attempts != after.attempts { add("delivery/attempts", "differs", .detail) }
    if old.recovery != new.recovery {
      add("recovery", "what may be run again after a loss changed", .addition)
    }
  }
}

extension Variant.Conditions {
  fileprivate var words: String {
    let place = os.isEmpty ? "every platform" : os.joined(separator: ", ")
    return commands.isEmpty ? place : "\(place) with \(commands.joined(separator: ", "))"
  }
}
