import CommandLine
import Platform
import Rehearsal

extension Option {
  static let plugins = Option(
    "plugins", value: "DIR", "Executor plugins; those beside this program if not given",
    completion: .directories)
}

/// A stage for the commands that run tools on this machine, and what Ctrl-C does to it.
enum LocalStage {
  static func open(_ arguments: Arguments, slots: Int = 1) throws -> Stage {
    let stage: Stage
    do {
      var settings = Stage.Settings(
        plugins: try arguments["plugins"] ?? Files.directory(of: Machine.executable()),
        version: productVersion)
      settings.slots = slots
      stage = try Stage(settings)
    } catch let error as SystemError {
      throw Failure(
        error.code, "tools cannot be run on this machine: \(error)",
        remedy: "look at the directory for temporary files ($TMPDIR) and at --plugins",
        exit: .cannotCreate)
    }
    return stage
  }

  /// The first interrupt asks for an orderly end, the second one does not wait for it.
  ///
  /// To be called before any thread is started; `stage` is asked for when an interrupt comes.
  static func watchInterrupts(_ stage: @escaping @Sendable () -> Stage?) throws {
    try Interrupts.each([Signals.interrupt, Signals.terminate, Signals.hangUp]) { count in
      interrupted(count, stage())
    }
  }

  private static func interrupted(_ count: Int, _ stage: Stage?) {
    guard count == 1, let stage else {
      stage?.removeScratch()
      quitAtOnce(ExitCode.interrupted.code)
    }
    Terminal(.error).line("\nsignalbox: cancelling what runs; once more to leave at once")
    stage.cancelAll(by: "you")
  }
}
