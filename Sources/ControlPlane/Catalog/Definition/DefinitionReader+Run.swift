internal import JSON
internal import Tools

extension DefinitionReader {
  static let maxVariants = 16
  static let maxScriptBytes = 256 << 10

  /// The list of variants in canonical form.
  func readRun(
    _ fields: Fields, _ arguments: ArgumentsPart?, _ secrets: [JSONPointer]?
  ) -> JSON? {
    guard let node = fields.required("run", "[{with: shell, script: …}]") else { return nil }
    guard let items = node.items, (1...Self.maxVariants).contains(items.count) else {
      faults.add(
        .type, at: node.position, "run is \(node.spoken) of \(node.items?.count ?? 0)",
        remedy: "write a list of 1 to \(Self.maxVariants) variants")
      return nil
    }
    let reader = VariantReader(reader: self, arguments: arguments, secrets: secrets ?? [])
    let variants = items.map { reader.read($0) }
    refuseUnreachable(variants.map { $0?.when }, items)
    let whole = variants.compactMap { $0 }
    guard whole.count == items.count else { return nil }
    if let arguments { refuseUnused(arguments, whole.map(\.input)) }
    return .array(whole.map(\.json))
  }

  /// A variant after one that holds wherever it would hold never runs.
  private func refuseUnreachable(_ conditions: [Variant.Conditions?], _ items: [Node]) {
    for (index, later) in conditions.enumerated() {
      guard let later else { continue }
      let earlier = conditions[..<index].firstIndex { $0?.holds(wherever: later) ?? false }
      guard let earlier else { continue }
      faults.add(
        .unreachable, at: items[index].position,
        "this variant never runs: number \(earlier + 1) holds wherever it does",
        remedy: "put the more particular one first, or ask for more in its \"when\"")
    }
  }

  /// An argument that reaches no variant would be taken and ignored.
  private func refuseUnused(_ arguments: ArgumentsPart, _ inputs: [Input]) {
    guard !inputs.contains(where: \.hasStdin) else { return }
    let bound = inputs.flatMap { $0.environment.map(\.pointer) + $0.arguments }
      .compactMap(\.tokens.first)
    for member in arguments.properties where !bound.contains(where: member.key.isExactly) {
      faults.add(
        .argumentUnused, at: member.keyPosition,
        "the argument \(excerpt(member.key)) reaches no variant",
        remedy: "bind it under \"input\", or remove it")
    }
  }
}

/// Reads one element of `run`.
struct VariantReader {
  struct Part {
    let when: Variant.Conditions
    let input: Input
    let json: JSON
  }

  let reader: DefinitionReader
  let arguments: ArgumentsPart?
  let secrets: [JSONPointer]

  var faults: Faults { reader.faults }

  func read(_ node: Node) -> Part? {
    let known = ["when", "with", "interpreter", "input", "runAs", "needs", "script", "native"]
    guard let fields = reader.fields(node, "run", known) else { return nil }
    let when = readWhen(fields)
    let executor = readExecutor(fields)
    if executor == Self.nativeExecutor || fields.has("native") {
      return readNative(fields, when, executor)
    }
    let interpreter = readInterpreter(fields)
    let input = readInput(fields)
    let surroundings = readSurroundings(fields)
    let script = readScript(fields)
    guard let when, let executor, let interpreter, let input, let surroundings, let script else {
      return nil
    }
    return Part(
      when: when, input: input,
      json: .object(
        JSONObject(
          [
            ("when", when.json), ("with", .string(executor)), ("interpreter", interpreter),
            ("input", input.json), ("script", .string(script)),
          ] + surroundings)))
  }

  /// As whom it runs, and what it is given besides its input; in canonical form, where it says so.
  private func readSurroundings(_ fields: Fields) -> [(String, JSON)]? {
    var members: [(String, JSON)] = []
    if fields.has("runAs") {
      guard let node = fields["runAs"] else { return nil }
      guard let name = node.string, Words.isUserName(name) else {
        faults.add(
          .value, at: node.position, "runAs is \(node.spoken), no name of a user",
          remedy: "write the name of a user of the endpoint, such as nobody")
        return nil
      }
      members.append(("runAs", .string(name)))
    }
    let known = Variant.Need.allCases.map(\.rawValue)
    let needs = words(fields, "needs", "need") { text, node in
      guard !known.contains(text) else { return true }
      faults.add(
        .value, at: node.position, "\"\(excerpt(text))\" is nothing that a script can need",
        remedy: Suggestion.remedy(for: text, among: known, called: "needs"))
      return false
    }
    guard let needs else { return nil }
    // In one order: it says nothing.
    if !needs.isEmpty { members.append(("needs", .array(needs.sorted().map(JSON.string)))) }
    return members
  }

  private func readWhen(_ fields: Fields) -> Variant.Conditions? {
    guard fields.has("when") else { return Variant.Conditions(os: [], commands: []) }
    guard let node = fields["when"], let when = reader.fields(node, "when", ["os", "commands"])
    else { return nil }
    let os = words(when, "os", "platform") { text, node in
      guard !Variant.Conditions.platforms.contains(text) else { return true }
      faults.add(
        .value, at: node.position, "\"\(excerpt(text))\" is no platform",
        remedy: Suggestion.remedy(
          for: text, among: Variant.Conditions.platforms, called: "platforms"))
      return false
    }
    let commands = words(when, "commands", "command") { text, node in
      guard !Words.isCommandName(text) else { return true }
      faults.add(
        .value, at: node.position, "\"\(excerpt(text))\" is no name of a command",
        remedy: "write the name that is looked up on the path, such as systemctl")
      return false
    }
    guard let os, let commands else { return nil }
    return Variant.Conditions(os: os, commands: commands)
  }

