#if SIGNALBOX_MUTANTS
  import CommandLine
  import Mutants
  import Simulation

  /// Plants each bug in turn, and counts the seeds until one breaks a promise that holds without it.
  enum KillTable {
    static let maxSeeds = 10_000

    static func run(_ arguments: Arguments) throws -> Int32 {
      let first = UInt64(try arguments.integer("from", in: 0...Int.max) ?? 1)
      let limit = try arguments.integer("seeds", in: 1...1_000_000) ?? maxSeeds
      // With --mutant, that one alone.
      let mutants = arguments["mutant"].flatMap(Mutant.init).map { [$0] } ?? Mutant.allCases
      let jobs = try arguments.integer("jobs", in: 1...256) ?? 1
      let output = Terminal(.output)
      var seeds = (0..<limit).map { first &+ UInt64($0) }
      var survivors = 0
      var failing: [UInt64] = []
      for mutant in mutants {
        let kill = kill(mutant, &seeds, jobs, &failing)
        if kill == nil { survivors += 1 }
        let name = mutant.rawValue + String(repeating: " ", count: 30 - mutant.rawValue.count)
        output.line(
          name + (kill.map { "seed \($0.seed &- first &+ 1): \($0.violation)" } ?? "SURVIVES"))
      }
      for seed in failing { output.line("seed \(seed) fails with no bug planted") }
      output.line(
        "\(mutants.count - survivors) of \(mutants.count) caught, in at most \(limit) seeds each")
      return survivors == 0 && failing.isEmpty ? 0 : 1
    }

    /// - Parameter failing: seeds that fail without the bug too are moved there.
    private static func kill(
      _ mutant: Mutant, _ seeds: inout [UInt64], _ jobs: Int, _ failing: inout [UInt64]
    ) -> (seed: UInt64, violation: String)? {
      while true {
        Mutant.planted = mutant
        var sweep = Sweep(seeds: seeds)
        sweep.jobs = jobs
        sweep.maxFailures = 1
        let kill = sweep.run().failed.min { $0.seed < $1.seed }
        Mutant.planted = nil
        guard let kill, !Simulation.run(seed: kill.seed).violations.isEmpty else { return kill }
        failing.append(kill.seed)
        seeds.removeAll { $0 == kill.seed }
      }
    }
  }
#endif
