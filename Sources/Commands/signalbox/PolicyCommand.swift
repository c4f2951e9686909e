import Catalog
import CommandLine
import JSON
import Platform

let policyCommand = Command(
  "policy", "Check and show the clients' policy: groups of endpoints and their rules",
  subcommands: [
    Command(
      "show", "Show the policy in force, and which endpoints each group shapes",
      options: [.data, .json], exitCodes: ExitCode.client, run: showPolicy),
    Command(
      "check", "Check a policy file, without a control plane",
      options: [.json], positionals: [Positional("FILE", "the policy", completion: .files)],
      exitCodes: [ExitCode(0, "it is right"), .usage, .invalidData],
      run: { arguments in
        let output = Terminal(.output)
        do throws(DefinitionErrors) {
          let book = try PolicyBook.read(file: arguments.required("FILE"))
          if arguments.has("json") {
            return printed(
              [
                "version": .int(book.version), "digest": .string(book.digest),
                "groups": .int(book.groups.count), "hooks": .int(book.hooks.count), "errors": [],
              ], output)
          }
          output.line(
            "version \(book.version), \(counted(book.groups.count, "group")),"
              + " \(counted(book.hooks.count, "hook")), 0 errors")
          return 0
        } catch {
          if arguments.has("json") {
            _ = printed(["errors": .array(error.errors.map { .string($0.description) })], output)
          } else {
            for wrong in error.errors { output.line(Visible.text(wrong.description)) }
          }
          return ExitCode.invalidData.code
        }
      }),
  ], defaultSubcommand: "show")

private func showPolicy(_ arguments: Arguments) throws -> Int32 {
  let output = Terminal(.output)
  let answer = try Control(arguments).get("/v1/policy")
  if arguments.has("json") { return printed(answer, output) }
  let policy = answer["policy"]
  for error in policy?["errors"]?.array ?? [] {
    Terminal(.error).line(
      Visible.text(
        "\(words(error["file"])):\(count(error["line"])):\(count(error["column"])):"
          + " \(words(error["message"])); \(words(error["remedy"]))"))
  }
  guard policy?["version"]?.int != 0 else {
    output.line("no policy: the tools' own rules hold; give one with \"signalbox serve --policy\"")
    return 0
  }
  output.line("version \(count(policy?["version"])), \(words(policy?["digest"]))")
  func time(_ value: JSON?) -> String {
    value?.int.map { TimeWords.span(microseconds: $0 * 1_000) } ?? "-"
  }
  var table = Table(
    "GROUP", "ACK WITHIN", "ATTEMPTS", "EXPIRES AFTER", "CONCURRENCY", "PRIORITY", "WHEN DEGRADED",
    "ENDPOINTS")
  for group in policy?["groups"]?.array ?? [] {
    let endpoints = (group["endpoints"]?.array ?? []).compactMap(\.string)
    table.add(
      words(group["name"]), time(group["ackWithinMs"]),
      group["attempts"]?.int.map(String.init) ?? "-", time(group["expiresAfterMs"]),
      group["concurrency"]?.int.map(String.init) ?? "-", count(group["priority"]),
      words(group["whenDegraded"]), endpoints.joined(separator: ", "))
  }
  table.print(to: output)
  showHooks(policy?["hooks"]?.array ?? [], output)
  return 0
}

private func showHooks(_ hooks: [JSON], _ output: Terminal) {
  guard !hooks.isEmpty else { return }
  output.line()
  var table = Table("HOOK", "CALLS", "GROUPS", "OUTCOMES", "TOOLS", "ATTEMPTS", "TELLS")
  func list(_ value: JSON?) -> String {
    let words = (value?.array ?? []).compactMap(\.string)
    return words.isEmpty ? "any" : words.joined(separator: ", ")
  }
  for hook in hooks {
    let wait = hook["waitedLongerThanMs"]?.int.map {
      " \(TimeWords.span(microseconds: $0 * 1_000))"
    }
    let target =
      hook["webhook"]?["url"]?.string
      ?? (hook["command"]?["argv"]?.array ?? []).compactMap(\.string).joined(separator: " ")
    table.add(
      words(hook["name"]), words(hook["calls"]) + (wait ?? ""), list(hook["groups"]),
      list(hook["outcomes"]), list(hook["tools"]), count(hook["retry"]?["attempts"]), target)
  }
  table.print(to: output)
}
