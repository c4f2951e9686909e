internal import JSON

/// The arguments of a tool from the parameters of a PowerShell script, and how they get there.
struct ScriptParameters {
  private(set) var arguments: [Draft.Argument] = []
  private(set) var bindings: [PowerShellFrame.Binding] = []
  private var names = ArgumentNames()

  init(
    _ block: ParamBlock, _ help: CommentHelp, _ remarks: inout Remarks
  ) throws(ItemRefusal) {
    let sets = Set(block.parameters.flatMap { Self.sets(of: $0) })
    for parameter in block.parameters {
      try take(parameter, help, hasSets: sets.count > 1, &remarks)
    }
  }

  /// The argument of a parameter, by the parameter's name without regard to case.
  func argument(for parameter: String) -> Draft.Argument? {
    guard
      let binding = bindings.first(where: { $0.parameter.lowercased() == parameter.lowercased() })
    else { return nil }
    return arguments.first { $0.name == binding.argument }
  }

  private static func sets(of parameter: ParamBlock.Parameter) -> [String] {
    parameter.attributes(named: "parameter").compactMap {
      $0.named["parametersetname"].flatMap(PowerShellLiteral.string)?.lowercased()
    }
  }

  // MARK: One parameter

  private mutating func take(
    _ parameter: ParamBlock.Parameter, _ help: CommentHelp, hasSets: Bool,
    _ remarks: inout Remarks
  ) throws(ItemRefusal) {
    let type = ParameterType(parameter.type ?? Self.impliedType(parameter))
    let isMandatory = Self.isMandatory(parameter, hasSets: hasSets, &remarks)
    guard type.kind != .code else {
      guard !isMandatory else {
        throw ItemRefusal(
          .argumentType,
          "the parameter \(parameter.name) takes code (a script block), and no argument does")
      }
      remarks.gap(
        .argumentType,
        "the parameter \(parameter.name) takes code (a script block), and is left out")
      return
    }
    let name = names.name(for: parameter.name)
    if name != parameter.name {
      remarks.note(.argumentName, "the parameter \(parameter.name) is the argument \(name)")
    }
    var argument = Draft.Argument(name, type.schema)
    argument.isRequired = isMandatory
    describe(&argument, parameter, help)
    if type.kind == .unknown {
      remarks.gap(
        .argumentType,
        "\(name) has the type [\(parameter.type ?? "")], which is text here; PowerShell converts it"
      )
    }
    Self.secure(&argument, type, &remarks)
    if type.kind != .credential {
      var checks = ParameterChecks(parameter, argument: argument.name)
      checks.apply(to: &argument.schema, &remarks)
    }
    Self.setDefault(&argument, parameter, type, &remarks)
    arguments.append(argument)
    bindings.append(
      PowerShellFrame.Binding(argument: name, parameter: parameter.name, kind: type.kind))
  }

  /// A default tells the type where none is written.
  private static func impliedType(_ parameter: ParamBlock.Parameter) -> String? {
    switch parameter.defaultSource.flatMap(PowerShellLiteral.value) {
    case .number(let number)?: number.isInteger ? "int" : "double"
    case .bool?: "bool"
    case .array?: "string[]"
    case .object?: "hashtable"
    case .null?, .string?, nil: nil
    }
  }

  private static func isMandatory(
    _ parameter: ParamBlock.Parameter, hasSets: Bool, _ remarks: inout Remarks
  ) -> Bool {
    let attributes = parameter.attributes(named: "parameter").filter { $0.isTrue("mandatory") }
    guard let first = attributes.first else { return false }
    guard hasSets, first.named["parametersetname"] != nil else { return true }
    remarks.gap(
      .argumentSets,
      "\(parameter.name) is mandatory in one of several parameter sets; here it is optional, and"
        + " PowerShell refuses what does not go together")
    return false
  }

  private func describe(
    _ argument: inout Draft.Argument, _ parameter: ParamBlock.Parameter, _ help: CommentHelp
  ) {
    let message = parameter.attributes(named: "parameter")
      .compactMap { $0.named["helpmessage"].flatMap(PowerShellLiteral.string) }.first
    let texts = [
      help.parameters[parameter.name.lowercased()], message, Draft.line(parameter.comment),
    ]
    guard let text = texts.compactMap({ $0 }).map(Draft.paragraphs).first(where: { !$0.isEmpty })
    else { return }
    argument.schema["description"] = .string(text)
  }

  private static func secure(
    _ argument: inout Draft.Argument, _ type: ParameterType, _ remarks: inout Remarks
  ) {
    switch type.kind {
    case .secureString: argument.isSecret = true
    case .credential:
      argument.schema["additionalProperties"] = false
      argument.schema["required"] = ["userName", "password"]
      argument.schema["properties"] = [
        "userName": ["type": "string", "minLength": 1], "password": ["type": "string"],
      ]
      argument.secretMembers = ["password"]
    case .value, .flag, .table, .code, .unknown:
      guard argument.schema["type"] == "string", SecretName.isSecret(argument.name) else { return }
      argument.isSecret = true
      remarks.note(.secretByName, "\(argument.name) is taken for a secret because of its name")
    }
  }

  private static func setDefault(
    _ argument: inout Draft.Argument, _ parameter: ParamBlock.Parameter, _ type: ParameterType,
    _ remarks: inout Remarks
  ) {
    guard !argument.isRequired, type.kind != .credential,
      let source = parameter.defaultSource
    else { return }
    guard let value = PowerShellLiteral.value(of: source) else {
      remarks.note(
        .argumentDefault,
        "the default of \(argument.name) is computed by the script: \(Draft.line(source))")
      return
    }
    guard value != .null else { return }
    guard !argument.isSecret else {
      if value != "" {
        remarks.gap(
          .secretUnredacted,
          "the default of the secret \(argument.name) stays in the text of the script, which everyone"
            + " can read")
      }
      return
    }
    argument.schema["default"] = Coercion.value(value, to: argument.schema)
  }
}

/// Values in the type that a schema asks for, where the other program would have converted them.
enum Coercion {
  static func value(_ value: JSON, to schema: JSONObject) -> JSON {
    switch (schema["type"]?.string, value) {
    case ("string", .number(let number)): return .string(number.text)
    case ("string", .bool(let bool)): return .string(bool ? "True" : "False")
    case ("integer", .string(let text)), ("number", .string(let text)):
      return JSONNumber(text).map(JSON.number) ?? value
    case ("boolean", .number(let number)): return .bool(number.int != 0)
    case ("boolean", .string(let text)):
      switch text.lowercased() {
      case "true", "$true", "1", "yes": return true
      case "false", "$false", "0", "no": return false
      default: return value
      }
    case ("array", .array(let items)):
      guard let inner = schema["items"]?.object else { return value }
      return .array(items.map { self.value($0, to: inner) })
    case ("array", .string), ("array", .number), ("array", .bool):
      return self.value(.array([value]), to: schema)
    default: return value
    }
  }
}
