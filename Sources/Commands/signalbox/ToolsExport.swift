import Catalog
import CommandLine
import JSON
import Workbench

let toolsExportCommand = Command(
  "export", "Print tools in the form of another protocol",
  discussion: """
    --mcp prints {"tools": [...]}, as the Model Context Protocol (2025-06-18) lists tools: name, \
    title, description, inputSchema, outputSchema, and the four annotations that the effects are. \
    A result that is no object is wrapped as {"result": ...}.

    Without FILE the tools are those of the control plane.
    """,
  options: [Option("mcp", "As MCP tool objects (required)"), .data],
  positionals: [
    Positional("FILE", "a definition, or a directory of them", .any, completion: .files)
  ],
  exitCodes: [
    ExitCode(0, "done"), .usage, ExitCode(65, "a definition is wrong"), .unavailable, .software,
  ], run: exportTools)

private func exportTools(_ arguments: Arguments) throws -> Int32 {
  guard arguments.has("mcp") else {
    throw UsageError("--mcp is needed: there is no other form yet", path: arguments.path)
  }
  let paths = arguments.values("FILE")
  let tools = try paths.isEmpty ? servedTools(try Control(arguments)) : validTools(paths)
  return printed(
    ["tools": .array(tools.map { MCPTool($0).json })], Terminal(.output))
}

/// The tools of files and directories; anything wrong among them is told instead.
func validTools(_ paths: [String]) throws -> [Tool] {
  let loaded = loadedDefinitions(paths)
  guard loaded.errors.isEmpty else {
    throw Failure(
      "definition", loaded.errors.map(\.description).joined(separator: "\n"), exit: .invalidData)
  }
  return loaded.tools.map(\.tool)
}

private func servedTools(_ control: Control) throws -> [Tool] {
  let list = try control.get("/v1/tools")["tools"]?.array ?? []
  return try list.map { entry in
    let (name, version) = (words(entry["name"]), words(entry["version"]))
    let answer = try fetchedTool(name, version: version, control)
    do throws(DefinitionErrors) {
      return try Tool(definition: answer["tool"]?["definition"] ?? .null)
    } catch {
      throw Failure(
        "definition", "this signalbox cannot read the definition of \(name): \(error)",
        remedy: "use the signalbox of the control plane's version", exit: .software)
    }
  }
}
