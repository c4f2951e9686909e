import CommandLine
import JSON

let notificationsCommand = Command(
  "notifications", "Show who was told of calls that ended, and try again what did not get through",
  discussion: """
    The hooks of the policy say who is told of which calls (docs/NOTIFICATIONS.md). What is to be told \
    is on disk with the end of its call, and stays there until it got through or was given up.
    """,
  subcommands: [
    Command(
      "list", "List the notifications, those of the newest calls first",
      options: [
        .data, .json,
        Option("state", value: "STATE", "Only those that are pending, delivered or givenUp"),
        Option("hook", value: "NAME", "Only those of a hook"),
        Option("call", value: "ID", "Only those of a call"),
        Option("limit", value: "COUNT", "At most so many; 50"),
      ], exitCodes: ExitCode.client, run: listNotifications),
    Command(
      "show", "Show one notification, with its body",
      options: [.data, .json], positionals: [notificationID], exitCodes: ExitCode.client,
      run: { arguments in
        let path = "/v1/notifications/\(escaped(arguments.required("ID")))"
        let answer = try Control(arguments).get(path)
        return shown(answer, arguments)
      }),
    Command(
      "retry", "Try one again now, from its first attempt",
      options: [.data, .json], positionals: [notificationID], exitCodes: ExitCode.client,
      run: { arguments in
        let control = try Control(arguments)
        let path = "/v1/notifications/\(escaped(arguments.required("ID")))/retry"
        return shown(try control.send(control.request("POST", path)), arguments)
      }),
  ], defaultSubcommand: "list")

private let notificationID = Positional("ID", "the notification's id")

private func listNotifications(_ arguments: Arguments) throws -> Int32 {
  let limit = try arguments.integer("limit", in: 1...500) ?? 50
  var path = "/v1/notifications?limit=\(limit)"
  for name in ["state", "hook", "call"] {
    if let value = arguments[name] { path += "&\(name)=\(escaped(value))" }
  }
  let answer = try Control(arguments).get(path)
  let output = Terminal(.output)
  if arguments.has("json") { return printed(answer, output) }
  var table = Table("ID", "HOOK", "STATE", "ATTEMPTS", "SINCE", "NEXT", "ERROR")
  for notification in answer["notifications"]?.array ?? [] {
    let next = notification["nextAtUs"]?.int.map { TimeWords.text(microseconds: $0) }
    let wrong = notification["waitsFor"]?.string ?? notification["error"]?.string
    table.add(
      words(notification["id"]), words(notification["hook"]), words(notification["state"]),
      count(notification["attempts"]),
      TimeWords.text(microseconds: notification["createdAtUs"]?.int ?? 0), next ?? "-",
      String((wrong ?? "").prefix(100)))
  }
  table.print(to: output)
  return 0
}

private func shown(_ answer: JSON, _ arguments: Arguments) -> Int32 {
  let output = Terminal(.output)
  if arguments.has("json") { return printed(answer, output) }
  let notification = answer["notification"]
  func line(_ name: String, _ text: String?) {
    guard let text else { return }
    let pad = String(repeating: " ", count: max(1, 12 - name.count))
    output.line("\(name):\(pad)\(Visible.text(text))")
  }
  func time(_ name: String) -> String? {
    notification?[name]?.int.map { TimeWords.text(microseconds: $0) }
  }
  line("id", words(notification?["id"]))
  line("call", words(notification?["call"]))
  line("hook", words(notification?["hook"]))
  line("state", words(notification?["state"]))
  line("attempts", count(notification?["attempts"]))
  line("since", time("createdAtUs"))
  line("tried", time("attemptedAtUs"))
  line("ended", time("endedAtUs"))
  line("next", time("nextAtUs"))
  line("given up", notification?["nextAtUs"]?.int == nil ? nil : time("giveUpAtUs"))
  line("waits for", notification?["waitsFor"]?.string)
  line("error", notification?["error"]?.string)
  line("body", notification?["body"]?.compact)
  return 0
}
