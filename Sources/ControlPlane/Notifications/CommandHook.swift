import Catalog
import Platform
import Store

/// One attempt to deliver a notification to a program on this machine: its body on standard input, exit
/// code 0 for an answer. Blocks its thread, no longer than its limit and the grace.
struct CommandHook {
  let notification: StoredNotification
  /// The program, by an absolute path, and its arguments.
  let argv: [String]
  let limit: TimeLimit

  /// From SIGTERM to SIGKILL.
  static let killGrace: Duration = .seconds(2)
  /// What is kept of its standard error.
  static let errorBytes = 1_024
  static let environment = [
    (name: "PATH", value: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
    (name: "LANG", value: "C.UTF-8"),
  ]

  private static let ended: UInt64 = 1
  private static let said: UInt64 = 2

  /// - Returns: `nil` when it was cancelled.
  func run() -> AttemptResult? {
    if let wrong = HookFiles.objection(toProgram: argv[0]) { return .failed(wrong) }
    do throws(SystemError) {
      return try start()
    } catch {
      return .failed("\(error)")
    }
  }

  private func start() throws(SystemError) -> AttemptResult? {
    var pipe = try Pipe()
    let errors = pipe.takeReadEnd()
    try errors.setNonblocking()
    let process = try spawn(stderr: pipe.takeWriteEnd())
    let poller = try Poller()
    try poller.add(process.handle.number, .readable, token: Self.ended)
    try poller.add(errors.number, .readable, token: Self.said)
    var words: [UInt8] = []
    let over = try watch(poller, errors, &words, limit)
    if over != nil {
      try process.signalGroup(Signals.terminate)
      _ = try watch(poller, errors, &words, TimeLimit(Self.killGrace))
    }
    // Whatever it left behind in its group ends with it. Its id is still its own: nobody waited yet.
    try process.signalGroup(Signals.kill)
    let exit = try process.wait()
    switch over {
    case .cancelled: return nil
    case .timeUp: return .failed("the command took too long and was ended" + Self.tail(words))
    case nil: return Self.judge(exit.how, words)
    }
  }

  /// The end of the pipe is closed here with the return: only the process has it then.
  private func spawn(stderr: consuming Descriptor) throws(SystemError) -> ChildProcess {
    let body = try Files.inMemory(name: "notification", Array(notification.body.utf8))
    let null = try Files.open("/dev/null", .readWrite)
    return try ChildProcess.spawn(
      Launch(argv[0], arguments: argv, environment: Self.environment, directory: "/"),
      stdin: body, stdout: null, stderr: stderr)
  }

  /// Until the process has ended: `nil`; or why it is not waited for any more.
  private func watch(
    _ poller: Poller, _ errors: borrowing Descriptor, _ words: inout [UInt8], _ limit: TimeLimit
  ) throws(SystemError) -> TimeLimit.Over? {
    var events: [Poller.Event] = []
    var over: TimeLimit.Over?
    while true {
      var wait: Duration = .zero
      do throws(TimeLimit.Over) {
        wait = try limit.nextWait()
      } catch {
        // It may have ended while this thread was held up: one more look, which does not wait.
        over = error
      }
      try poller.wait(upTo: wait, into: &events)
      // What it said last is read before its end is seen.
      for event in events where event.token == Self.said {
        guard try drain(errors, into: &words) else {
          try poller.remove(errors.number)
          continue
        }
      }
      if events.contains(where: { $0.token == Self.ended }) {
        _ = try drain(errors, into: &words)
        return nil
      }
      if let over { return over }
    }
  }

  /// Takes what is there now, and keeps its beginning: a program that floods only wastes its own time.
  /// - Returns: `false` at the end.
  private func drain(
    _ errors: borrowing Descriptor, into words: inout [UInt8]
  ) throws(SystemError) -> Bool {
    // One chunk for each look, so that a flood cannot keep us from looking at the clock.
    var outcome: Result<Int?, SystemError> = .success(nil)
    let chunk = [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, count in
      do throws(SystemError) {
        let read = try errors.readIfReady(into: UnsafeMutableRawBufferPointer(buffer))
        outcome = .success(read)
        count = read ?? 0
      } catch {
        outcome = .failure(error)
        count = 0
      }
    }
    words += chunk.prefix(max(0, Self.errorBytes - words.count))
    return try outcome.get() != 0
  }

  private static func judge(_ how: ProcessExit.How, _ words: [UInt8]) -> AttemptResult {
    switch how {
    case .exit(code: 0): .delivered
    case .exit(let code): .failed("the command ended with exit code \(code)" + tail(words))
    case .signal(let number, _): .failed("the command was ended by signal \(number)" + tail(words))
    }
  }

  private static func tail(_ words: [UInt8]) -> String {
    let text = Excerpt.text(words)
    return text.isEmpty ? "" : ": \(text)"
  }
}
