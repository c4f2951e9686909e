internal import JSON

/// The `Validate…` attributes of one parameter, as keywords of its schema. PowerShell checks them
/// again, so what cannot be said in the schema is found later and not never.
struct ParameterChecks {
  private let parameter: ParamBlock.Parameter
  private let argument: String

  init(_ parameter: ParamBlock.Parameter, argument: String) {
    self.parameter = parameter
    self.argument = argument
  }

  mutating func apply(to schema: inout JSONObject, _ remarks: inout Remarks) {
    let isList = schema["type"] == "array"
    var item = isList ? schema["items"]?.object ?? JSONObject() : schema
    for attribute in parameter.attributes {
      switch attribute.name {
      case "validateset": set(attribute, &item, &remarks)
      case "validaterange": range(attribute, &item, &remarks)
      case "validatepattern": pattern(attribute, &item, &remarks)
      case "validatelength": bounds(attribute, "minLength", "maxLength", &item, &remarks)
      case "validatecount":
        if isList { bounds(attribute, "minItems", "maxItems", &schema, &remarks) }
      case "validatescript", "validatedrive", "validateuserdrive", "validatetrusteddata":
        unsaid(attribute, &remarks)
      default: break
      }
    }
    let refusesEmpty =
      parameter.has("validatenotnullorempty") || parameter.has("validatenotnullorwhitespace")
    let isMandatoryText =
      parameter.attributes(named: "parameter").contains { $0.isTrue("mandatory") }
      && !parameter.has("allowemptystring")
    if refusesEmpty || isMandatoryText, item["type"] == "string", item["minLength"] == nil,
      item["enum"] == nil
    {
      item["minLength"] = 1
    }
    if isList {
      if refusesEmpty, schema["minItems"] == nil { schema["minItems"] = 1 }
      if !item.isEmpty { schema["items"] = .object(item) }
    } else {
      schema = item
    }
  }

  private func unsaid(_ attribute: ParamBlock.Attribute, _ remarks: inout Remarks) {
    remarks.gap(
      .argumentCheck,
      "\(argument) is checked by the script alone (\(attribute.shown)), not by the schema")
  }

  private func set(
    _ attribute: ParamBlock.Attribute, _ item: inout JSONObject, _ remarks: inout Remarks
  ) {
    var values: [JSON] = []
    for source in attribute.positional {
      guard let value = PowerShellLiteral.value(of: source), value != .null else {
        unsaid(attribute, &remarks)
        return
      }
      let coerced = Coercion.value(value, to: item)
      if !values.contains(coerced) { values.append(coerced) }
    }
    if !values.isEmpty { item["enum"] = .array(values) }
  }

  private func range(
    _ attribute: ParamBlock.Attribute, _ item: inout JSONObject, _ remarks: inout Remarks
  ) {
    let kind = attribute.positional.first.map { source in
      (PowerShellLiteral.string(source) ?? source).lowercased()
    }
    switch kind {
    case "positive"?: item["exclusiveMinimum"] = 0
    case "nonnegative"?: item["minimum"] = 0
    case "negative"?: item["exclusiveMaximum"] = 0
    case "nonpositive"?: item["maximum"] = 0
    default: bounds(attribute, "minimum", "maximum", &item, &remarks)
    }
  }

  private func bounds(
    _ attribute: ParamBlock.Attribute, _ low: String, _ high: String, _ item: inout JSONObject,
    _ remarks: inout Remarks
  ) {
    guard attribute.positional.count == 2,
      let first = PowerShellLiteral.number(Self.bare(attribute.positional[0])),
      let second = PowerShellLiteral.number(Self.bare(attribute.positional[1]))
    else {
      unsaid(attribute, &remarks)
      return
    }
    item[low] = .number(first)
    item[high] = .number(second)
  }

  /// Without the quotation marks, parentheses and casts that some write around a number.
  private static func bare(_ source: String) -> String {
    let text = PowerShellLiteral.string(source) ?? source
    return text.filter { !$0.isWhitespace && $0 != "(" && $0 != ")" }
  }

  private func pattern(
    _ attribute: ParamBlock.Attribute, _ item: inout JSONObject, _ remarks: inout Remarks
  ) {
    guard let source = attribute.positional.first, let text = PowerShellLiteral.string(source)
    else {
      unsaid(attribute, &remarks)
      return
    }
    // RegexOptions.IgnoreCase unless the author says otherwise.
    let options = attribute.named["options"]?.lowercased() ?? "ignorecase"
    do throws(ForeignPattern.Untranslatable) {
      item["pattern"] = .string(
        try ForeignPattern.translate(
          text, .dotNet, ignoringCase: options.contains("ignorecase")))
    } catch {
      remarks.gap(
        .argumentPattern,
        "the pattern \(text.quoted()) of \(argument) is checked by the script alone: \(error.reason)"
      )
    }
  }
}
