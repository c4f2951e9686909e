import CommandLine
import JSON
import Tools

let toolsCommand = Command(
  "tools", "Show the tools, and check their definitions",
  subcommands: [
    Command(
      "list", "List the tools that can be called",
      options: [.data, .json, Option("names", "Print the names only")],
      exitCodes: ExitCode.client, run: listTools),
    Command(
      "show", "Show what a tool does and which arguments it takes",
      options: [
        .data, .json, Option("tool-version", value: "VERSION", "Not the newest version, but this"),
      ],
      positionals: [Positional("NAME", "the tool's name", completion: .tools)],
      exitCodes: ExitCode.client, run: showTool),
    checkCommand,
    toolsTestCommand, toolsRunCommand, toolsNewCommand, toolsDocsCommand, toolsSchemaCommand,
    toolsDiffCommand, toolsImportCommand, toolsExportCommand, toolsReloadCommand,
  ], defaultSubcommand: "list")

private func listTools(_ arguments: Arguments) throws -> Int32 {
  let output = Terminal(.output)
  let answer = try Control(arguments).get("/v1/tools")
  if arguments.has("json") { return printed(answer, output) }
  let tools = answer["tools"]?.array ?? []
  if arguments.has("names") {
    var last = ""
    for tool in tools where words(tool["name"]) != last {
      last = words(tool["name"])
      output.line(last)
    }
    return 0
  }
  var table = Table("NAME", "VERSION", "PLATFORMS", "EFFECTS", "APPROVAL", "TITLE")
  for tool in tools {
    table.add(
      words(tool["name"]), words(tool["version"]),
      (tool["platforms"]?.array ?? []).compactMap(\.string).joined(separator: ","),
      effectWords(tool["effects"]), words(tool["approval"]), words(tool["title"]))
  }
  table.print(to: output)
  let wrong = answer["errors"]?.array ?? []
  if !wrong.isEmpty {
    Terminal(.error).line(
      "\(wrong.count) errors in the definitions; \"signalbox tools check DIR\" shows them")
  }
  return 0
}

private func effectWords(_ effects: JSON?) -> String {
  if effects?["readOnly"]?.bool == true { return "reads" }
  return effects?["destructive"]?.bool == true ? "changes, may destroy" : "changes"
}

private func showTool(_ arguments: Arguments) throws -> Int32 {
  let output = Terminal(.output)
  let control = try Control(arguments)
  let name = arguments.required("NAME")
  let answer = try fetchedTool(name, version: arguments["tool-version"], control)
  if arguments.has("json") { return printed(answer, output) }
  guard let tool = answer["tool"], let definition = tool["definition"] else { return 0 }
  func line(_ text: String) { output.line(Visible.text(text)) }
  output.line(
    output.paint(
      Visible.text("\(words(tool["name"])) \(words(tool["version"]))"), .bold)
      + Visible.text(": \(words(tool["title"]))"))
  line(words(tool["description"]))
  output.line()
  line(
    "effects:   \(effectWords(tool["effects"]))"
      + (tool["effects"]?["idempotent"]?.bool == true ? ", twice is as once" : ""))
  line("approval:  \(words(tool["approval"]))")
  line(
    "platforms: "
      + (tool["platforms"]?.array ?? []).compactMap(\.string).joined(separator: ", "))
  line("run limit: \(Quantity.text(milliseconds: definition["limits"]?["runMs"]?.int ?? 0))")
  line("digest:    \(words(tool["digest"]))")
  output.line()
  showArguments(definition, output)
  return 0
}

private func showArguments(_ definition: JSON, _ output: Terminal) {
  let properties = definition["arguments"]?["properties"]?.object?.members ?? []
  guard !properties.isEmpty else {
    output.line("takes no arguments")
    return
  }
  let required = (definition["arguments"]?["required"]?.array ?? []).compactMap(\.string)
  let secrets = (definition["redact"]?.array ?? []).compactMap(\.string)
  var table = Table("ARGUMENT", "TYPE", "DEFAULT", "MEANING")
  for (name, schema) in properties {
    var meaning = words(schema["description"])
    if required.contains(name) { meaning = "(required) " + meaning }
    if secrets.contains(where: { $0 == "/" + JSONPointer.escaped(name) }) {
      meaning = "(secret: \(name)=@FILE or \(name)=-) " + meaning
    }
    table.add(
      name, typeWords(schema), schema["default"]?.compact ?? "", meaning)
  }
  table.print(to: output)
}

private func typeWords(_ schema: JSON) -> String {
  if let values = schema["enum"]?.array { return values.map(\.compact).joined(separator: "|") }
  if let names = schema["type"]?.array { return names.compactMap(\.string).joined(separator: "|") }
  return schema["type"]?.string ?? "any"
}

/// - Parameter name: `NAME`, or `NAME@VERSION`.
func fetchedTool(_ name: String, version: String?, _ control: Control) throws -> JSON {
  let query = version.map { "?version=" + escaped($0) } ?? ""
  return try suggesting(tool: name, control) {
    try control.get("/v1/tools/\(escaped(name))\(query)")
  }
}
