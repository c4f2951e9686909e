import CommandLine
import Platform

/// Says that a call goes on when the user stops following it.
enum Interrupts {
  /// To be called before any thread is started. `say` is called on a thread of its own, after which
  /// the process ends.
  static func watch(_ say: @escaping @Sendable () -> Void) throws {
    let descriptor = try Signals.watch([Signals.interrupt, Signals.terminate])
    let number = descriptor.release()
    _ = try WorkerThread(name: "signals") {
      let signals = Descriptor(owning: number)
      guard let poller = try? Poller(),
        (try? poller.add(signals.number, .readable, token: 0)) != nil
      else { return }
      var events: [Poller.Event] = []
      while true {
        guard (try? poller.wait(upTo: nil, into: &events)) != nil else { return }
        guard let signal = try? Signals.next(from: signals) else { continue }
        _ = signal
        say()
        quitAtOnce(ExitCode.interrupted.code)
      }
    }
  }
}
