import CommandLine
import Platform

/// What Ctrl-C, and other wishes that this process may end, mean to a command.
enum Interrupts {
  /// Says that a call goes on when the user stops following it; then the process ends. To be called
  /// before any thread is started.
  static func watch(_ say: @escaping @Sendable () -> Void) throws {
    try each([Signals.interrupt, Signals.terminate]) { _ in
      say()
      quitAtOnce(ExitCode.interrupted.code)
    }
  }

  /// To be called before any thread is started. `take` is called on a thread of its own, with how
  /// often it was.
  static func each(_ signals: [Int32], _ take: @escaping @Sendable (Int) -> Void) throws {
    let descriptor = try Signals.watch(signals)
    let number = descriptor.release()
    _ = try WorkerThread(name: "signals") {
      let signals = Descriptor(owning: number)
      guard let poller = try? Poller(),
        (try? poller.add(signals.number, .readable, token: 0)) != nil
      else { return }
      var events: [Poller.Event] = []
      var count = 0
      while (try? poller.wait(upTo: nil, into: &events)) != nil {
        while (try? Signals.next(from: signals)) ?? nil != nil {
          count += 1
          take(count)
        }
      }
    }
  }
}
