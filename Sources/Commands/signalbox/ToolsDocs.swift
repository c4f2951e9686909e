import CommandLine
import Platform
import Workbench

let toolsDocsCommand = Command(
  "docs", "Write a reference of tools: Markdown, and one page of HTML with a search",
  discussion: """
    Writes index.html, which needs no other file and loads nothing, index.md, and a page in \
    Markdown for each tool below tools/. Files of earlier runs are written over; other files are \
    left alone.
    """,
  options: [
    Option(
      "out", value: "DIR", "Where to (required); made if it is not there",
      completion: .directories)
  ],
  positionals: [
    Positional("FILE", "a definition, or a directory of them", .atLeastOne, completion: .files)
  ],
  exitCodes: [
    ExitCode(0, "done"), .usage, ExitCode(65, "a definition is wrong; nothing was written"),
    .cannotCreate,
  ], run: writeDocs)

private func writeDocs(_ arguments: Arguments) throws -> Int32 {
  guard let directory = arguments["out"] else {
    throw UsageError("--out is needed: the directory to write to", path: arguments.path)
  }
  let tools = try validTools(arguments.values("FILE"))
  let files = Reference(tools).files
  do throws(SystemError) {
    try Files.makeDirectories(directory + "/tools", permissions: 0o755)
  } catch {
    throw Failure(
      error.code, "\(directory) cannot be made: \(error)", remedy: "choose another --out",
      exit: .cannotCreate)
  }
  for file in files { try write(Array(file.text.utf8), to: "\(directory)/\(file.path)") }
  Terminal(.output).line(
    Visible.text("\(counted(tools.count, "tool")) in \(directory)/index.html and index.md"))
  return 0
}