  /// One word or a list of different words.
  private func words(
    _ fields: Fields, _ name: String, _ thing: String, _ isRight: (String, Node) -> Bool
  ) -> [String]? {
    guard fields.has(name) else { return [] }
    guard let node = fields[name] else { return nil }
    let items = node.string == nil ? node.items : [node]
    // An empty list asks for nothing in the canonical form, and is a slip in a file.
    guard let items, items.count <= 16, !items.isEmpty || fields.form == .stored else {
      fields.wrongType(name, node, "a \(thing) or a list of up to 16")
      return nil
    }
    var words: [String] = []
    for item in items where !item.isRefused {
      guard let text = item.string else {
        fields.wrongType(name, item, "a string")
        continue
      }
      guard isRight(text, item) else { continue }
      guard !words.contains(text) else {
        faults.add(
          .value, at: item.position, "\"\(text)\" is here for the second time",
          remedy: "remove one of the two")
        continue
      }
      words.append(text)
    }
    return words.count == items.count ? words : nil
  }

  private func readExecutor(_ fields: Fields) -> String? {
    guard let node = fields.required("with", "shell") else { return nil }
    guard let name = node.string, Words.isExecutorName(name) else {
      faults.add(
        .value, at: node.position, "with is \(node.spoken), no name of an executor",
        remedy: "write shell, powershell, osascript, native, or the name of your plugin's executor")
      return nil
    }
    return name
  }

  /// - Returns: JSON null where the executor is to choose.
  private func readInterpreter(_ fields: Fields) -> JSON? {
    guard fields.has("interpreter") else { return .null }
    guard let node = fields["interpreter"] else { return nil }
    if fields.form == .stored, case .null = node.value { return .null }
    guard let path = node.string, Words.isAbsolutePath(path) else {
      faults.add(
        .value, at: node.position, "interpreter is \(node.spoken), not an absolute path",
        remedy: "write the whole path, such as /bin/bash, or leave it out")
      return nil
    }
    return .string(path)
  }

  private func readScript(_ fields: Fields) -> String? {
    guard let node = fields.required("script", "|") else { return nil }
    guard let script = node.string else {
      fields.wrongType("script", node, "a string")
      return nil
    }
    let count = script.utf8.count
    guard !script.isBlank, count <= DefinitionReader.maxScriptBytes else {
      faults.add(
        .script, at: node.position, "the script has \(count) bytes",
        remedy: "write 1 to \(DefinitionReader.maxScriptBytes), not all of them blank")
      return nil
    }
    guard !script.utf8.contains(0), !script.utf8.contains(UInt8(ascii: "\r")) else {
      faults.add(
        .script, at: node.position, "the script contains NUL or a carriage return",
        remedy: "remove it; write it as an escape of the script's own language")
      return nil
    }
    refuseTemplates(script, node)
    return script
  }
}

// MARK: - Templates

extension VariantReader {
  /// Words between `{{` and `}}` that templates of other programs use, such as `docker --format`.
  private static let foreignWords: Set<String> = ["end", "else", "break", "continue"]

  /// Nothing fills templates here. A marker would reach the endpoint as it is; and its author
  /// believes that arguments become part of the script, which they never do.
  private func refuseTemplates(_ script: String, _ node: Node) {
    for (index, line) in script.split(separator: "\n", omittingEmptySubsequences: false)
      .enumerated()
    {
      for (marker, name) in Self.markers(in: line) where isArgument(name) {
        faults.add(
          .template, at: position(of: marker, inLine: index, of: node),
          "\"\(excerpt(marker))\" is no way to an argument: nothing is put into a script's text",
          remedy: "bind it with \"input: {env: {NAME: /\(excerpt(name))}}\" and write \"$NAME\"")
      }
    }
  }

  private func isArgument(_ name: String) -> Bool {
    let isDeclared = arguments?.properties.contains { $0.key.isExactly(name) } ?? false
    return isDeclared || !Self.foreignWords.contains(name)
  }

  private func position(of marker: String, inLine index: Int, of node: Node) -> Position {
    guard node.style == .literal, let source = reader.source else { return node.position }
    return source.position(of: marker, inLine: node.position.line + 1 + index)
  }

  /// `{{name}}`, with what stands around the name: blanks, `/`, `args.`, `arguments.`.
  private static func markers(in line: Substring) -> [(marker: String, name: String)] {
    var found: [(String, String)] = []
    let bytes = Array(line.utf8)
    var index = 0
    while let start = position(of: "{{", in: bytes, from: index) {
      guard let end = position(of: "}}", in: bytes, from: start + 2) else { break }
      let marker = String(decoding: bytes[start..<(end + 2)], as: UTF8.self)
      if let name = name(in: String(decoding: bytes[(start + 2)..<end], as: UTF8.self)) {
        found.append((marker, name))
      }
      index = start + 2
    }
    return found
  }

  private static func position(of text: StaticString, in bytes: [UInt8], from start: Int) -> Int? {
    let needle = text.withUTF8Buffer { Array($0) }
    guard start + needle.count <= bytes.count else { return nil }
    return (start...(bytes.count - needle.count)).first {
      bytes[$0] == needle[0] && bytes[$0 + 1] == needle[1]
    }
  }

  private static func name(in text: String) -> String? {
    var name = text.split(separator: " ").joined(separator: " ")
    for prefix in ["/", "args.", "arguments.", ".args.", ".arguments.", "inputs."]
    where name.hasPrefix(prefix) {
      name = String(name.dropFirst(prefix.count))
      break
    }
    return Words.isArgumentName(name) || Words.isVariableName(name) ? name : nil
  }
}
