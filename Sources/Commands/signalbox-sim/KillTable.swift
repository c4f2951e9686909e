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
      let output = Terminal(.output)
      var survivors = 0
      for mutant in Mutant.allCases {
        Mutant.planted = mutant
        var kill: (seeds: Int, violation: String)?
        for number in 0..<limit {
          let result = Simulation.run(seed: first &+ UInt64(number))
          guard let violation = result.violations.first else { continue }
          kill = (number + 1, violation)
          break
        }
        if kill == nil { survivors += 1 }
        let name = mutant.rawValue + String(repeating: " ", count: 30 - mutant.rawValue.count)
        output.line(
          name + (kill.map { "caught by seed \($0.seeds): \($0.violation)" } ?? "SURVIVES"))
      }
      Mutant.planted = nil
      let caught = Mutant.allCases.count - survivors
      output.line("\(caught) of \(Mutant.allCases.count) caught, in at most \(limit) seeds each")
      return survivors == 0 ? 0 : 1
    }
  }
#endif
