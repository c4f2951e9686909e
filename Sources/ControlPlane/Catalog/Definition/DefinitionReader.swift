internal import JSON
internal import Model
internal import Schema
internal import Tools

/// Reads a whole definition, from a file or as it was stored, and finds all that is wrong with it.
struct DefinitionReader {
  static let fields = [
    "signalbox", "name", "version", "title", "description", "effects", "approval", "arguments",
    "run", "result", "exitCodes", "limits", "delivery", "recovery", "redact", "tests",
  ]

  let form: Fields.Form
  let faults: Faults
  /// The lines of the file, to point into a script.
  let source: SourceLines?

  /// - Returns: `nil` if there are faults.
  func read(_ root: Node) -> Tool? {
    guard let fields = fields(root, "the definition", Self.fields) else { return nil }
    readFormat(fields)
    let name = readName(fields)
    let version = readVersion(fields)
    let title = fields.text("title", "Restart a service", maxCharacters: 100)
    let description = fields.text(
      "description", "What it does, and what it returns.", maxCharacters: 4_000, isMultiline: true)
    let effects = readEffects(fields)
    let approval: Approval? = fields.word("approval")
    let arguments = readArguments(fields)
    let redact = readRedact(fields, arguments)
    let run = readRun(fields, arguments, redact)
    let result = readResult(fields)
    let exitCodes = readExitCodes(fields)
    let limits = readLimits(fields, parse: result?.parse)
    let delivery = readDelivery(fields)
    let recovery = readRecovery(fields, effects)
    let tests = readTests(fields, effects)
    guard faults.isEmpty, let name, let version, let title, let description, let effects,
      let approval, let arguments, let schema = arguments.schema, let redact, let run, let result,
      let exitCodes, let limits,
      let delivery, let recovery, let tests
    else { return nil }
    let definition: JSON = [
      "signalbox": .int(ExecutionPlan.format), "name": .string(name), "version": .string(version),
      "title": .string(title), "description": .string(description), "effects": effects.json,
      "approval": .string(approval.rawValue), "arguments": arguments.json, "run": run,
      "result": result.json, "exitCodes": exitCodes.json, "limits": limits, "delivery": delivery,
      "recovery": recovery, "redact": .array(redact.map { .string($0.text) }),
      "tests": .array(tests.map(\.json)),
    ]
    let parts = Tool.Parts(
      name: name, version: version, title: title, description: description, effects: effects,
      approval: approval, arguments: schema, result: result, exitCodes: exitCodes,
      tests: tests.map(\.test))
    return made(parts, definition, root)
  }

  func fields(_ node: Node, _ place: String, _ known: [String]) -> Fields? {
    Fields(node, place, known: known, form: form, faults: faults)
  }

  /// The plan is read from the canonical form, as the endpoint will read it.
  private func made(_ parts: Tool.Parts, _ definition: JSON, _ root: Node) -> Tool? {
    do {
      let plan = try ExecutionPlan(definition: definition)
      return Tool(parts, plan: plan, definition: definition)
    } catch {
      preconditionFailure("the canonical form does not read: \(error)")
    }
  }
}

// MARK: - The head

extension DefinitionReader {
  private func readFormat(_ fields: Fields) {
    guard let node = fields.required("signalbox", "1"), node.int != ExecutionPlan.format else {
      return
    }
    faults.add(
      .version, at: node.position, "the format is \(node.spoken), and this version reads format 1",
      remedy: "write \"signalbox: 1\", or update Signalbox")
  }

  /// The rule of MCP (SEP-986) without the slash, which paths and routes would take apart.
  private func readName(_ fields: Fields) -> String? {
    guard let node = fields.required("name", "service.restart") else { return nil }
    guard let name = node.string else {
      fields.wrongType("name", node, "a string")
      return nil
    }
    guard Words.isToolName(name) else {
      faults.add(
        .name, at: node.position, "\"\(excerpt(name))\" cannot be the name of a tool",
        remedy: "write 1 to 64 of the letters A-Z and a-z, digits, \".\", \"_\" and \"-\","
          + " beginning with a letter")
      return nil
    }
    return name
  }

  private func readVersion(_ fields: Fields) -> String? {
    guard let node = fields.required("version", "1.0.0") else { return nil }
    guard let version = node.string, Words.isSemanticVersion(version) else {
      faults.add(
        .version, at: node.position, "the version is \(node.spoken)",
        remedy: "write a semantic version of three numbers, such as 1.0.0")
      return nil
    }
    return version
  }

  private func readEffects(_ fields: Fields) -> Effects? {
    let known = ["readOnly", "destructive", "idempotent", "openWorld"]
    let example = "{readOnly: true, destructive: false, idempotent: true, openWorld: false}"
    guard let node = fields.required("effects", example),
      let part = self.fields(node, "effects", known)
    else { return nil }
    let readOnly = part.bool("readOnly", true)
    let destructive = part.bool("destructive", false)
    let idempotent = part.bool("idempotent", true)
    let openWorld = part.bool("openWorld", false)
    if readOnly == true, destructive == true {
      faults.add(
        .effects, at: node.position, "a tool that only reads cannot be destructive",
        remedy: "set one of readOnly and destructive to false")
    }
    guard let readOnly, let destructive, let idempotent, let openWorld else { return nil }
    return Effects(
      readOnly: readOnly, destructive: destructive, idempotent: idempotent, openWorld: openWorld)
  }
}

extension Effects {
  var json: JSON {
    [
      "readOnly": .bool(readOnly), "destructive": .bool(destructive),
      "idempotent": .bool(idempotent), "openWorld": .bool(openWorld),
    ]
  }
}
