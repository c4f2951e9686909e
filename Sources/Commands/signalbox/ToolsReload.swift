import CommandLine
import JSON

let toolsReloadCommand = Command(
  "reload", "Have the control plane read its definitions again",
  discussion: "Calls that were accepted keep the definition that they were accepted with.",
  options: [.data, .json],
  exitCodes: ExitCode.client + [ExitCode(65, "read again, and some definitions are wrong")],
  run: { arguments in
    let control = try Control(arguments)
    let answer = try control.send(control.request("POST", "/v1/tools/reload"))
    let errors = answer["errors"]?.array ?? []
    if arguments.has("json") {
      _ = printed(answer, Terminal(.output))
    } else {
      for error in errors {
        Terminal(.error).line(
          Visible.text(
            "\(words(error["file"])):\(count(error["line"])):\(count(error["column"])):"
              + " \(words(error["message"])); \(words(error["remedy"]))"))
      }
      let tools = counted(answer["tools"]?.int ?? 0, "tool")
      Terminal(.output).line("\(tools), \(counted(errors.count, "error"))")
    }
    return errors.isEmpty ? 0 : ExitCode.invalidData.code
  })
