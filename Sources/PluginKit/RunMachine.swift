import Mutants

/// Decides when a running process is asked to end, when it is killed, and when its call is over.
/// Pure: `ProcessRun` feeds it and does what it says.
package struct RunMachine {
  /// Why we ended a process. What ended by itself before has no such reason.
  package enum Stop: Equatable, Sendable {
    case limit(String)
    case cancel
  }

  package enum Timer: Hashable, Sendable {
    /// The tool's own limit.
    case run
    /// Between the polite request and the kill.
    case grace
    /// For output that comes after the end of the process.
    case drain
    /// For the kernel to carry out a kill.
    case kill
  }

  package enum Event: Equatable, Sendable {
    case started
    /// The process itself has ended; descendants may run on.
    case ended
    /// No descendant is left.
    case treeGone
    /// Both streams are at their end.
    case outputClosed
    case stop(Stop)
    case fired(Timer)
  }

  package enum Effect: Equatable, Sendable {
    case arm(Timer, Duration)
    case disarm(Timer)
    /// Ask every process of the tree to end.
    case terminate
    /// Kill every process of the tree.
    case kill
    /// Everything is known: write the record.
    case finish(Stop?)
  }

  /// How long output may follow the end of the process: a background child that holds the pipe
  /// would otherwise keep the call open for as long as it likes.
  static let drainLimit: Duration = .seconds(2)
  /// A killed process goes at once, unless the kernel holds it in an uninterruptible wait. The call
  /// does not wait for that longer than this.
  static let killLimit: Duration = .seconds(5)

  private let runLimit: Duration
  private let killGrace: Duration
  private var stop: Stop?
  private var hasStarted = false
  private var hasEnded = false
  private var isTreeGone = false
  private var isOutputClosed = false
  private var isKilled = false
  private var isOver = false

  package init(runLimit: Duration, killGrace: Duration) {
    self.runLimit = runLimit
    self.killGrace = killGrace
  }

  package mutating func step(_ event: Event) -> [Effect] {
    if isOver { return [] }
    switch event {
    case .started:
      hasStarted = true
      if Mutant.runLimitIgnored.isPlanted { return [] }
      return [.arm(.run, runLimit)] + (stop == nil ? [] : askToEnd())
    case .stop(let reason): return stopped(reason)
    case .ended:
      hasEnded = true
      return [.disarm(.run), .disarm(.grace)] + settle()
    case .treeGone:
      isTreeGone = true
      return settle()
    case .outputClosed:
      isOutputClosed = true
      return settle()
    case .fired(let timer): return fired(timer)
    }
  }

  private mutating func stopped(_ reason: Stop) -> [Effect] {
    // What has ended by itself was not ended by us; only its leftovers are.
    if hasEnded { return isKilled ? [] : kill() }
    if stop != nil { return [] }
    stop = reason
    return hasStarted ? askToEnd() : []
  }

  private mutating func askToEnd() -> [Effect] {
    killGrace > .zero ? [.terminate, .arm(.grace, killGrace)] : [.terminate] + kill()
  }

  private mutating func fired(_ timer: Timer) -> [Effect] {
    switch timer {
    case .run: stopped(.limit("run"))
    case .grace: isKilled ? [] : kill()
    case .drain: isTreeGone || isKilled ? finish() : kill()
    case .kill: finish()
    }
  }

  /// What follows from what is known about the end.
  private mutating func settle() -> [Effect] {
    guard hasEnded else { return [] }
    if isOutputClosed { return isTreeGone ? finish() : isKilled ? [] : kill() }
    return isKilled ? [] : [.arm(.drain, Self.drainLimit)]
  }

  private mutating func kill() -> [Effect] {
    isKilled = true
    return [.kill, .arm(.kill, Self.killLimit)]
  }

  private mutating func finish() -> [Effect] {
    isOver = true
    return [.finish(stop)]
  }
}
