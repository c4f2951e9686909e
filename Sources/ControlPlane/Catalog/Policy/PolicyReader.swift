internal import Digest
internal import Platform
internal import Tools

/// Reads a policy and collects all that is wrong with it.
struct PolicyReader {
  let faults: Faults
  /// Whether to look at the files that hooks name.
  let looksAtFiles: Bool

  private static let formatField = "signalbox-policy"
  static let priorities = -9...9
  static let concurrency = 1...1_024

  func read(_ root: Node, digest: String) -> PolicyBook? {
    let known = [Self.formatField, "version", "groups", "hooks", "notifications"]
    guard let fields = Fields(root, "the policy", known: known, form: .file, faults: faults)
    else { return nil }
    let format = fields.required(Self.formatField, "1")
    if let format, format.int != PolicyBook.formatVersion {
      faults.add(
        .value, at: format.position,
        "\(Self.formatField) is \(format.spoken), and this version reads 1",
        remedy: "write \"\(Self.formatField): 1\"")
    }
    let version =
      fields.required("version", "1") == nil
      ? nil : fields.int("version", default: 1, in: 1...Int(Int32.max))
    let groups = fields.required("groups", "[]").flatMap { readGroups($0) }
    let reader = HookReader(
      faults: faults, looksAtFiles: looksAtFiles, groups: (groups ?? []).map(\.name))
    let hooks = fields["hooks"].map { reader.hooks($0) } ?? []
    let outbox = fields["notifications"].map { reader.outbox($0) } ?? PolicyBook.Outbox()
    guard let version, let groups, let hooks, let outbox, faults.isEmpty else { return nil }
    return PolicyBook(
      version: version, digest: digest, groups: groups, hooks: hooks, outbox: outbox)
  }

  private func readGroups(_ node: Node) -> [PolicyBook.Group]? {
    guard let items = node.items else {
      faults.add(
        .type, at: node.position, "groups is \(node.spoken), not a list",
        remedy: "write a list of groups, each with a name and its endpoints")
      return nil
    }
    guard items.count <= PolicyBook.maxGroups else {
      faults.add(
        .limit, at: node.position,
        "there are \(items.count) groups, and the limit is \(PolicyBook.maxGroups)",
        remedy: "put endpoints of the same rules into one group")
      return nil
    }
    return faults.collect(items, "group", name: \.name, readGroup)
  }

  private func readGroup(_ node: Node) -> PolicyBook.Group? {
    let known = [
      "name", "endpoints", "ackWithin", "attempts", "expiresAfter", "concurrency", "priority",
      "whenDegraded",
    ]
    guard let fields = Fields(node, "a group", known: known, form: .file, faults: faults) else {
      return nil
    }
    let name = fields.text("name", "hq", maxCharacters: Words.maxToolName)
    if let name, !Words.isToolName(name), let value = fields["name"] {
      faults.add(
        .format, at: value.position, "\"\(excerpt(name))\" is no name of a group",
        remedy: "begin with a letter, go on with letters, digits, dots, dashes and underscores")
    }
    let endpoints = fields.required("endpoints", "[web-01, \"db-*\"]").flatMap { patterns($0) }
    let ack = duration(fields, "ackWithin", Bounds.ackWithinMs)
    let expires = duration(fields, "expiresAfter", Bounds.expiresAfterMs)
    let attempts =
      fields.has("attempts")
      ? fields.int("attempts", default: 1, in: Bounds.deliveryAttempts) : nil
    let concurrency =
      fields.has("concurrency")
      ? fields.int("concurrency", default: 1, in: Self.concurrency) : nil
    let priority = fields.int("priority", default: 0, in: Self.priorities)
    let degraded = fields.word("whenDegraded", default: PolicyBook.WhenDegraded.send)
    if let ack, let expires, ack > expires {
      faults.add(
        .limit, at: fields["ackWithin"]?.position ?? node.position,
        "ackWithin is longer than expiresAfter, so no offer could go unanswered in time",
        remedy: "shorten ackWithin, or lengthen expiresAfter")
    }
    guard let name, let endpoints, let priority, let degraded else { return nil }
    return PolicyBook.Group(
      name: name, endpoints: endpoints, ackWithin: ack, attempts: attempts, expiresAfter: expires,
      concurrency: concurrency, priority: priority, whenDegraded: degraded)
  }

  private func duration(_ fields: Fields, _ name: String, _ range: ClosedRange<Int>) -> Duration? {
    guard fields.has(name) else { return nil }
    return fields.duration(name, default: range.lowerBound, in: range).map { .milliseconds($0) }
  }

  private func patterns(_ node: Node) -> [String]? {
    guard let items = node.items, !items.isEmpty, items.count <= PolicyBook.maxPatterns else {
      faults.add(
        .type, at: node.position, "endpoints is \(node.spoken), not a list of names",
        remedy: "write 1 to \(PolicyBook.maxPatterns) names, such as [web-01, \"db-*\"]")
      return nil
    }
    var all: [String] = []
    for item in items where !item.isRefused {
      let text = item.string ?? ""
      let stem = text.hasSuffix("*") ? String(text.dropLast()) : text
      let isName = stem.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"):
          true
        default: false
        }
      }
      guard !text.isEmpty, text.utf8.count <= 64, isName else {
        faults.add(
          .format, at: item.position, "\(item.spoken) is no name of an endpoint",
          remedy: "write letters, digits, dots and hyphens, with at most one * at the end")
        continue
      }
      all.append(text)
    }
    return all
  }
}

extension Faults {
  /// Reads the items of a list whose names have to differ.
  func collect<Item>(
    _ items: [Node], _ kind: String, name: KeyPath<Item, String>, _ read: (Node) -> Item?
  ) -> [Item] {
    var names: [String: Position] = [:]
    return items.compactMap { node in
      guard let item = read(node) else { return nil }
      let known = item[keyPath: name]
      if let first = names.updateValue(node.position, forKey: known) {
        add(
          .value, at: node.position,
          "the \(kind) \"\(known)\" stands already at line \(first.line)",
          remedy: "give each \(kind) a name of its own")
      }
      return item
    }
  }
}

extension PolicyBook {
  package static func read(
    _ bytes: [UInt8], file: String, looksAtFiles: Bool = false
  ) -> Result<PolicyBook, DefinitionErrors> {
    let faults = Faults()
    let (root, isComplete) = Composer.tree(of: bytes, faults)
    if let root, isComplete,
      let book = PolicyReader(faults: faults, looksAtFiles: looksAtFiles).read(
        root, digest: "sha256:" + Hex.text(SHA256.digest(of: bytes)))
    {
      return .success(book)
    }
    return .failure(faults.errors(file: file))
  }
}
