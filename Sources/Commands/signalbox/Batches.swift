import Catalog
import CommandLine
import JSON
import Model
import Platform
import Sockets

let batchesCommand = Command(
  "batches", "Show the batches, and end them",
  discussion: "A batch is made with \"signalbox call --group\" or \"signalbox call --batch\".",
  subcommands: [
    Command(
      "list", "List the batches, newest first",
      options: [.data, .json, Option("limit", value: "COUNT", "At most so many; 50")],
      exitCodes: ExitCode.client, run: listBatches),
    Command(
      "show", "Show the calls of a batch and what became of each",
      options: [.data, .json], positionals: [batchID], exitCodes: ExitCode.client,
      run: { arguments in
        try report(
          try Batch(arguments.required("ID"), Control(arguments)), arguments, Terminal(.output))
        return 0
      }),
    Command(
      "wait", "Follow a batch to its end",
      options: [
        .data, .json, Option("timeout", value: "TIME", "No longer than this; the batch goes on"),
      ], positionals: [batchID], exitCodes: ExitCode.batch,
      run: { try followBatch($0.required("ID"), $0) }),
    Command(
      "cancel", "Ask for the end of all calls of a batch that are open",
      options: [.data, .json, .by], positionals: [batchID], exitCodes: ExitCode.client,
      run: { arguments in
        let control = try Control(arguments)
        let id = arguments.required("ID")
        let answer = try control.send(
          control.request(
            "POST", "/v1/batches/\(escaped(id))/cancel", ["by": .string(requester(arguments))]))
        if arguments.has("json") { return printed(answer, Terminal(.output)) }
        Terminal(.output).line(
          "asked for the end of all that is open: \(tally(answer["batch"]?["counts"]))")
        return 0
      }),
  ], defaultSubcommand: "list")

private let batchID = Positional("ID", "the batch's id")

extension ExitCode {
  static let batchStopped = ExitCode(21, "not every call of the batch succeeded")

  static let batch: [ExitCode] =
    [
      ExitCode(0, "every call succeeded"),
      ExitCode(20, "some go on; the time given with --timeout is over"), .batchStopped,
    ] + ExitCode.client.filter { $0.code != 0 }
}

/// A batch with all its calls.
private struct Batch {
  let batch: JSON
  let calls: [JSON]

  init(_ id: String, _ control: Control) throws {
    let path = "/v1/batches/\(escaped(id))"
    var answer = try control.get(path)
    var calls = answer["calls"]?.array ?? []
    while let next = answer["next"]?.int {
      answer = try control.get(path + "?after=\(next)")
      calls += answer["calls"]?.array ?? []
    }
    batch = answer["batch"] ?? .null
    self.calls = calls
  }

  var json: JSON { ["batch": batch, "calls": .array(calls)] }
  var refused: [JSON] { batch["refused"]?.array ?? [] }

  var hasSucceeded: Bool {
    refused.isEmpty
      && calls.allSatisfy { call in
        ["succeeded", "succeededEmpty"].contains(call["outcome"]?.string ?? "")
      }
  }
}

private func listBatches(_ arguments: Arguments) throws -> Int32 {
  let limit = try arguments.integer("limit", in: 1...500) ?? 50
  let answer = try Control(arguments).get("/v1/batches?limit=\(limit)")
  let output = Terminal(.output)
  if arguments.has("json") { return printed(answer, output) }
  var table = Table("ID", "ACCEPTED", "NAME", "CALLS", "BY")
  for batch in answer["batches"]?.array ?? [] {
    table.add(
      words(batch["id"]), TimeWords.text(microseconds: batch["acceptedAtUs"]?.int ?? 0),
      words(batch["name"]), tally(batch["counts"]), words(batch["by"]))
  }
  table.print(to: output)
  return 0
}

/// `3 succeeded, 1 failed, 2 open`
func tally(_ counts: JSON?) -> String {
  (counts?.object?.members ?? []).map { "\(count($0.value)) \($0.key)" }.joined(separator: ", ")
}

