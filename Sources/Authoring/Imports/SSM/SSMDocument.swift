internal import JSON

/// One document of Systems Manager: its parameters and its steps.
struct SSMDocument {
  let name: String
  private(set) var steps: [SSMStep] = []
  private(set) var notes: [Remark] = []

  /// People's documents have at most a few dozen.
  static let maxSteps = 200

  init(name: String) { self.name = name }

  mutating func read(_ json: JSON) throws(ItemRefusal) {
    guard let object = json.object else {
      throw ItemRefusal(.itemShape, "a document is an object, and this is \(json.kind)")
    }
    let version = object["schemaVersion"]?.string ?? object["schemaVersion"]?.number?.text ?? ""
    let parts: [(name: String, action: String, step: JSONObject)]
    switch version {
    case "2.0", "2.1", "2.2": parts = try mainSteps(object)
    case "1.2", "1.1": parts = try plugins(object)
    case "0.3":
      throw ItemRefusal(
        .ssmVersion,
        "it is an Automation runbook (schemaVersion 0.3), which calls AWS and runs on no endpoint")
    case "1.0" where object["sessionType"] != nil || object["inputs"] != nil:
      throw ItemRefusal(
        .ssmVersion, "it is a Session document, which sets up a session and runs nothing")
    default:
      throw ItemRefusal(
        .ssmVersion,
        (object["schemaVersion"].map { "its schemaVersion is \($0.shown)" }
          ?? "it has no schemaVersion")
          + "; documents with scripts have 1.2, 2.0 or 2.2")
    }
    let parameters = try SSMParameters(object["parameters"])
    let description = object["description"]?.string.map(Draft.paragraphs) ?? ""
    for (index, part) in parts.enumerated() {
      steps.append(
        SSMStep(
          document: name, description: description, parameters: parameters, name: part.name,
          action: part.action, json: part.step, number: index + 1, count: parts.count))
    }
    noteUnused(parameters, parts.map { JSON.object($0.step).compact }.joined())
  }

  /// A parameter that no step uses has no tool to go to.
  private mutating func noteUnused(_ parameters: SSMParameters, _ text: String) {
    let compact = text.filter { !$0.isWhitespace }
    for parameter in parameters.list
    where !compact.contains("{{\(parameter.name)}}") && !parameter.isVariable {
      notes.append(
        Remark(.argumentUndeclared, "no step uses the parameter \(parameter.name)"))
    }
  }

  private func mainSteps(
    _ object: JSONObject
  ) throws(ItemRefusal) -> [(name: String, action: String, step: JSONObject)] {
    guard let items = object["mainSteps"]?.array, !items.isEmpty, items.count <= Self.maxSteps
    else {
      throw ItemRefusal(
        .itemShape, "mainSteps has to be a list of 1 to \(Self.maxSteps) steps")
    }
    return items.enumerated().map { index, item in
      (
        item["name"]?.string.map(Draft.line) ?? "step\(index + 1)", item["action"]?.string ?? "",
        item.object ?? JSONObject()
      )
    }
  }

  /// Of version 1.2: plugins by their names, each with one or several sets of properties.
  private func plugins(
    _ object: JSONObject
  ) throws(ItemRefusal) -> [(name: String, action: String, step: JSONObject)] {
    guard let plugins = object["runtimeConfig"]?.object, !plugins.isEmpty else {
      throw ItemRefusal(.itemShape, "runtimeConfig has to name at least one plugin")
    }
    var parts: [(name: String, action: String, step: JSONObject)] = []
    for (action, plugin) in plugins.members {
      let properties = plugin["properties"] ?? plugin
      for (index, item) in (properties.array ?? [properties]).enumerated() {
        let short = action.split(separator: ":").last.map(String.init) ?? action
        let id = item["id"]?.string.map { Draft.line($0) } ?? ""
        let name =
          plugins.count > 1 || properties.array?.count ?? 1 > 1 ? "\(short)-\(index + 1)" : short
        parts.append(
          (
            id.isEmpty ? name : "\(short) \(id)", action,
            JSONObject([("inputs", item), ("action", .string(action))])
          ))
      }
    }
    guard parts.count <= Self.maxSteps, !parts.isEmpty else {
      throw ItemRefusal(.itemShape, "it has no step, or more than \(Self.maxSteps)")
    }
    return parts
  }
}
