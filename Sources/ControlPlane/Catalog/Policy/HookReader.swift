internal import Model
internal import Tools

/// Reads the part of a policy that says whom to tell when calls end.
struct HookReader {
  let faults: Faults
  /// Whether to look at the files that hooks name.
  let looksAtFiles: Bool
  let groups: [String]

  static let waits = 1...30 * 86_400_000
  static let timeouts = 100...300_000
  static let pauses = 100...86_400_000
  static let ages = 1_000...30 * 86_400_000
  static let attempts = 1...1_000
  static let maxPatterns = 1_000
  static let maxArguments = 64
  static let maxArgumentCharacters = 4_096

  func outbox(_ node: Node) -> PolicyBook.Outbox? {
    let sizes = 4 << 10...1 << 20
    let known = ["concurrency", "maxPending", "keep", "body", "response"]
    guard
      let fields = Fields(node, "notifications", known: known, form: .file, faults: faults)
    else { return nil }
    var outbox = PolicyBook.Outbox()
    let concurrency = fields.int("concurrency", default: outbox.concurrency, in: 1...64)
    let pending = fields.int("maxPending", default: outbox.maxPending, in: 1...1_000_000)
    let keep = fields.int("keep", default: outbox.keep, in: 0...1_000_000)
    let body = fields.size("body", default: outbox.bodyBytes, in: sizes)
    let response = fields.size("response", default: outbox.responseBytes, in: sizes)
    guard let concurrency, let pending, let keep, let body, let response else { return nil }
    outbox.concurrency = concurrency
    outbox.maxPending = pending
    outbox.keep = keep
    outbox.bodyBytes = body
    outbox.responseBytes = response
    return outbox
  }

  func hooks(_ node: Node) -> [PolicyBook.Hook]? {
    guard let items = node.items, items.count <= PolicyBook.maxHooks else {
      faults.add(
        .type, at: node.position, "hooks is \(node.spoken), not a list of hooks",
        remedy: "write up to \(PolicyBook.maxHooks) hooks, each with a name and a webhook or a"
          + " command")
      return nil
    }
    return faults.collect(items, "hook", name: \.name, hook)
  }

  private func hook(_ node: Node) -> PolicyBook.Hook? {
    let known = ["name", "events", "when", "webhook", "command", "retry", "concurrency"]
    guard let fields = Fields(node, "a hook", known: known, form: .file, faults: faults) else {
      return nil
    }
    let name = fields.text("name", "ops", maxCharacters: Words.maxToolName)
    if let name, !Words.isArgumentName(name), let value = fields["name"] {
      faults.add(
        .format, at: value.position, "\"\(excerpt(name))\" is no name of a hook",
        remedy: "begin with a letter, go on with letters, digits, dashes and underscores")
    }
    readEvents(fields)
    let filter = filter(fields)
    let action = action(fields, node)
    let retry = retry(fields)
    let concurrency = fields.int("concurrency", default: 2, in: 1...16)
    guard let name, let filter, let action, let retry, let concurrency else { return nil }
    return PolicyBook.Hook(
      name: name, calls: filter.calls, waitedLongerThan: filter.waited, groups: filter.groups,
      outcomes: filter.outcomes, tools: filter.tools, action: action.action,
      timeout: action.timeout, retry: retry, concurrency: concurrency)
  }

  /// There is one kind of event today.
  private func readEvents(_ fields: Fields) {
    guard let events = fields["events"] else { return }
    guard events.items?.count == 1, events.items?.first?.string == "ended" else {
      return faults.add(
        .value, at: events.position, "events of a hook is \(events.spoken)",
        remedy: "write \"events: [ended]\", or leave it out")
    }
  }

  // MARK: Which calls

  private struct Filter {
    var calls = PolicyBook.Hook.Calls.waited
    var waited: Duration = .seconds(1)
    var groups: [String] = []
    var outcomes: [Outcome] = []
    var tools: [String] = []
  }

