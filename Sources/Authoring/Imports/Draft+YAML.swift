internal import JSON

extension Draft {
  /// The marker that a person has to remove, in the file and in what callers read.
  static let review = "TODO(review)"

  private static let maxTitle = 100
  private static let maxOrigin = 200
  private static let maxDescription = 3_500

  /// The definition as a file.
  func yaml(name: String, gaps: [Remark]) -> String {
    var yaml = YAMLText()
    yaml.comment("Imported from \(shownOrigin).")
    yaml.comment(
      "\(Self.review): an import knows nothing of what the script does. Set effects, approval, exit"
        + " codes, limits and the schema of the result, write tests, then remove this marker.")
    for gap in gaps { yaml.comment("\(Self.review): \(gap.message) [\(gap.code.rawValue)]") }
    yaml.line("signalbox: 1")
    yaml.member("name", .string(name), level: 0)
    yaml.line("version: \(version)")
    yaml.member("title", .string(shownTitle), level: 0)
    yaml.member("description", .string(shownDescription), level: 0)
    yaml.line(
      "effects: {readOnly: false, destructive: true, idempotent: false, openWorld: true}")
    yaml.line("approval: operator")
    yaml.member("arguments", argumentsSchema, level: 0)
    yaml.line("run:")
    for variant in variants { yaml.item(json(of: variant), level: 1) }
    yaml.line("result: {parse: text}")
    yaml.line("exitCodes: {0: succeeded}")
    yaml.line("limits: {run: \(Self.duration(runSeconds ?? Self.standardRunSeconds))}")
    if !secrets.isEmpty {
      yaml.member("redact", .array(secrets.map(JSON.string)), level: 0)
    }
    return yaml.lines
  }

  static let standardRunSeconds = 90

  private static func duration(_ seconds: Int) -> String {
    if seconds.isMultiple(of: 3_600) { return "\(seconds / 3_600)h" }
    return seconds.isMultiple(of: 60) ? "\(seconds / 60)m" : "\(seconds)s"
  }

  /// A name that somebody made up may be as long as the file.
  private var shownOrigin: String { Self.line(origin).cut(to: Self.maxOrigin) }

  private var shownTitle: String {
    let text = Self.shortened(Self.line(title), Self.maxTitle)
    return text.isEmpty ? "Imported tool" : text
  }

  private var shownDescription: String {
    let text = Self.shortened(Self.paragraphs(description), Self.maxDescription)
    let marker = "\(Self.review): imported from \(shownOrigin), and not reviewed."
    let warning = takesDown ? "The script can restart or shut down the endpoint." : ""
    let lines = [text, warning, Self.line(marker)].filter { !$0.isEmpty }
    return lines.joined(separator: "\n") + "\n"
  }

  var isShortened: Bool {
    Self.line(title).unicodeScalars.count > Self.maxTitle
      || Self.paragraphs(description).unicodeScalars.count > Self.maxDescription
  }

  private var argumentsSchema: JSON {
    var schema = JSONObject([("type", "object"), ("additionalProperties", false)])
    let required = arguments.filter(\.isRequired).map { JSON.string($0.name) }
    if !required.isEmpty { schema["required"] = .array(required) }
    if !arguments.isEmpty {
      schema["properties"] = .object(
        JSONObject(arguments.map { ($0.name, JSON.object($0.schema)) }))
    }
    return .object(schema)
  }

  private var secrets: [String] {
    arguments.flatMap { argument in
      argument.isSecret
        ? [argument.pointer]
        : argument.secretMembers.map { argument.pointer + "/" + JSONPointer.escaped($0) }
    }
  }

  private func json(of variant: Variant) -> JSON {
    var json = JSONObject()
    var when = JSONObject()
    if !variant.os.isEmpty { when["os"] = Self.oneOrMany(variant.os) }
    if !variant.commands.isEmpty { when["commands"] = Self.oneOrMany(variant.commands) }
    if !when.isEmpty { json["when"] = .object(when) }
    json["with"] = .string(variant.executor)
    if let interpreter = variant.interpreter { json["interpreter"] = .string(interpreter) }
    var input = JSONObject()
    if !variant.environment.isEmpty {
      input["env"] = .object(
        JSONObject(variant.environment.map { ($0.name, JSON.string(pointer(to: $0.argument))) }))
    }
    if !variant.argumentList.isEmpty {
      input["argv"] = .array(variant.argumentList.map { .string(pointer(to: $0)) })
    }
    if variant.hasStdin { input["stdin"] = "json" }
    if !input.isEmpty { json["input"] = .object(input) }
    json["script"] = .string(variant.script)
    return .object(json)
  }

  private func pointer(to name: String) -> String { "/" + JSONPointer.escaped(name) }

  private static func oneOrMany(_ words: [String]) -> JSON {
    words.count == 1 ? .string(words[0]) : .array(words.map(JSON.string))
  }

  // MARK: Texts for people

  private static func shortened(_ text: String, _ limit: Int) -> String {
    guard text.unicodeScalars.count > limit else { return text }
    var cut = String.UnicodeScalarView()
    cut.append(contentsOf: text.unicodeScalars.prefix(limit - 1))
    return String(cut) + "…"
  }

  static func line(_ text: String) -> String {
    text.unicodeScalars.split { $0.properties.isWhitespace || isControl($0) }
      .map { String($0) }.joined(separator: " ")
  }

  /// Lines without blanks at their ends, and without more than one empty one between them.
  static func paragraphs(_ text: String) -> String {
    var lines: [String] = []
    let unified = text.unicodeScalars.split(omittingEmptySubsequences: false) { $0 == "\n" }
    for part in unified {
      var line = ""
      for scalar in part {
        if isControl(scalar) {
          line += " "
        } else {
          line.unicodeScalars.append(scalar)
        }
      }
      while line.unicodeScalars.last.map(\.properties.isWhitespace) ?? false { line.removeLast() }
      if line.isEmpty, lines.last?.isEmpty ?? true { continue }
      lines.append(line)
    }
    while lines.last?.isEmpty ?? false { lines.removeLast() }
    return lines.joined(separator: "\n")
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    YAMLText.mustEscape(scalar) || scalar.properties.generalCategory == .control
  }
}
