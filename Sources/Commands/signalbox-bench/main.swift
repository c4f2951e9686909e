import Agent
import Bridge
import Glibc
import JSON
import Model
import Platform
import Sockets

// signalbox-bench: how fast the path of a call is, beside what the machine needs at least.
// docs/CONTRIBUTING.md says how to run it. Nothing here passes or fails.

struct Bench {
  let executable: String
  let isJSON: Bool
  let seconds: Int
  let root: String

  func directory() throws -> String {
    let path = "\(root)/\(Random.word())"
    try Files.makeDirectories(path, permissions: 0o700)
    return path
  }

  /// The path of one of the commands that are built beside this one.
  func command(_ name: String) throws -> String {
    let path = "\(Files.directory(of: executable))/\(name)"
    guard Files.exists(path) else {
      throw BenchError("\(path) is not there; build it: swift build -c release")
    }
    return path
  }

  /// A directory of plugins with this one in it.
  func plugins(_ name: String, in directory: String) throws -> String {
    let path = directory + "/plugins"
    try Files.makeDirectories(path, permissions: 0o700)
    try Files.writeAtomically(
      try Files.read(try command(name), limit: 1 << 30), to: "\(path)/\(name)", permissions: 0o700)
    return path
  }

  func say(_ line: String) {
    guard !isJSON else { return }
    print(line)
    fflush(nil)
  }
}

func noopAgent(_ arguments: [String]) throws -> Never {
  guard arguments.count == 3, let port = UInt16(arguments[0]) else { exit(64) }
  var configuration = AgentConfiguration(
    stateDirectory: arguments[1], controlPlane: "127.0.0.1:\(port)",
    name: "bench", joinTokenFile: arguments[2], version: "bench", log: { print($0) })
  configuration.machine.slots = 1_024
  configuration.machine.capacity = 1_024
  let agent = try Agent(
    configuration: configuration, dialer: Dialer(loop: SocketLoop(), host: "127.0.0.1", port: port),
    makeExecuting: { Noop($1) }, ended: { exit($0 == .failed ? 70 : 0) })
  agent.join()
  exit(0)
}

func controlPlane(_ arguments: [String]) throws -> Never {
  guard arguments.count == 2 else { exit(64) }
  let box = try Box(directory: arguments[0]) { _ in }
  try Files.writeAtomically(Array("\(box.port)".utf8), to: arguments[1])
  while true { pause() }
}

func schemaCost(_ folders: [String], isJSON: Bool) -> Never {
  do {
    let cases = try SchemaSamples.all() + folders.flatMap(SchemaFolder.cases)
    let result = try SchemaCost.run(cases) { line in
      if isJSON { return }
      print(line)
      fflush(nil)
    }
    if isJSON { print(result.pretty) }
    exit(0)
  } catch {
    print("signalbox-bench: \(error)")
    exit(1)
  }
}

func run(_ names: [String], _ bench: Bench) throws {
  var results = JSONObject()
  for name in names {
    let before = StolenTime.now()
    var result: JSON
    switch name {
    case "latency": result = try Latency.run(bench)
    case "throughput": result = try Throughput.run(bench)
    case "idle": result = try Idle.run(bench)
    case "streaming": result = try Streaming.run(bench)
    case "plugin": result = try PluginCost.run(bench)
    case "detection": result = try Detection.run(bench)
    default: result = try AgentCost.run(bench)
    }
    if let before, let after = StolenTime.now(), case .object(var members) = result {
      let stolen = before.percent(until: after)
      members["stolenPercent"] = .int(Int(stolen.rounded()))
      result = .object(members)
      if stolen >= 0.5 {
        bench.say(
          "  meanwhile the host took \(Figures.rounded(stolen, places: 1)) % of the processors' time"
        )
      }
    }
    results[name] = result
  }
  if bench.isJSON { print(JSON.object(results).pretty) }
}

let usage = """
  usage: signalbox-bench [latency|throughput|idle|streaming|agent|plugin ...] [--seconds N] [--json]
         signalbox-bench detection [--json]
         signalbox-bench schema [FOLDER ...] [--json]

  Build it for release, and the commands it starts: swift build -c release
  Without a name it measures all. --seconds (5) is the length of each throughput run.
  "detection" breaks real processes and says how soon it shows; about two minutes, so only by name.
  "schema" needs nothing else of the machine. A FOLDER has a schema.json with an instances.jsonl
  (an instance on each line) or a folder "instances" of .json files; or it has such folders in it.
  """

Signals.ignoreBrokenPipe()
var arguments = Array(CommandLine.arguments.dropFirst())
switch arguments.first {
case "noop-agent": try noopAgent(Array(arguments.dropFirst()))
case "control-plane": try controlPlane(Array(arguments.dropFirst()))
default: break
}

if arguments.first == "schema" {
  arguments.removeFirst()
  let isJSON = arguments.contains("--json")
  schemaCost(arguments.filter { $0 != "--json" }, isJSON: isJSON)
}

let all = ["latency", "throughput", "idle", "streaming", "agent", "plugin"]
var seconds = 5
if let index = arguments.firstIndex(of: "--seconds"), index + 1 < arguments.count {
  seconds = Int(arguments[index + 1]) ?? seconds
  arguments.removeSubrange(index...(index + 1))
}
let isJSON = arguments.contains("--json")
arguments.removeAll { $0 == "--json" }
guard arguments.allSatisfy({ all.contains($0) || $0 == "detection" }) else {
  print(usage)
  exit(64)
}
#if DEBUG
  print("note: this is a debug build; its figures say little")
#endif
do {
  let root = try Files.makeTemporaryDirectory(prefix: "signalbox-bench")
  defer { try? Files.removeTree(root) }
  try run(
    arguments.isEmpty ? all : arguments,
    Bench(executable: try Machine.executable(), isJSON: isJSON, seconds: seconds, root: root))
} catch {
  print("signalbox-bench: \(error)")
  exit(1)
}
