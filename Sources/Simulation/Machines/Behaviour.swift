import JSON
import Model

/// What the process of a call does, drawn from a number that travels with the call's arguments. So
/// the executor that runs it and the checker that judges it know the same without speaking.
struct Behaviour {
  struct Piece {
    let stream: OutputStream
    let bytes: [UInt8]
    let after: Duration
  }

  enum Refusal {
    case atPrepare
    case atStart
  }

  let refusal: Refusal?
  let pieces: [Piece]
  /// `nil` for a process that hangs.
  let runTime: Duration?
  let ending: Ending
  /// How long it goes on after it was asked to end.
  let stubbornness: Duration

  static let runLimit: Duration = .seconds(20)
  static let killGrace: Duration = .seconds(2)

  init(_ number: Int) {
    var dice = Dice(seed: UInt64(truncatingIfNeeded: number))
    refusal = dice.chance(0.03) ? (dice.chance(0.5) ? .atPrepare : .atStart) : nil
    let hangs = dice.chance(0.04)
    let runTime = dice.skewed(.microseconds(500), .seconds(18))
    self.runTime = hangs ? nil : runTime
    let isBad = dice.chance(0.05)
    var pieces: [Piece] = []
    let count = dice.chance(0.3) ? 0 : dice.int(1...6)
    for _ in 0..<count {
      let length = dice.chance(0.01) ? dice.int(100_000...300_000) : dice.int(1...500)
      pieces.append(
        Piece(
          stream: dice.chance(0.75) ? .stdout : .stderr,
          bytes: [UInt8](repeating: UInt8(dice.int(isBad ? 128...255 : 0...127)), count: length),
          after: .microseconds(Int64(dice.int(0...Int(runTime.wholeMicroseconds))))))
    }
    self.pieces = pieces.sorted { $0.after < $1.after }
    if dice.chance(0.1) {
      ending = .signal(number: dice.pick([6, 9, 11, 15]), coreDumped: false)
    } else {
      ending = .exit(code: dice.chance(0.7) ? 0 : dice.int(1...255))
    }
    stubbornness =
      dice.chance(0.1) ? .seconds(10) : dice.skewed(.milliseconds(1), .milliseconds(200))
  }

  init(arguments: JSON) { self.init(arguments["behaviour"]?.int ?? 0) }

  /// As the script of a tool finds its arguments.
  init(stdin: String) {
    self.init(arguments: (try? JSON(parsing: Array(stdin.utf8))) ?? .null)
  }

  var marks: [String] {
    var marks: [String] = []
    if runTime == nil { marks.append("executor hangs") }
    if refusal == .atPrepare { marks.append("executor refuses to prepare") }
    if refusal == .atStart { marks.append("executor refuses to start") }
    if pieces.isEmpty, ending == .exit(code: 0) {
      marks.append("executor exits 0 and prints nothing")
    }
    if pieces.contains(where: { $0.bytes.count > 1_000 }) { marks.append("executor floods") }
    if pieces.contains(where: { $0.bytes.first ?? 0 > 127 }) {
      marks.append("executor prints bad bytes")
    }
    if stubbornness >= .seconds(10) { marks.append("executor ignores the request to end") }
    return marks
  }
}
