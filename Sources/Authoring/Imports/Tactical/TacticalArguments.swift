internal import Catalog
internal import JSON

/// Brings the arguments and variables that a script is given by default together with what it takes.
struct TacticalArguments {
  var arguments: [Draft.Argument]
  private var names = ArgumentNames()

  init(_ arguments: [Draft.Argument]) {
    self.arguments = arguments
    for argument in arguments { _ = names.name(for: argument.name) }
  }

  // MARK: Parameters of PowerShell

  mutating func bind(
    _ words: [TacticalWord], to parameters: ScriptParameters, _ remarks: inout Remarks
  ) {
    var rest = words[...]
    var free = arguments.map(\.name)
    while let word = rest.popFirst() {
      guard let (name, attached) = Self.parameter(word) else {
        bindPositional(word, &free, &remarks)
        continue
      }
      guard let argument = parameters.argument(for: name) else {
        let value = attached ?? Self.value(&rest)
        remarks.gap(
          .argumentUndeclared,
          "the default arguments name -\(name), which the script does not declare"
            + (value.map { ": \($0.source.quoted()) is left out" } ?? "; it is left out"))
        continue
      }
      free.removeAll { $0 == argument.name }
      if let attached {
        set(argument.name, attached, isQuoted: true, &remarks)
      } else if rest.first.map({ Self.parameter($0) == nil }) ?? false, let next = rest.popFirst() {
        if Self.isPlaceholder(next) {
          let words = [next] + Self.takePlaceholder(&rest, next)
          placeholder(argument.name, words, &remarks)
        } else {
          set(argument.name, next.template, isQuoted: next.isQuoted, &remarks)
        }
      } else {
        set(argument.name, true)
      }
    }
  }

  /// `-Name`, `-Name:value`, `-Name=value` and `-Name{{value}}`.
  private static func parameter(
    _ word: TacticalWord
  ) -> (name: String, attached: TacticalTemplate?)? {
    guard !word.isQuoted, case .text(let text)? = word.template.pieces.first, text.hasPrefix("-")
    else { return nil }
    let body = text.drop { $0 == "-" }
    guard body.first.map({ $0.isLetter || $0 == "_" }) ?? false else { return nil }
    let name = body.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" }
    let source = String(word.template.source.dropFirst(text.count - body.count + name.count))
    guard !source.isEmpty else { return (String(name), nil) }
    let value = source.first == ":" || source.first == "=" ? String(source.dropFirst()) : source
    return (String(name), TacticalTemplate(value))
  }

  private static func value(_ rest: inout ArraySlice<TacticalWord>) -> TacticalTemplate? {
    guard let next = rest.first, parameter(next) == nil else { return nil }
    rest.removeFirst()
    return next.template
  }

  /// `{(install) | uninstall}`, `[Microsoft Kb #]` and `<string>` tell people what to write.
  private static func isPlaceholder(_ word: TacticalWord) -> Bool {
    guard !word.isQuoted, case .text(let text)? = word.template.pieces.first else { return false }
    return text.hasPrefix("{") || text.hasPrefix("[") || text.hasPrefix("<")
  }

  private static func takePlaceholder(
    _ rest: inout ArraySlice<TacticalWord>, _ first: TacticalWord
  ) -> [TacticalWord] {
    let opening = first.template.source.first
    let closing = opening == "{" ? "}" : opening == "[" ? "]" : ">"
    guard !first.template.source.hasSuffix(closing) else { return [] }
    var taken: [TacticalWord] = []
    while let next = rest.first, parameter(next) == nil {
      rest.removeFirst()
      taken.append(next)
      if next.template.source.hasSuffix(closing) { break }
    }
    return taken
  }

  private func placeholder(_ name: String, _ words: [TacticalWord], _ remarks: inout Remarks) {
    let text = words.map(\.template.source).joined(separator: " ")
    remarks.gap(
      .argumentPlaceholder,
      "the default argument of \(name) describes a value and is none: \(text.quoted()); bound the"
        + " argument by it")
  }

  private mutating func bindPositional(
    _ word: TacticalWord, _ free: inout [String], _ remarks: inout Remarks
  ) {
    guard let name = free.first, !Self.isPlaceholder(word) else {
      remarks.gap(
        .argumentPositional,
        "the default argument \(word.template.source.quoted()) fits no parameter, and is left out")
      return
    }
    free.removeFirst()
    set(name, word.template, isQuoted: word.isQuoted, &remarks)
  }

  // MARK: Values

