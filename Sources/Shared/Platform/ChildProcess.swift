internal import CPlatform

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// What to start.
package struct Launch: Sendable {
  package enum Group: Sendable {
    /// A process group of its own: a signal to our group does not reach it.
    case ownGroup
    /// A session of its own: also out of reach of our terminal.
    case ownSession
  }

  package var executable: String
  /// All of `argv`, the program's name first.
  package var arguments: [String]
  package var environment: [(name: String, value: String)]
  package var directory: String?
  package var group: Group

  package init(
    _ executable: String, arguments: [String]? = nil,
    environment: [(name: String, value: String)] = [], directory: String? = nil,
    group: Group = .ownGroup
  ) {
    self.executable = executable
    self.arguments = arguments ?? [executable]
    self.environment = environment
    self.directory = directory
    self.group = group
  }
}

/// How a process ended, and what it used with all its waited-for children.
package struct ProcessExit: Sendable, Hashable {
  package enum How: Sendable, Hashable {
    case exit(code: Int)
    case signal(number: Int, coreDumped: Bool)
  }

  package let how: How
  package let cpuUser: Duration
  package let cpuSystem: Duration
  /// `nil` when the process stayed below what it inherited for an instant from us: the kernel
  /// counts the memory of the one who started it as its own until it executes.
  package let peakMemoryBytes: Int?

  init(_ raw: signalbox_exit) {
    how =
      switch raw.how {
      case Int32(CLD_EXITED): .exit(code: Int(raw.status))
      case Int32(CLD_DUMPED): .signal(number: Int(raw.status), coreDumped: true)
      default: .signal(number: Int(raw.status), coreDumped: false)
      }
    cpuUser = .microseconds(raw.user_us)
    cpuSystem = .microseconds(raw.system_us)
    peakMemoryBytes = OwnMemory.isAbovePeak(Int(raw.peak_bytes)) ? Int(raw.peak_bytes) : nil
  }
}

/// A child of this process, held by a pidfd, so that a signal never meets a process that got the
/// same number later. Dropping it does not end the process.
package struct ChildProcess: ~Copyable, Sendable {
  package let id: Int
  /// Readable when the process has ended; for a poll.
  package let handle: Descriptor

  /// Those that were started here and are not waited for yet.
  private static let ours = Locked<Set<Int>>([])

  /// Whether a child was started here, and is not one that came to us as to a subreaper.
  static func isOurs(_ id: Int) -> Bool { ours.withLock { $0.contains(id) } }

  /// Starts a process with every signal at its default and no descriptor but the three given.
  /// - Throws: what `execve(2)` said, with the executable as the path.
  package static func spawn(
    _ launch: Launch, stdin: borrowing Descriptor, stdout: borrowing Descriptor,
    stderr: borrowing Descriptor
  ) throws(SystemError) -> ChildProcess {
    let strings = try LaunchStrings(launch)
    var request = strings.request(
      standard: (stdin.number, stdout.number, stderr.number),
      newSession: launch.group == .ownSession)
    var pid: pid_t = 0
    var pidfd: Int32 = -1
    let result = withExtendedLifetime(strings) { signalbox_start(&request, &pid, &pidfd) }
    guard result == 0 else {
      throw SystemError("start", path: launch.executable, number: result)
    }
    _ = ours.withLock { $0.insert(Int(pid)) }
    return ChildProcess(id: Int(pid), handle: Descriptor(owning: pidfd))
  }

  /// Waits for the end and takes the process off the system's table. Once only.
  package func wait() throws(SystemError) -> ProcessExit {
    var raw = signalbox_exit()
    _ = try retried("wait") { signalbox_wait(handle.number, 1, &raw) }
    return ended(raw)
  }

  /// As `wait`; `nil` when the process still runs.
  package func waitIfEnded() throws(SystemError) -> ProcessExit? {
    var raw = signalbox_exit()
    let ended = try retried("wait") { signalbox_wait(handle.number, 0, &raw) }
    return ended == 1 ? self.ended(raw) : nil
  }

  private func ended(_ raw: signalbox_exit) -> ProcessExit {
    _ = Self.ours.withLock { $0.remove(id) }
    return ProcessExit(raw)
  }

  /// A process that has ended already is no error.
  package func signal(_ number: Int32) throws(SystemError) {
    do {
      _ = try retried("signal") { signalbox_pidfd_signal(handle.number, number) }
    } catch  where error.isNoSuchProcess {}
  }

  /// Signals the whole process group. Only while the process is not waited for.
  package func signalGroup(_ number: Int32) throws(SystemError) {
    do {
      _ = try retried("signal the group") { kill(-pid_t(id), number) }
    } catch  where error.isNoSuchProcess {}
  }
}
