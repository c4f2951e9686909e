internal import JSON

/// The parameters of a document as arguments.
struct SSMParameters {
  struct Parameter {
    let name: String
    let argument: Draft.Argument
    let remarks: Remarks
    /// `StringList`, as the document says.
    let type: String
    /// Systems Manager itself makes it a variable of the environment: `SSM_name`.
    let isVariable: Bool

    var variable: String { SSMParameters.variable(for: name) }
  }

  private(set) var list: [Parameter] = []
  private var names = ArgumentNames()

  static let maxParameters = 200

  init(_ json: JSON?) throws(ItemRefusal) {
    guard let json, json != .null else { return }
    guard let object = json.object, object.count <= Self.maxParameters else {
      throw ItemRefusal(
        .itemShape, "parameters has to be an object of at most \(Self.maxParameters) parameters")
    }
    for (name, value) in object.members {
      guard let definition = value.object else {
        throw ItemRefusal(
          .itemShape, "the parameter \(name.quoted()) is \(value.kind), and has to be an object")
      }
      list.append(try parameter(name, definition))
    }
  }

  subscript(_ name: String) -> Parameter? { list.first { $0.name == name } }

  static func variable(for name: String) -> String {
    "SSM_"
      + String(
        String.UnicodeScalarView(
          name.unicodeScalars.prefix(100).map { scalar in
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "_": scalar
            default: "_"
            }
          }))
  }

  private mutating func parameter(
    _ name: String, _ definition: JSONObject
  ) throws(ItemRefusal) -> Parameter {
    var remarks = Remarks()
    let type = definition["type"]?.string ?? ""
    let schema = Self.schema(of: type)
    var argument = Draft.Argument(names.name(for: name), schema ?? JSONObject([("type", "string")]))
    if schema == nil {
      remarks.gap(
        .argumentType, "\(name) has the type \(type.quoted()), which is text here")
    }
    if let text = definition["description"]?.string.map(Draft.paragraphs), !text.isEmpty {
      argument.schema["description"] = .string(text)
    }
    Self.setRules(&argument, definition, &remarks)
    Self.setDefault(&argument, definition, &remarks)
    if argument.schema["type"] == "string", SecretName.isSecret(name) {
      argument.isSecret = true
      remarks.note(.secretByName, "\(name) is taken for a secret because of its name")
    }
    return Parameter(
      name: name, argument: argument, remarks: remarks, type: type,
      isVariable: definition["interpolationType"] == "ENV_VAR")
  }

  private static func schema(of type: String) -> JSONObject? {
    switch type {
    case "String": JSONObject([("type", "string")])
    case "StringList": JSONObject([("type", "array"), ("items", ["type": "string"])])
    case "Integer": JSONObject([("type", "integer")])
    case "Boolean": JSONObject([("type", "boolean")])
    case "StringMap": JSONObject([("type", "object")])
    case "MapList": JSONObject([("type", "array"), ("items", ["type": "object"])])
    default: nil
    }
  }

  // MARK: Rules

  private static func setRules(
    _ argument: inout Draft.Argument, _ definition: JSONObject, _ remarks: inout Remarks
  ) {
    let isList = argument.schema["type"] == "array"
    var item = isList ? argument.schema["items"]?.object ?? JSONObject() : argument.schema
    if let values = definition["allowedValues"]?.array {
      var allowed: [JSON] = []
      for value in values {
        let value = Self.coerced(value, item)
        if !allowed.contains(value) { allowed.append(value) }
      }
      if !allowed.isEmpty { item["enum"] = .array(allowed) }
    }
    if let text = definition["allowedPattern"]?.string, item["type"] == "string" {
      do throws(ForeignPattern.Untranslatable) {
        item["pattern"] = .string(try ForeignPattern.translate(text, .java))
      } catch {
        remarks.gap(
          .argumentPattern,
          "the pattern \(text.quoted()) of \(argument.name) is left out: \(error.reason)")
      }
    }
    for (key, keyword) in [("minChars", "minLength"), ("maxChars", "maxLength")] {
      if let count = definition[key]?.int ?? definition[key]?.string.flatMap({ Int($0) }),
        count >= 0,
        item["type"] == "string"
      {
        item[keyword] = .int(count)
      }
    }
    if isList {
      argument.schema["items"] = .object(item)
      for key in ["minItems", "maxItems"] {
        if let count = definition[key]?.int, count >= 0 { argument.schema[key] = .int(count) }
      }
    } else {
      argument.schema = item
    }
  }

  private static func setDefault(
    _ argument: inout Draft.Argument, _ definition: JSONObject, _ remarks: inout Remarks
  ) {
    guard let standard = definition["default"], standard != .null else {
      argument.isRequired = true
      return
    }
    let text = standard.string ?? standard.array?.first?.string ?? ""
    guard !text.contains("{{") else {
      argument.isRequired = true
      remarks.gap(
        .ssmStored,
        "the default of \(argument.name) is \(text.quoted()), which Systems Manager fills in; callers"
          + " have to give it")
      return
    }
    argument.schema["default"] = Self.coerced(standard, argument.schema)
  }

  private static func coerced(_ value: JSON, _ schema: JSONObject) -> JSON {
    if schema["type"] == "string", let bool = value.bool { return .string(bool ? "true" : "false") }
    return Coercion.value(value, to: schema)
  }
}

extension Draft.Argument {
  /// The words of a schema's list; `nil` without one.
  private var listed: [JSON]? { schema["enum"]?.array }

  var isListed: Bool { listed != nil }

  private var isNumber: Bool { schema["type"] == "integer" || schema["type"] == "boolean" }

  /// Whether any value means nothing to programs that read it as theirs.
  var isTame: Bool {
    if isNumber { return true }
    if let listed {
      return listed.allSatisfy { ($0.string ?? "").unicodeScalars.allSatisfy(TamePattern.isTame) }
    }
    return schema["pattern"]?.string.map(TamePattern.isTame) ?? false
  }

  var isNumeric: Bool {
    if schema["type"] == "integer" { return true }
    if let listed {
      return listed.allSatisfy { ($0.string ?? "x").utf8.allSatisfy { 0x30...0x39 ~= $0 } }
    }
    return schema["pattern"]?.string.map(TamePattern.isNumeric) ?? false
  }

  /// Whether the document itself gives it values of several words.
  var isSeveralWords: Bool {
    guard schema["type"] == "string" else { return false }
    return ((listed ?? []) + [schema["default"] ?? ""]).contains { value in
      value.string?.contains { $0 == " " || $0 == "\n" } ?? false
    }
  }

  var mayHaveBlanks: Bool {
    if isNumber { return false }
    if let listed {
      return listed.contains {
        ($0.string ?? "").contains { $0.isWhitespace || "*?[".contains($0) }
      }
    }
    return !(schema["pattern"]?.string.map(TamePattern.hasNoBlanks) ?? false)
  }
}
