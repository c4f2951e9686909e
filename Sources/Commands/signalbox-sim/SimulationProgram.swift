import CommandLine
import JSON
import Mutants
import Platform
import Simulation
import Synchronization

enum SimulationProgram {
  static let program = Program(
    Command(
      "signalbox-sim", "Tries to break the system, one seed after another",
      discussion: """
        Both ends of Signalbox run in one thread on simulated machines, disks, clocks and networks, \
        while faults strike that are drawn from the seed. After every step checkers look whether a \
        promise was broken. The same seed does the same in every run of one version, which the trace \
        hash shows.
        """,
      options: [
        Option("seeds", value: "N", "How many seeds (1000)"),
        Option("from", value: "SEED", "The first of them (drawn at random)"),
        Option("seed", value: "SEED", "This one alone; prints its hash"),
        Option("file", value: "FILE", "The seeds of a file too, one a line", completion: .files),
        Option("fault-free", "Nothing goes wrong: then nothing may be lost, late or unknown"),
        Option("trace", "With --seed: print everything that happens"),
        Option("jobs", value: "N", "Threads (1)"),
        Option("failures", value: "N", "Stop after so many seeds failed (10)"),
        Option("require-marks", "Fail when a fault, transition or outcome was never met"),
        Option("json", "Print the summary as JSON"),
      ] + planted,
      exitCodes: [ExitCode(1, "a promise was broken, or a mark was not met"), .usage],
      run: { try run($0) }))

  #if SIGNALBOX_MUTANTS
    private static let planted = [
      Option("mutant", value: "NAME", "Plant this bug", choices: Mutant.allCases.map(\.rawValue)),
      Option("mutants", "Plant each bug in turn, and print how soon it is found"),
    ]
  #else
    private static let planted: [Option] = []
  #endif

  private static func run(_ arguments: Arguments) throws -> Int32 {
    #if SIGNALBOX_MUTANTS
      if arguments.has("mutants") { return try KillTable.run(arguments) }
      Mutant.planted = arguments["mutant"].flatMap(Mutant.init)
    #endif
    if let seed = try arguments.integer("seed", in: 0...Int.max) {
      return one(UInt64(seed), arguments)
    }
    let count = try arguments.integer("seeds", in: 0...1_000_000_000) ?? 1_000
    let first = try arguments.integer("from", in: 0...Int.max) ?? Int(Random.word() >> 2)
    var seeds = try arguments["file"].map(Self.seeds) ?? []
    seeds += (0..<count).map { UInt64(first) &+ UInt64($0) }
    var sweep = Sweep(seeds: seeds)
    sweep.isFaultFree = arguments.has("fault-free")
    sweep.jobs = try arguments.integer("jobs", in: 1...256) ?? 1
    sweep.maxFailures = try arguments.integer("failures", in: 1...1_000_000) ?? 10
    let output = Terminal(.output)
    if !arguments.has("json") { output.line("simulation: \(count) seeds from \(first)") }
    let began = Clock.now()
    let summary = sweep.run()
    let took = Duration.microseconds(Clock.now() - began)
    let report = Report(summary: summary, took: took)
    if arguments.has("json") {
      output.line(summary.json(took: took).compact)
    } else {
      for line in report.lines { output.line(line) }
    }
    let lacksMarks = arguments.has("require-marks") && !summary.missingMarks.isEmpty
    return summary.failed.isEmpty && !lacksMarks ? 0 : 1
  }

  private static func one(_ seed: UInt64, _ arguments: Arguments) -> Int32 {
    let output = Terminal(.output)
    let isTraced = arguments.has("trace")
    let result = Simulation.run(
      seed: seed, isFaultFree: arguments.has("fault-free"),
      reader: isTraced ? { output.line($0) } : nil)
    for violation in result.violations { output.line("violation: \(violation)") }
    output.line(
      "seed \(seed): trace \(result.traceHash), \(result.calls) calls, \(result.events) events,"
        + " \(result.simulated.components.seconds) s simulated, \(result.violations.count)"
        + " violations")
    return result.violations.isEmpty ? 0 : 1
  }

  /// One seed a line; what follows a `#` is a remark.
  private static func seeds(in path: String) throws -> [UInt64] {
    let text = String(decoding: try Files.read(path, limit: 16 << 20), as: UTF8.self)
    return text.split(separator: "\n").compactMap { line in
      UInt64(line.prefix { $0 != "#" && !$0.isWhitespace })
    }
  }
}
