#if SIGNALBOX_MUTANTS
  import CommandLine
  import Mutants
  import Simulation

  /// Plants each bug in turn, and counts the seeds until one breaks a promise.
  enum KillTable {
    static let maxSeeds = 10_000

    static func run(_ arguments: Arguments) throws -> Int32 {
      let first = UInt64(try arguments.integer("from", in: 0...Int.max) ?? 1)
      let limit = try arguments.integer("seeds", in: 1...1_000_000) ?? maxSeeds
      // With --mutant, that one alone.
      let mutants = arguments["mutant"].flatMap(Mutant.init).map { [$0] } ?? Mutant.allCases
      let jobs = try arguments.integer("jobs", in: 1...256) ?? 1
      let output = Terminal(.output)
      var survivors = 0
      for mutant in mutants {
        Mutant.planted = mutant
        var sweep = Sweep(seeds: (0..<limit).map { first &+ UInt64($0) })
        sweep.jobs = jobs
        sweep.maxFailures = 1
        let kill = sweep.run().failed.min { $0.seed < $1.seed }
        if kill == nil { survivors += 1 }
        let name = mutant.rawValue + String(repeating: " ", count: 30 - mutant.rawValue.count)
        output.line(
          name + (kill.map { "seed \($0.seed &- first &+ 1): \($0.violation)" } ?? "SURVIVES"))
      }
      Mutant.planted = nil
      let caught = mutants.count - survivors
      output.line("\(caught) of \(mutants.count) caught, in at most \(limit) seeds each")
      return survivors == 0 ? 0 : 1
    }
  }
#endif
