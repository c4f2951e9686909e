import Catalog
import CommandLine
import JSON

let toolsSchemaCommand = Command(
  "schema", "Print the JSON Schema of the definition format, for editors",
  discussion: """
    An editor that speaks YAML completes and checks a definition while it is typed, if its first \
    line says where this schema is:

      # yaml-language-server: $schema=signalbox-tool.schema.json
    """,
  options: [Option("out", value: "FILE", "Write it there instead", completion: .files)],
  exitCodes: [ExitCode(0, "done"), .usage, .cannotCreate],
  run: { arguments in
    let text = Catalog.formatSchema.pretty + "\n"
    if let path = arguments["out"] {
      try write(Array(text.utf8), to: path)
    } else {
      Terminal(.output).write(text)
    }
    return 0
  })
