internal import JSON

/// One step of a document, which becomes one tool.
struct SSMStep {
  let document: String
  let description: String
  let parameters: SSMParameters
  let name: String
  let action: String
  let json: JSONObject
  let number: Int
  let count: Int

  /// Which of the document's steps it is; `nil` for the only one.
  var shownName: String? { count == 1 ? nil : "\(name) (step \(number) of \(count))" }

  func imported() throws(ItemRefusal) -> Imported {
    guard !action.isEmpty else {
      throw ItemRefusal(.itemShape, "the step has no action")
    }
    guard let inputs = json["inputs"]?.object else {
      throw ItemRefusal(.itemShape, "the inputs of \(action) are no object")
    }
    let language: SSMScript.Language
    switch action {
    case "aws:runShellScript": language = .shell
    case "aws:runPowerShellScript": language = .powerShell
    default:
      throw ItemRefusal(
        .ssmAction,
        "\(action.quoted()) is a part of the SSM agent and no script; there is no executor for it here"
      )
    }
    var remarks = Remarks()
    if count > 1 {
      remarks.gap(
        .ssmPart,
        "it is step \(number) of \(count) of \(document), which ran them one after the other")
    }
    var script = SSMScript(
      language: language, lines: try lines(inputs), parameters: parameters, document: document)
    var variant = try script.variant(
      workingDirectory: inputs["workingDirectory"], &remarks)
    variant.os = try platforms(language, &remarks)
    remarkFlow(inputs, &remarks)
    var draft = Draft(
      origin: "the SSM document \(document)" + (count > 1 ? ", step \(name)" : ""),
      title: count > 1 ? "\(document): \(name)" : document, description: text)
    draft.arguments = script.arguments
    draft.variants = [variant]
    draft.runSeconds = timeout(inputs, &remarks)
    return Imported(
      draft: draft, nameParts: ["ssm", document] + (count > 1 ? [name] : []), remarks: remarks)
  }

  private var text: String {
    let own = json["description"]?.string.map(Draft.paragraphs) ?? ""
    return [description, own].filter { !$0.isEmpty }.joined(separator: "\n\n")
  }

  // MARK: The script

  private func lines(_ inputs: JSONObject) throws(ItemRefusal) -> [String] {
    guard let value = inputs["runCommand"] else {
      throw ItemRefusal(.itemShape, "the step has no runCommand")
    }
    guard let items = value.array else {
      guard let text = value.string else {
        throw ItemRefusal(
          .itemShape, "runCommand is \(value.kind), and has to be a list of texts")
      }
      return [text]
    }
    guard items.count <= 100_000 else {
      throw ItemRefusal(.scriptTooLarge, "runCommand has \(items.count) lines")
    }
    var lines: [String] = []
    for item in items {
      guard let text = item.string ?? item.number?.text else {
        throw ItemRefusal(
          .itemShape,
          "runCommand has a line that is \(item.kind), and no text: \(item.shown)")
      }
      lines.append(text)
    }
    return lines
  }

  // MARK: Where, and how long

  private static let platforms = ["linux": "linux", "macos": "macos", "windows": "windows"]

  private func platforms(
    _ language: SSMScript.Language, _ remarks: inout Remarks
  ) throws(ItemRefusal) -> [String] {
    let possible = language == .shell ? ["linux", "macos"] : ["windows", "linux", "macos"]
    var wanted: String?
    for (key, value) in json["precondition"]?.object?.members ?? [] {
      let words = (value.array ?? []).compactMap(\.string)
      let rest = words.filter { $0.filter { !"{} ".contains($0) }.lowercased() != "platformtype" }
      if key == "StringEquals", words.count == 2, rest.count == 1,
        let platform = Self.platforms[rest[0].lowercased()]
      {
        wanted = platform
      } else {
        remarks.gap(
          .ssmPrecondition,
          "its precondition \(key) \(value.shown) does not come along: it runs"
            + " whenever it is called")
      }
    }
    guard let wanted else { return language == .shell ? possible : ["windows"] }
    guard possible.contains(wanted) else {
      throw ItemRefusal(
        .ssmPrecondition, "its precondition asks for \(wanted), where \(action) does not run")
    }
    return [wanted]
  }

  private static let standardTimeout = 3_600

  private func timeout(_ inputs: JSONObject, _ remarks: inout Remarks) -> Int {
    guard let value = inputs["timeoutSeconds"] else { return Self.standardTimeout }
    if let seconds = value.int ?? value.string.flatMap({ Int(Draft.line($0)) }) {
      if (1...86_400).contains(seconds) { return seconds }
      let bounded = min(max(seconds, 1), 86_400)
      remarks.gap(
        .timeout, "its timeout is \(seconds) seconds; the run limit is \(bounded) here")
      return bounded
    }
    let splice = value.string.map { TacticalTemplate($0) }?.sole ?? ""
    let standard = parameters[splice]?.argument.schema["default"]
    let seconds = standard?.int ?? standard?.string.flatMap { Int($0) } ?? Self.standardTimeout
    let bounded = min(max(seconds, 1), 86_400)
    remarks.gap(
      .timeout,
      "its timeout is the parameter \(splice.quoted()); the run limit is \(bounded) seconds for every"
        + " call here")
    return bounded
  }

  private func remarkFlow(_ inputs: JSONObject, _ remarks: inout Remarks) {
    let words = [
      "onFailure", "onSuccess", "onCancel", "isEnd", "isCritical", "nextStep", "finallyStep",
      "maxAttempts",
    ]
    for word in words {
      guard let value = json[word] ?? inputs[word] else { continue }
      let text = "\(word) \(value.shown) does not come along"
      if count > 1 {
        remarks.gap(.ssmFlow, text + ": nothing runs the steps one after the other here")
      } else {
        remarks.note(.ssmFlow, text + "; it says what follows the only step")
      }
    }
    let known =
      words + [
        "action", "name", "inputs", "precondition", "description", "timeoutSeconds", "outputs",
      ]
    for key in json.keys where !known.contains(key) {
      remarks.note(.itemField, "the field \(key.quoted()) has no place in a definition")
    }
    let inputKeys = words + ["runCommand", "timeoutSeconds", "workingDirectory", "id"]
    for key in inputs.keys where !inputKeys.contains(key) {
      remarks.note(.itemField, "the input \(key.quoted()) has no place in a definition")
    }
  }
}