  private func filter(_ hook: Fields) -> Filter? {
    guard hook.has("when") else { return Filter() }
    let known = ["calls", "waitedLongerThan", "groups", "outcomes", "tools"]
    guard let node = hook["when"],
      let fields = Fields(node, "when", known: known, form: .file, faults: faults)
    else { return nil }
    let calls = fields.word("calls", default: PolicyBook.Hook.Calls.waited)
    let waited = fields.duration("waitedLongerThan", default: 1_000, in: Self.waits)
    let outcomes = list(fields, "outcomes").compactMap { text, position -> Outcome? in
      if let outcome = Outcome(rawValue: text) { return outcome }
      faults.add(
        .value, at: position, "there is no outcome \"\(excerpt(text))\"",
        remedy: Suggestion.remedy(
          for: text, among: Outcome.allCases.map(\.rawValue), called: "outcomes"))
      return nil
    }
    let groups = list(fields, "groups").map { text, position in
      if !self.groups.contains(text) {
        faults.add(
          .value, at: position, "the policy has no group \"\(excerpt(text))\"",
          remedy: Suggestion.remedy(for: text, among: self.groups, called: "groups"))
      }
      return text
    }
    let tools = list(fields, "tools").map { text, position in
      let stem = text.hasSuffix("*") ? String(text.dropLast()) : text
      if !(stem.isEmpty && text == "*" || Words.isToolName(stem)) {
        faults.add(
          .format, at: position, "\"\(excerpt(text))\" is no name of a tool",
          remedy: "write names, with at most one * at the end")
      }
      return text
    }
    if fields.has("waitedLongerThan"), let calls, calls != .waited,
      let place = fields["waitedLongerThan"]
    {
      faults.add(
        .value, at: place.position, "waitedLongerThan says nothing beside calls: \(calls.rawValue)",
        remedy: "remove one of the two")
    }
    guard let calls, let waited else { return nil }
    return Filter(
      calls: calls, waited: .milliseconds(waited), groups: groups, outcomes: outcomes, tools: tools)
  }

  private func list(_ fields: Fields, _ name: String) -> [(String, Position)] {
    guard let node = fields[name] else { return [] }
    guard let items = node.items, !items.isEmpty, items.count <= Self.maxPatterns,
      items.allSatisfy({ $0.string != nil })
    else {
      faults.add(
        .type, at: node.position,
        "\(name) of \(fields.place) is \(node.spoken), not a list of names",
        remedy: "write 1 to \(Self.maxPatterns) names, or leave it out")
      return []
    }
    return items.compactMap { item in item.string.map { ($0, item.position) } }
  }

  // MARK: What is done

  private func action(
    _ hook: Fields, _ node: Node
  ) -> (action: PolicyBook.Hook.Action, timeout: Duration)? {
    guard hook.has("webhook") != hook.has("command") else {
      faults.add(
        hook.has("webhook") ? .value : .missingField, at: node.position,
        "a hook has a webhook or a command, and this one has \(hook.has("webhook") ? "both" : "none")",
        remedy: "write one of the two")
      return nil
    }
    if let webhook = hook["webhook"] { return self.webhook(webhook) }
    return hook["command"].flatMap { command($0) }
  }

  private func webhook(_ node: Node) -> (action: PolicyBook.Hook.Action, timeout: Duration)? {
    let known = ["url", "secretFile", "trustFile", "timeout"]
    guard let fields = Fields(node, "webhook", known: known, form: .file, faults: faults) else {
      return nil
    }
    let url = fields.text("url", "https://…", maxCharacters: HookURL.maxBytes).flatMap { text in
      address(text, fields)
    }
    let secret = file(fields, "secretFile", HookFiles.objection(toSecret:))
    var trust: String?
    if fields.has("trustFile") {
      trust = file(fields, "trustFile", HookFiles.objection(toTrust:))
      if trust == nil { return nil }
    }
    let timeout = fields.duration("timeout", default: 10_000, in: Self.timeouts)
    guard let url, let secret, let timeout else { return nil }
    let webhook = PolicyBook.Hook.Webhook(url: url, secretFile: secret, trustFile: trust)
    return (.webhook(webhook), .milliseconds(timeout))
  }

