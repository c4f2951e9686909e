internal import CPlatform

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

#if os(Linux)
  /// A process with a supervisor between it and us, a subreaper of its own: no descendant can leave
  /// the tree below it, so all of them can be killed, and all are killed when this process dies.
  ///
  /// The supervisor shares our memory and is no second executable (Supervisor.c tells how); it
  /// shows up as `signalbox-call` in the list of processes. One thread uses this object.
  package final class SupervisedProcess {
    package enum Phase: Sendable, Equatable {
      /// Not told to start, or between clone and execve.
      case starting
      /// It could not be started; nothing ran.
      case failed(SystemError)
      case started
      /// The process itself has ended; `exit` tells how. Descendants may still run.
      case ended
      /// Not one descendant is left.
      case gone
      /// The supervisor was killed by someone else; its tree is below us now, if we are a
      /// subreaper.
      case orphaned
    }

    /// Readable when the phase has changed, and for good at its end, where `phase` is to be asked once
    /// more: it reaps the supervisor.
    package let report: Descriptor
    private let executable: String
    private let block: UnsafeMutablePointer<signalbox_supervision>
    private let stack: UnsafeMutableRawPointer
    private var strings: LaunchStrings?
    private let confinement: ConfinementMemory
    /// Open until the order to start, or to leave.
    private var gate: Descriptor?
    /// The supervisor is gone, and nothing more will be reported.
    package private(set) var isReaped = false

    /// Starts the supervisor and, up to its execve, the process, which holds the descriptors and waits
    /// for `start`. Both leave when we die, or let go of this object.
    ///
    /// - Parameter cgroup: an open directory in which the process begins; it is to stay open until the
    ///   process has started.
    /// - Precondition: the three descriptors are above 2.
    package init(
      _ launch: Launch, stdin: borrowing Descriptor, stdout: borrowing Descriptor,
      stderr: borrowing Descriptor, confinement: Confinement = Confinement(), cgroup: Int32? = nil
    ) throws(SystemError) {
      precondition(min(stdin.number, stdout.number, stderr.number) > 2, "move it above 2 first")
      let strings = try LaunchStrings(launch)
      var pipe = try Pipe()
      let reportEnd = pipe.takeWriteEnd()
      report = pipe.takeReadEnd()
      try report.setNonblocking()
      var order = try Pipe()
      let orderEnd = order.takeReadEnd()
      gate = order.takeWriteEnd()
      executable = launch.executable
      self.strings = strings
      self.confinement = ConfinementMemory(confinement, cgroup: cgroup ?? -1)
      stack = .allocate(byteCount: Int(signalbox_supervisor_stack), alignment: 4_096)
      block = .allocate(capacity: 1)
      var supervision = signalbox_supervision()
      supervision.spawn = strings.request(
        standard: (stdin.number, stdout.number, stderr.number), newSession: false)
      supervision.stack = stack
      supervision.report = reportEnd.number
      supervision.gate = orderEnd.number
      supervision.confinement = self.confinement.raw
      block.initialize(to: supervision)
      let result = signalbox_supervise(block)
      guard result == 0 else {
        isReaped = true
        throw SystemError("start a supervisor for", path: executable, number: result)
      }
    }

    /// Starts the process; whether that could be done is the first report.
    package func start() {
      // What cannot be ordered because nobody waits any more, the report tells.
      if let gate = gate.take() { try? gate.writeAll([0]) }
    }

    deinit {
      if let gate = gate.take(), !isReaped {
        // Nothing runs that would have to be ended, so the supervisor leaves at once.
        try? gate.close()
        try? reap()
      }
      // Its last word has come, so it is on its way out.
      if !isReaped, isOver { try? reap() }
      // A supervisor that still runs stands on this memory: better to lose it than to pull it away.
      guard isReaped else {
        if let strings { _ = Unmanaged.passRetained(strings) }
        _ = Unmanaged.passRetained(confinement)
        return
      }
      block.deallocate()
      stack.deallocate()
    }

    /// The process's id, which is its group's too. 0 before it has started.
    package var id: Int { Int(block.pointee.process) }
    package var supervisorID: Int { Int(block.pointee.supervisor) }

    /// How the process ended, with the usage of all descendants that have been reaped so far; `nil`
    /// while it runs. An end that nobody saw, because the supervisor was gone, is the kill that
    /// followed.
    package var exit: ProcessExit? {
      var raw = block.pointee.exit
      if raw.how == 0 {
        guard isReaped else { return nil }
        (raw.how, raw.status) = (Int32(CLD_KILLED), SIGKILL)
      }
      return ProcessExit(raw)
    }

    /// When the process ended, as `Clock.now` tells time; `nil` while it runs, and for an end that nobody
    /// saw.
    package var endedAt: Int64? {
      let time = block.pointee.ended_us
      return block.pointee.exit.how == 0 ? nil : Clock.then(sinceBoot: time)
    }

    /// Descendants killed outside the group, or left behind by a process that had ended.
    package var escapedKilled: Int { Int(block.pointee.escaped_killed) }

    /// Whether the whole cgroup was killed. Then it cannot be used again: newer kernels (seen with
    /// 6.18) kill whatever begins in it later, as if its fork had raced with that kill.
    package var hasKilledControlGroup: Bool { block.pointee.killed_cgroup != 0 }

    /// Takes what was reported and says where things stand. Does not block.
    package func phase() throws(SystemError) -> Phase {
      if isReaped { return settled }
      var bytes: (UInt64, UInt64) = (0, 0)
      let outcome = withUnsafeMutableBytes(of: &bytes) { buffer -> Result<Int?, SystemError> in
        do throws(SystemError) {
          return .success(try report.readIfReady(into: buffer))
        } catch { return .failure(error) }
      }
      // The last phases are reported with the supervisor's last breath: its end follows, and is not
      // waited for here.
      if try outcome.get() == 0 { try reap() }
      return settled
    }

    /// Asks every descendant to end, with SIGTERM.
    package func terminate() {
      guard !isReaped else { return }
      let tree = ProcessTree.descendants(of: supervisorID)
      // The group at once; then those who left it.
      if signalbox_supervision_phase(block) == Int32(signalbox_phase_started.rawValue) {
        Glibc.kill(-block.pointee.process, SIGTERM)
      }
      for process in tree where process.group != id { process.signal(SIGTERM) }
    }

    /// Kills every descendant; `gone` follows, or `failed` if it was not told to start.
    package func kill() {
      guard !isReaped else { return }
      if let gate = gate.take() {
        try? gate.close()
        return
      }
      _ = signalbox_supervisor_kill(block.pointee.supervisor)
    }

    /// After `orphaned`, in a process that is a subreaper: kills the tree, whose members have
    /// become our own children, one layer at a time.
    ///
    /// - Returns: whether none is left. If not, call again a little later.
    package func killAdopted() -> Bool {
      // Supervisors are children of ours too, and are in our group; what they started is not.
      let adopted = ProcessTree.children(of: Machine.processID).filter {
        !ChildProcess.isOurs($0) && ProcessTree.entry($0)?.group != Int(getpgrp())
      }
      for child in adopted {
        // Ours to take off the table, so the number is still that child's.
        Glibc.kill(pid_t(child), SIGKILL)
        var status: Int32 = 0
        waitpid(pid_t(child), &status, WNOHANG)
      }
      return adopted.isEmpty
    }

    private var isOver: Bool {
      switch settled {
      case .failed, .gone: true
      case .starting, .started, .ended, .orphaned: false
      }
    }

    private var settled: Phase {
      switch signalbox_supervision_phase(block) {
      case Int32(signalbox_phase_failed.rawValue):
        .failed(
          SystemError(failedOperation, path: executable, number: block.pointee.error))
      case Int32(signalbox_phase_gone.rawValue): .gone
      case _ where isReaped: .orphaned
      case Int32(signalbox_phase_started.rawValue): .started
      case Int32(signalbox_phase_ended.rawValue): .ended
      default: .starting
      }
    }

    /// After `failed`: whether the process could not be held to what was asked. It would have run.
    package var isConfinementRefused: Bool {
      [signalbox_step_limit, signalbox_step_groups, signalbox_step_user, signalbox_step_privileges]
        .contains { Int32($0.rawValue) == block.pointee.failed_step }
    }

    private var failedOperation: String {
      switch UInt32(bitPattern: block.pointee.failed_step) {
      case signalbox_step_clone.rawValue: "make a process for"
      case signalbox_step_group.rawValue: "make a process group for"
      case signalbox_step_descriptors.rawValue: "hand its input and output to"
      case signalbox_step_directory.rawValue: "enter the working directory of"
      case signalbox_step_limit.rawValue: "set \(failedLimit) of"
      case signalbox_step_groups.rawValue: "set the groups of"
      case signalbox_step_user.rawValue: "set the user of"
      case signalbox_step_gate.rawValue: "keep ready the process of"
      case signalbox_step_privileges.rawValue: "set no_new_privs of"
      default: "start"
      }
    }

    private var failedLimit: String {
      let resource = Confinement.Resource.allCases.first { $0.raw == block.pointee.failed_limit }
      return resource?.name ?? "a limit"
    }

    // The supervisor is dead or dying, so this wait is short.
    private func reap() throws(SystemError) {
      var status: Int32 = 0
      _ = try retried("wait") { waitpid(block.pointee.supervisor, &status, 0) }
      isReaped = true
      strings = nil
    }
  }
#endif
