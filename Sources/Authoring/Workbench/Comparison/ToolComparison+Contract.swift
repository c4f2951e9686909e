import Catalog
import JSON
import Schema
import Tools

// What a caller gives, and what comes back.

extension ToolComparison {
  mutating func compareHead() {
    if old.name != new.name {
      add("name", "was \(old.name), and is \(new.name): callers call it by name", .incompatible)
    }
    for (field, before, after) in [
      ("title", old.title, new.title), ("description", old.description, new.description),
    ] where before != after {
      add(field, "its words changed", .detail)
    }
    if old.definition["tests"] != new.definition["tests"] { add("tests", "differ", .detail) }
    compareEffects()
    compareApproval()
  }

  private mutating func compareEffects() {
    // Each flag with the value that is the greater risk.
    let flags: [(String, Bool, Bool, isRiskWhen: Bool)] = [
      ("readOnly", old.effects.readOnly, new.effects.readOnly, false),
      ("destructive", old.effects.destructive, new.effects.destructive, true),
      ("idempotent", old.effects.idempotent, new.effects.idempotent, false),
      ("openWorld", old.effects.openWorld, new.effects.openWorld, true),
    ]
    for (name, before, after, risk) in flags where before != after {
      if after == risk {
        add("effects/\(name)", "is \(after) now: the risk is raised", .incompatible)
      } else {
        add("effects/\(name)", "is \(after) now: the risk is lowered", .addition)
      }
    }
  }

  private mutating func compareApproval() {
    let (before, after) = (old.approval, new.approval)
    if before == after { return }
    let what = "was \(before.rawValue), and is \(after.rawValue)"
    // One after the other asks more; the person at the endpoint is another one than an operator.
    let order: [Approval] = [.none, .operator, .twoPerson]
    if after == .none {
      add("approval", what + ": nobody has to agree any more", .addition)
    } else if let from = order.firstIndex(of: before), let to = order.firstIndex(of: after) {
      add("approval", what, to > from ? .incompatible : .addition)
    } else {
      add("approval", what + ": others have to agree than before", .incompatible)
    }
  }

  // MARK: - Arguments

  mutating func compareArguments() {
    let (before, after) = (old.arguments.json, new.arguments.json)
    let (places, newPlaces) = (SchemaPlaces(before), SchemaPlaces(after))
    let witnesses = (old.tests + new.tests).flatMap { Self.texts(in: $0.arguments) }
    let narrowed = Containment.findings(
      of: before, in: after, filled: Set(newPlaces.defaults.keys), witnesses: witnesses)
    for finding in narrowed { add(finding, .argumentsNarrowed, "arguments", .incompatible) }
    refuteByTests()
    let widened = Containment.findings(
      of: after, in: before, filled: Set(places.defaults.keys), witnesses: witnesses)
    for finding in widened where !isTold(finding, among: narrowed) {
      add(finding, .argumentsWidened, "arguments", .addition)
    }
    compareDefaults(places, newPlaces)
    compareSecrets()
    if before != after, narrowed.isEmpty, widened.isEmpty {
      add("arguments", "the schema says the same in other words", .detail)
    }
  }

  private mutating func add(
    _ finding: Finding, _ reading: Finding.Reading, _ field: String, _ effect: Change.Effect
  ) {
    add(
      field + finding.place.text, finding.words(reading), effect, isDecided: finding.isDecided)
  }

  /// A bound that moved is found in one direction or in both; once is enough.
  private func isTold(_ finding: Finding, among others: [Finding]) -> Bool {
    guard case .bound(let keyword, let first, let second) = finding.kind else {
      return !finding.isDecided && others.contains { $0.place == finding.place }
    }
    return others.contains {
      guard $0.place == finding.place, case .bound(keyword, let one, let other) = $0.kind else {
        return false
      }
      return one == second && other == first
    }
  }

  /// The old tests have arguments that were taken: any that are not taken now are a proof.
  private mutating func refuteByTests() {
    for test in old.tests {
      guard case .valid = old.check(arguments: test.arguments),
        case .invalid(let violations) = new.check(arguments: test.arguments)
      else { continue }
      let place = violations.first?.instancePointer ?? ""
      add(
        "arguments\(place)", "the arguments of the old test \"\(test.name)\" are refused now",
        .incompatible)
    }
  }

  private mutating func compareDefaults(_ before: SchemaPlaces, _ after: SchemaPlaces) {
    for place in before.all where after.schemas[place] != nil {
      let (was, now) = (before.defaults[place], after.defaults[place])
      guard was != now, !before.required.contains(place) || was != nil else { continue }
      let what =
        switch (was, now) {
        case (let was?, let now?): "its default was \(was.compact), and is \(now.compact)"
        case (nil, let now?): "its default is \(now.compact) now"
        case (let was?, nil): "its default was \(was.compact), and is gone"
        case (nil, nil): "its default differs"
        }
      add(
        "arguments\(place.text)", what + ": a call without it may do something else",
        .incompatible, isDecided: false)
    }
  }

  private mutating func compareSecrets() {
    for pointer in new.redact where !old.redact.contains(pointer) {
      add(
        "redact",
        "\(pointer.text) is a secret now: its text is replaced in results, and a command"
          + " line may not have it", .incompatible)
    }
    for pointer in old.redact where !new.redact.contains(pointer) {
      add("redact", "\(pointer.text) is no secret any more: it is stored and shown", .incompatible)
    }
  }

  private static func texts(in value: JSON) -> [String] {
    switch value {
    case .string(let text): [text]
    case .array(let items): items.flatMap { texts(in: $0) }
    case .object(let object): object.members.flatMap { texts(in: $0.value) }
    case .null, .bool, .number: []
    }
  }

  // MARK: - Results

  mutating func compareResults() {
    if old.result.parse != new.result.parse {
      add(
        "result/parse", "was \(old.result.parse.rawValue), and is \(new.result.parse.rawValue)",
        .incompatible)
    }
    let (before, after) = (Self.resultSchema(old), Self.resultSchema(new))
    let widened = Containment.findings(of: after, in: before)
    for finding in widened { add(finding, .resultWidened, "result", .incompatible) }
    let narrowed = Containment.findings(of: before, in: after)
    for finding in narrowed where !isTold(finding, among: widened) {
      add(finding, .resultNarrowed, "result", .addition)
    }
    let (places, newPlaces) = (SchemaPlaces(before), SchemaPlaces(after))
    for place in places.all where newPlaces.schemas[place] == nil {
      let isTold = widened.contains { $0.place == place }
      if !isTold { add("result\(place.text)", "is not declared any more", .incompatible) }
    }
    if before != after, widened.isEmpty, narrowed.isEmpty {
      add("result", "the schema says the same in other words", .detail)
    }
  }

  private static func resultSchema(_ tool: Tool) -> JSON {
    tool.result.schema?.json ?? ["type": "string"]
  }
}