  private func address(_ text: String, _ fields: Fields) -> HookURL? {
    guard let position = fields["url"]?.position else { return nil }
    guard let url = HookURL(text) else {
      faults.add(
        .format, at: position, "url of webhook is no address of a receiver",
        remedy: "write https://HOST[:PORT]/PATH, without a user, a password or a fragment, and with"
          + " the host as a name or an IPv4 address")
      return nil
    }
    guard url.isSecure || url.isLoopback else {
      faults.add(
        .value, at: position, "url of webhook is http, which everyone on the way can read",
        remedy: "write https; http goes to 127.0.0.1 only")
      return nil
    }
    return url
  }

  private func command(_ node: Node) -> (action: PolicyBook.Hook.Action, timeout: Duration)? {
    let known = ["argv", "timeout"]
    guard let fields = Fields(node, "command", known: known, form: .file, faults: faults),
      let argv = fields.required("argv", "[/usr/local/bin/notify]")
    else { return nil }
    let timeout = fields.duration("timeout", default: 10_000, in: Self.timeouts)
    let words = (argv.items ?? []).compactMap(\.string)
    guard let program = words.first, words.count == argv.items?.count,
      words.count <= Self.maxArguments,
      words.allSatisfy({
        $0.utf8.count <= Self.maxArgumentCharacters && !$0.utf8.contains(0)
      })
    else {
      faults.add(
        .type, at: argv.position, "argv of command is \(argv.spoken), not a list of texts",
        remedy: "write a program and its arguments, such as [/usr/local/bin/notify, --to, ops]")
      return nil
    }
    let place = argv.items?.first?.position ?? argv.position
    guard check(program, "argv", place, HookFiles.objection(toProgram:)), let timeout else {
      return nil
    }
    return (.command(words), .milliseconds(timeout))
  }

  private func file(
    _ fields: Fields, _ name: String, _ objection: (String) -> String?
  ) -> String? {
    guard
      let path = fields.text(
        name, "/etc/signalbox/hook.secret", maxCharacters: Self.maxArgumentCharacters),
      let position = fields[name]?.position, check(path, name, position, objection)
    else { return nil }
    return path
  }

  private func check(
    _ path: String, _ name: String, _ position: Position, _ objection: (String) -> String?
  ) -> Bool {
    guard path.hasPrefix("/") else {
      faults.add(
        .format, at: position, "\(name) names \"\(excerpt(path))\", which is no absolute path",
        remedy: "begin it with a slash")
      return false
    }
    guard looksAtFiles, let wrong = objection(path) else { return true }
    faults.add(.value, at: position, "\(name) cannot be used: \(wrong)", remedy: "mend the file")
    return false
  }

  private func retry(_ hook: Fields) -> PolicyBook.Hook.Retry? {
    var retry = PolicyBook.Hook.Retry()
    guard hook.has("retry") else { return retry }
    let known = ["attempts", "first", "longest", "giveUpAfter"]
    guard let node = hook["retry"],
      let fields = Fields(node, "retry", known: known, form: .file, faults: faults)
    else { return nil }
    func duration(_ name: String, _ standard: Duration, _ range: ClosedRange<Int>) -> Duration? {
      fields.duration(name, default: Int(standard.wholeMilliseconds), in: range).map {
        .milliseconds($0)
      }
    }
    let attempts = fields.int("attempts", default: retry.attempts, in: Self.attempts)
    let first = duration("first", retry.first, Self.pauses)
    let longest = duration("longest", retry.longest, Self.pauses)
    let age = duration("giveUpAfter", retry.giveUpAfter, Self.ages)
    guard let attempts, let first, let longest, let age else { return nil }
    guard first <= longest else {
      faults.add(
        .limit, at: (fields["first"] ?? node).position, "first of retry is longer than longest",
        remedy: "shorten first, or lengthen longest")
      return nil
    }
    retry.attempts = attempts
    retry.first = first
    retry.longest = longest
    retry.giveUpAfter = age
    return retry
  }
}