private func report(_ batch: Batch, _ arguments: Arguments, _ output: Terminal) throws {
  if arguments.has("json") {
    _ = printed(batch.json, output)
    return
  }
  let isOrdered = batch.batch["ordered"] == true
  let name = batch.batch["name"]?.string.map { " \"\(Visible.text($0))\"" } ?? ""
  output.line("batch \(words(batch.batch["id"]))\(name): \(tally(batch.batch["counts"]))")
  var table = Table(isOrdered ? "STEP" : "#", "ENDPOINT", "TOOL", "OUTCOME", "RAN", "WHY", "CALL")
  for call in batch.calls {
    table.add(
      count(call["batch"]?["position"]), words(call["endpoint"]?["name"]),
      words(call["tool"]?["name"]), call["outcome"]?.string ?? "(open)", words(call["ran"]),
      words(call["reason"]), words(call["id"]))
  }
  for refusal in batch.refused {
    table.add(
      "-", words(refusal["endpoint"]), words(refusal["tool"]), "(refused)", "no",
      words(refusal["message"]), "")
  }
  table.print(to: output)
}

/// Follows a batch and prints what became of each call.
func followBatch(_ id: String, _ arguments: Arguments) throws -> Int32 {
  let control = try Control(arguments)
  let error = Terminal(.error)
  let limit = try arguments.milliseconds("timeout").map { Duration.milliseconds($0) }
  let begun = ContinuousClock.now
  let isShown = error.isTerminal && !arguments.has("json")
  func leave(_ batch: Batch, _ exit: ExitCode?) throws -> Int32 {
    if isShown { error.write("\r\u{1B}[K") }
    try report(batch, arguments, Terminal(.output))
    return exit?.code ?? 0
  }
  while true {
    let batch = try control.get("/v1/batches/\(escaped(id))?limit=0")["batch"]
    let counts = (batch?["counts"]?.object?.members ?? []).map { ($0.key, $0.value.int ?? 0) }
    let all = counts.reduce(0) { $0 + $1.1 }
    let open = counts.first { $0.0 == "open" }?.1 ?? 0
    guard open > 0 else {
      let whole = try Batch(id, control)
      return try leave(whole, whole.hasSucceeded ? nil : .batchStopped)
    }
    let passed = ContinuousClock.now - begun
    if let limit, passed >= limit {
      error.line(batchGoesOn(id))
      return try leave(Batch(id, control), .stillOpen)
    }
    if isShown {
      let seconds = Int(passed.components.seconds)
      let text =
        "[\(TimeWords.span(microseconds: seconds * 1_000_000))] \(all - open) of \(all)"
        + " ended: \(tally(batch?["counts"]))"
      error.write("\r\u{1B}[K" + error.paint(String(text.prefix(error.width - 1)), .dim))
    }
    Clock.sleep(for: .milliseconds(250))
  }
}

func batchGoesOn(_ id: String) -> String {
  "\nsignalbox: the batch goes on; follow it with \"signalbox batches wait \(id)\", or end it with"
    + " \"signalbox batches cancel \(id)\""
}

/// Reads a batch file, and makes a request of it.
func batchRequest(file path: String) throws -> JSONObject {
  let bytes: [UInt8]
  do {
    bytes = try Files.read(path, limit: 2 << 20)
  } catch {
    throw Failure(
      "batch.unreadable", "the batch cannot be read: \(error)", remedy: "correct --batch",
      exit: .invalidData)
  }
  let json: JSON
  switch StrictYAML.json(bytes, file: path) {
  case .success(let value): json = value
  case .failure(let errors):
    throw Failure(
      "batch.yaml", errors.description, remedy: "correct the file; nothing was called",
      exit: .invalidData)
  }
  guard case .object(var object) = json, object["signalbox-batch"]?.int == 1 else {
    throw Failure(
      "batch.format", "\(path):1:1: this is no batch that this version reads",
      remedy: "begin it with \"signalbox-batch: 1\"; docs/POLICY.md shows one", exit: .invalidData)
  }
  object["signalbox-batch"] = nil
  return object
}
