import Chaos
import Glibc
import Platform

// signalbox-chaos: breaks real processes in every way it knows, and holds what is said of each call
// against what ran. scripts/chaos builds all it needs; docs/CONTRIBUTING.md says how to read it.

let usage = """
  usage: signalbox-chaos [--cycles N] [--seed S] [--minutes M] [--faults NAME,NAME…]
                         [--clock-library FILE] [--keep]

  A cycle is one fault. Faults: \(ChaosRun.faults.joined(separator: ", ")).
  --keep leaves the directory with the stores and logs where it is.
  The exit status is 1 when a call was lost, doubled or contradicted.
  """

func refuse(_ why: String) -> Never {
  print("signalbox-chaos: \(why)\n\(usage)")
  exit(64)
}

func chaos(_ arguments: [String]) throws -> Int32 {
  var plan = ChaosRun.Plan(seed: Random.word())
  var settings = Site.Settings(bin: Files.directory(of: try Machine.executable()))
  settings.heartbeat = .seconds(1)
  var keeps = false
  var rest = arguments[...]
  while let option = rest.popFirst() {
    if option == "--keep" {
      keeps = true
      continue
    }
    guard let value = rest.popFirst() else { refuse("\(option) needs a value, or is not known") }
    switch option {
    case "--cycles":
      guard let cycles = Int(value), cycles > 0 else { refuse("--cycles is a number above 0") }
      plan.cycles = cycles
    case "--seed":
      guard let seed = UInt64(value) else { refuse("--seed is a number of 64 bits") }
      plan.seed = seed
    case "--minutes":
      guard let minutes = Int(value), minutes > 0 else { refuse("--minutes is a number above 0") }
      plan.limit = .seconds(minutes * 60)
    case "--faults":
      plan.only = value.split(separator: ",").map(String.init)
      for name in plan.only where !ChaosRun.faults.contains(name) {
        refuse("there is no fault \(name)")
      }
    case "--clock-library": settings.clockLibrary = value
    default: refuse("there is no option \(option)")
    }
  }
  let root = try Files.makeTemporaryDirectory(prefix: "signalbox-chaos")
  defer { if !keeps { try? Files.removeTree(root) } }
  func say(_ line: String) {
    print("chaos: \(line)")
    fflush(nil)
  }
  say("seed \(plan.seed), in \(root)")
  let site = try Site(root: root, tools: ChaosRun.tools, settings: settings, seed: plan.seed)
  var run = ChaosRun(site, plan, say: say)
  let result = try run.run()
  print(result.text)
  return result.isClean ? 0 : 1
}

Signals.ignoreBrokenPipe()
let status: Int32
do {
  status = try chaos(Array(CommandLine.arguments.dropFirst()))
} catch {
  print("signalbox-chaos: \(error)")
  status = 1
}
exit(status)
