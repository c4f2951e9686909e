internal import CPlatform

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

#if os(Linux)
  /// The line between a process that wants workers and its nursery: the process that forks them. A
  /// forked worker has all of the nursery's memory warm, and is ready in a fraction of the time that
  /// an executable needs to load.
  package struct NurseryLine: ~Copyable, Sendable {
    /// Readable when a note has come; for a poll.
    package let descriptor: Descriptor

    /// - Parameter give: gets the other end, which becomes the nursery's standard input.
    package init(
      _ give: (borrowing Descriptor) throws(SystemError) -> Void
    ) throws(SystemError) {
      var pair = try SocketPair(ofNotes: true)
      let ours = pair.takeFirst()
      try give(pair.takeSecond())
      descriptor = ours
    }

    /// What the nursery tells.
    package enum Note: ~Copyable, Sendable {
      /// A worker that waits; its channel, and the read ends of what it prints.
      case worker(id: Int, channel: Descriptor, stdout: Descriptor, stderr: Descriptor)
      /// None could be made.
      case failed(SystemError)
      /// A worker has ended, and nothing that it had started is left. `escaped` processes were killed.
      case ended(id: Int, ProcessExit, escaped: Int)
    }

    /// - Returns: `nil` when there is nothing now.
    /// - Throws: `EPIPE` when the nursery is gone.
    package func next() throws(SystemError) -> Note? {
      var note = signalbox_note()
      var numbers: [Int32] = [-1, -1, -1]
      var count: Int32 = 0
      let result = signalbox_receive_note(descriptor.number, &note, &numbers, &count)
      if result < 0 {
        if errno == EAGAIN || errno == EINTR { return nil }
        throw .last("read from the nursery")
      }
      if result == 0 { throw SystemError("read from the nursery", number: EPIPE) }
      switch (NoteKind(rawValue: note.kind), count) {
      case (.worker, 3):
        return .worker(
          id: Int(note.pid), channel: Descriptor(owning: numbers[0]),
          stdout: Descriptor(owning: numbers[1]), stderr: Descriptor(owning: numbers[2]))
      case (.failed, 0): return .failed(SystemError("fork", number: Int32(note.number)))
      case (.ended, 0):
        return .ended(id: Int(note.pid), ProcessExit(note.exit), escaped: Int(note.escaped))
      default: throw SystemError("read from the nursery", number: EPROTO)
      }
    }

    /// Asks for one more worker.
    package func grow() throws(SystemError) { try send(.grow) }

    /// Signals a worker and its group, unless it has ended.
    package func signal(_ worker: Int, _ number: Int32) throws(SystemError) {
      try send(.signal, pid: worker, number: number)
    }

    private func send(_ kind: NoteKind, pid: Int = 0, number: Int32 = 0) throws(SystemError) {
      var note = signalbox_note()
      (note.kind, note.pid, note.number) = (kind.rawValue, Int64(pid), Int64(number))
      // A nursery that reads nothing for hundreds of notes hangs.
      _ = try retried("write to the nursery") {
        signalbox_send_note(descriptor.number, &note, nil, 0, 0)
      }
    }
  }

  /// Two connected sockets, each taken once.
  private struct SocketPair: ~Copyable {
    private var first: Descriptor?
    private var second: Descriptor?

    /// - Parameter ofNotes: what is sent arrives as it was sent, and not as a stream of bytes.
    init(ofNotes: Bool) throws(SystemError) {
      var ends: [Int32] = [-1, -1]
      _ = try retried("socketpair") { signalbox_socket_pair(ofNotes ? 1 : 0, &ends) }
      first = Descriptor(owning: ends[0])
      second = Descriptor(owning: ends[1])
    }

    mutating func takeFirst() -> Descriptor {
      guard let end = first.take() else { preconditionFailure("the first end was taken before") }
      return end
    }

    mutating func takeSecond() -> Descriptor {
      guard let end = second.take() else { preconditionFailure("the second end was taken before") }
      return end
    }
  }

  private enum NoteKind: Int64 {
    case grow = 1
    case signal
    case worker
    case failed
    case ended
  }

  /// The nursery's own process.
  package enum Nursery {
    /// Makes workers as they are asked for, and tells of their ends. Leaves, and takes all workers with
    /// it, when the line ends. To be called by the only thread of the process.
    ///
    /// - Parameter work: what a worker does with its channel. It is a copy of this process.
    package static func serve(
      line number: Int32, work: @escaping (borrowing Descriptor) -> Never
    ) throws(SystemError) -> Never {
      // What a worker that was killed leaves becomes ours.
      try Machine.becomeSubreaper()
      let signals = try Signals.watch([SIGCHLD])
      let loop = EventLoop(try Poller())
      var server = NurseryServer(line: number, work: work)
      try loop.watch(number) { server.readLine() }
      try loop.watch(signals.number) {
        while case .some = try? Signals.next(from: signals) {}
        server.reap()
      }
      try loop.run()
      exit(0)
    }
  }

  private struct NurseryServer {
    let line: Int32
    let work: (borrowing Descriptor) -> Never
    private var workers: Set<pid_t> = []

    /// For the kernel to carry out the kill of what a worker left behind.
    private static let killRounds = 200
    private static let killRound: Duration = .milliseconds(1)

    init(line: Int32, work: @escaping (borrowing Descriptor) -> Never) {
      self.line = line
      self.work = work
    }

    mutating func readLine() {
      var note = signalbox_note()
      var none: [Int32] = [-1, -1, -1]
      var count: Int32 = 0
      let result = signalbox_receive_note(line, &note, &none, &count)
      if result < 0, errno == EAGAIN || errno == EINTR { return }
      guard result == 1 else { leave() }
      switch NoteKind(rawValue: note.kind) {
      case .grow: grow()
      case .signal where workers.contains(pid_t(note.pid)):
        // Ours, and not yet taken off the table: the number is still that worker's.
        kill(-pid_t(note.pid), Int32(note.number))
      case .signal: break
      case .worker, .failed, .ended, nil: leave()
      }
    }

    private mutating func grow() {
      do throws(SystemError) {
        try makeWorker()
      } catch {
        var note = signalbox_note()
        (note.kind, note.number) = (NoteKind.failed.rawValue, Int64(error.number))
        tell(&note, [])
      }
    }

    private mutating func makeWorker() throws(SystemError) {
      var pair = try SocketPair(ofNotes: false)
      let ours = pair.takeFirst()
      let its = pair.takeSecond()
      var output = try Pipe()
      var errors = try Pipe()
      let stdout = output.takeReadEnd()
      let stderr = errors.takeReadEnd()
      let outputEnd = output.takeWriteEnd()
      let errorsEnd = errors.takeWriteEnd()
      let worker = signalbox_fork_worker(its.number, outputEnd.number, errorsEnd.number)
      if worker == 0 { work(Descriptor(owning: Int32(signalbox_worker_channel))) }
      guard worker > 0 else { throw .last("fork") }
      workers.insert(worker)
      var note = signalbox_note()
      (note.kind, note.pid) = (NoteKind.worker.rawValue, Int64(worker))
      tell(&note, [ours.number, stdout.number, stderr.number])
    }

    mutating func reap() {
      while true {
        let dead = signalbox_next_dead()
        guard dead > 0 else { return }
        let wasWorker = workers.contains(dead)
        // Before its number is free: what was in its group, and what was left to us.
        var escaped = 0
        if wasWorker {
          kill(-dead, SIGKILL)
          workers.remove(dead)
        }
        var note = signalbox_note()
        guard signalbox_take_dead(dead, &note.exit) == 0, wasWorker else { continue }
        escaped = killAdopted()
        (note.kind, note.pid) = (NoteKind.ended.rawValue, Int64(dead))
        note.escaped = Int64(escaped)
        tell(&note, [])
      }
    }

    /// Kills what workers that are gone have left, layer by layer.
    private func killAdopted() -> Int {
      var killed: Set<pid_t> = []
      for _ in 0..<Self.killRounds {
        let adopted = ProcessTree.children(of: Machine.processID).map { pid_t($0) }
          .filter { !workers.contains($0) }
        if adopted.isEmpty { break }
        for child in adopted {
          kill(child, SIGKILL)
          killed.insert(child)
          waitpid(child, nil, WNOHANG)
        }
        Clock.sleep(for: Self.killRound)
      }
      return killed.count
    }

    private func tell(_ note: inout signalbox_note, _ descriptors: [Int32]) {
      if signalbox_send_note(line, &note, descriptors, Int32(descriptors.count), 1) != 0 { leave() }
    }

    private func leave() -> Never {
      for worker in workers { kill(-worker, SIGKILL) }
      exit(0)
    }
  }

  /// What a worker knows of itself.
  package enum ForkedWorker {
    package struct Usage: Sendable {
      package var cpuUser: Duration
      package var cpuSystem: Duration
      package var peakMemoryBytes: Int
    }

    package static var usage: Usage {
      var raw = signalbox_exit()
      signalbox_own_usage(&raw)
      return Usage(
        cpuUser: .microseconds(raw.user_us), cpuSystem: .microseconds(raw.system_us),
        peakMemoryBytes: Int(raw.peak_bytes))
    }

    /// What a function can change of its process and leave behind, as far as it is cheap to look at.
    package struct Standing: Equatable, Sendable {
      fileprivate var descriptors: [String]
      fileprivate var timerMicroseconds: Int
      /// Threads, mask of new files, users, groups, signals and capabilities, as the kernel tells them.
      fileprivate var status: [UInt8]
    }

    package static func standing() throws(SystemError) -> Standing {
      var timer = itimerval()
      getitimer(__itimer_which_t(ITIMER_REAL.rawValue), &timer)
      return Standing(
        descriptors: try Files.list("/proc/self/fd"),
        timerMicroseconds: timer.it_value.tv_sec * 1_000_000 + timer.it_value.tv_usec,
        status: lasting(try Files.read("/proc/self/status")))
    }

    /// The lines of proc_pid_status(5) but for those that change with each call: memory (Vm…, Rss…),
    /// switches of context, and SigQ, which counts for the whole user.
    private static func lasting(_ status: [UInt8]) -> [UInt8] {
      let passing: [StaticString] = ["Vm", "Rss", "voluntary", "nonvoluntary", "SigQ"]
      return status.split(separator: UInt8(ascii: "\n")).filter { line in
        !passing.contains { name in
          name.withUTF8Buffer { line.starts(with: $0) }
        }
      }.reduce(into: []) { $0 += $1 }
    }

    /// Kills whatever this process has started, and what that has started, until none is left.
    /// - Returns: how many there were.
    package static func killDescendants() -> Int {
      var killed: Set<Int> = []
      while signalbox_has_child() == 1 {
        for child in ProcessTree.children(of: Machine.processID) {
          kill(pid_t(child), SIGKILL)
          killed.insert(child)
        }
        Clock.sleep(for: .microseconds(100))
      }
      return killed.count
    }

    /// Ends the process at once: nothing of the C library's or the program's own is called.
    package static func leave(_ code: Int32) -> Never { _exit(code) }
  }
#endif