  private mutating func set(_ name: String, _ value: JSON) {
    guard let index = arguments.firstIndex(where: { $0.name == name }) else { return }
    arguments[index].schema["default"] = Coercion.value(value, to: arguments[index].schema)
    arguments[index].isRequired = false
  }

  private mutating func set(
    _ name: String, _ template: TacticalTemplate, isQuoted: Bool, _ remarks: inout Remarks
  ) {
    guard let index = arguments.firstIndex(where: { $0.name == name }) else { return }
    if let literal = template.literal {
      let isList = arguments[index].schema["type"] == "array"
      let value: JSON =
        isList
        ? .array(literal.split(separator: ",").map { .string(Draft.line(String($0))) })
        : !isQuoted && literal.lowercased() == "$true"
          ? true
          : !isQuoted && literal.lowercased() == "$false" ? false : .string(literal)
      set(name, value)
      return
    }
    require(index, template, &remarks)
  }

  /// What Tactical RMM filled in, a caller has to give.
  private mutating func require(
    _ index: Int, _ template: TacticalTemplate, _ remarks: inout Remarks
  ) {
    let name = arguments[index].name
    arguments[index].isRequired = true
    arguments[index].schema["default"] = nil
    describe(index, "Tactical RMM filled in \(template.source).")
    if !arguments[index].isSecret, arguments[index].schema["type"] == "string",
      template.templates.contains(where: SecretName.isSecret)
    {
      arguments[index].isSecret = true
      remarks.note(
        .secretByName, "\(name) is taken for a secret, because \(template.source) fills it in")
    }
    if template.sole != nil {
      remarks.note(.argumentTemplate, "\(template.source) is the argument \(name) now")
    } else {
      remarks.gap(
        .argumentComposed,
        "\(template.source) was put together by Tactical RMM; callers give \(name) as a whole")
    }
  }

  private mutating func describe(_ index: Int, _ text: String) {
    let before = arguments[index].schema["description"]?.string
    arguments[index].schema["description"] = .string(before.map { $0 + "\n" + text } ?? text)
  }

  // MARK: Arguments by their place

  /// One string for each argument of a script that takes them by their place.
  /// - Parameter count: how many the script reads.
  /// - Returns: their names in order.
  mutating func addPositional(
    _ words: [TacticalTemplate], count: Int, _ remarks: inout Remarks
  ) -> [String] {
    var positions: [String] = []
    for (number, word) in words.enumerated() {
      let text = word.sole ?? "arg\(number + 1)"
      let name = names.name(for: text)
      arguments.append(Draft.Argument(name, JSONObject([("type", "string")])))
      positions.append(name)
      if let literal = word.literal {
        arguments[arguments.count - 1].schema["default"] = .string(literal)
      } else {
        require(arguments.count - 1, word, &remarks)
      }
    }
    guard count > words.count else { return positions }
    for number in (words.count + 1)...count {
      let name = names.name(for: "arg\(number)")
      arguments.append(
        Draft.Argument(
          name, JSONObject([("type", "string"), ("description", .string("Argument \(number)."))])))
      positions.append(name)
    }
    return positions
  }

  // MARK: Variables

  /// `NAME=value` entries, which Tactical RMM puts into the environment.
  /// - Returns: the variables and the arguments that they come from.
  mutating func addVariables(
    _ entries: [String], _ remarks: inout Remarks
  ) -> [(name: String, argument: String)] {
    var bound: [(name: String, argument: String)] = []
    for entry in entries {
      let parts = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let variable = Draft.line(String(parts[0]))
      guard Catalog.mayBind(variable: variable),
        !bound.contains(where: { $0.name == variable })
      else {
        remarks.gap(
          .environmentName,
          "the variable \(variable.quoted()) cannot be set by an argument, and is"
            + " left out")
        continue
      }
      let name = names.name(for: variable)
      var argument = Draft.Argument(name, JSONObject([("type", "string")]))
      argument.isSecret = SecretName.isSecret(variable)
      if argument.isSecret {
        remarks.note(.secretByName, "\(name) is taken for a secret because of its name")
      }
      arguments.append(argument)
      let template = TacticalTemplate(parts.count > 1 ? String(parts[1]) : "")
      if let literal = template.literal {
        if parts.count > 1, !argument.isSecret {
          arguments[arguments.count - 1].schema["default"] = .string(literal)
        }
      } else {
        require(arguments.count - 1, template, &remarks)
      }
      bound.append((variable, name))
    }
    return bound
  }
}
