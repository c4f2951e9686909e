package import Model
package import Platform
internal import PluginProtocol

/// What the processes of a call are held to, and what is told of it in the record. Made before the
/// call may start, so that what cannot be given is refused with nothing run.
package struct CallConfinement {
  package private(set) var confinement = Confinement()
  package private(set) var isolation: Isolation
  /// To be given back when the call is over.
  package private(set) var group: ControlGroup?

  /// The cgroup, once, for who gives it back.
  package mutating func releaseGroup() -> ControlGroup? { group.take() }

  /// What every process is held to, without a cgroup, and without limits of a tool's.
  package static func standard(lacksControlGroup: String) -> CallConfinement {
    var held = CallConfinement(lacksControlGroup: lacksControlGroup)
    held.confinement.noNewPrivileges = true
    held.isolation.hasNoNewPrivileges = true
    held.hold(.coreFile, named: "core", to: 0)
    held.holdOpenFiles()
    return held
  }

  private init(lacksControlGroup: String?) {
    isolation = Isolation(
      hasProcessGroup: true, hasSubreaper: true, hasNoNewPrivileges: false,
      lacksControlGroup: lacksControlGroup)
  }

  /// - Throws: for a limit or a user that cannot be had here.
  package init(_ call: PluginCall, _ groups: ControlGroups) throws(Refusal) {
    self.init(lacksControlGroup: groups.lacking)
    let limits = call.limits
    let account = try call.account()
    confinement.account = account
    confinement.noNewPrivileges = !call.needs.contains(.privileges)
    isolation.runAs = call.runAs
    isolation.hasNoNewPrivileges = confinement.noNewPrivileges
    hold(.coreFile, named: "core", to: 0)
    if let count = limits.openFiles {
      try require(.openFiles, "openFiles", count)
      hold(.openFiles, named: "openFiles", to: count)
    } else {
      holdOpenFiles()
    }
    if let bytes = limits.fileSizeBytes {
      try require(.fileBytes, "fileSize", bytes)
      hold(.fileBytes, named: "fileSize", to: bytes)
    }
    if let time = limits.cpu { try holdProcessor(time) }
    do throws(SystemError) {
      try takeGroup(limits, groups)
    } catch {
      throw Refusal(
        reason: "isolation.notApplied", message: "\(error)",
        remedy: "see the message; \(ControlGroups.variable)=none makes do without cgroups")
    }
    do throws(Refusal) {
      if let bytes = limits.memoryBytes, groups.lacks("memory") != nil {
        try require(.addressSpace, "memory", bytes)
        hold(.addressSpace, named: "memory", to: bytes)
      }
      if let count = limits.processes, let why = groups.lacks("pids") {
        try holdProcesses(count, account, because: why)
      }
    } catch {
      if let group { groups.giveBack(group, isClean: true) }
      throw error
    }
  }

  // MARK: Limits

  /// What most programs expect to be enough; those that need more raise it themselves.
  private static let standardOpenFiles: UInt64 = 1_024

  private mutating func holdOpenFiles() {
    let maximum = Confinement.Resource.openFiles.maximum() ?? Self.standardOpenFiles
    let soft = min(Self.standardOpenFiles, maximum)
    confinement.limits.append(.init(.openFiles, soft: soft, hard: maximum))
    tell("openFiles", Int(soft), Confinement.Resource.openFiles.name)
  }

  private mutating func hold(_ resource: Confinement.Resource, named name: String, to value: Int) {
    confinement.limits.append(.init(resource, UInt64(value)))
    tell(name, value, resource.name)
  }

  private mutating func tell(_ name: String, _ value: Int, _ by: String) {
    isolation.limits.append(Isolation.Limit(name: name, value: value, by: by))
  }

  /// Whole seconds, rounded up. At the first of them the process gets SIGXCPU, a second later
  /// SIGKILL.
  private mutating func holdProcessor(_ time: Duration) throws(Refusal) {
    let seconds = Int((time.wholeMilliseconds + 999) / 1_000)
    try require(.cpuSeconds, "cpu", seconds)
    confinement.limits.append(
      .init(.cpuSeconds, soft: UInt64(seconds), hard: UInt64(seconds) + 1))
    tell("cpu", seconds * 1_000, Confinement.Resource.cpuSeconds.name)
  }

  /// An endpoint may be bound more tightly than the tool asks, and only root can loosen that.
  private func require(
    _ resource: Confinement.Resource, _ name: String, _ value: Int
  ) throws(Refusal) {
    guard let maximum = resource.maximum(), UInt64(value) > maximum, Machine.effectiveUser != 0
    else { return }
    throw Refusal(
      reason: "limit.unavailable",
      message: "the tool's limit \(name) is \(value), and the agent itself has \(maximum)"
        + " (\(resource.name))",
      remedy: "raise the limit of the agent's service, or lower it in the tool")
  }

  /// RLIMIT_NPROC counts all that the user has, and does not bind root.
  private mutating func holdProcesses(
    _ count: Int, _ account: Confinement.Account?, because why: String
  ) throws(Refusal) {
    guard (account?.user ?? Machine.effectiveUser) != 0 else {
      throw Refusal(
        reason: "limit.unavailable",
        message: "the number of root's processes can only be limited by a cgroup: \(why)",
        remedy: "run the tool as another user (runAs), or \(ControlGroups.remedy)")
    }
    try require(.processes, "processes", count)
    hold(.processes, named: "processes", to: count)
  }

  // MARK: Cgroup

  /// A bound for what has none of its own: no tool needs as many, and a machine survives them.
  private static let standardProcesses = 4_096

  private mutating func takeGroup(
    _ limits: CallLimits, _ groups: ControlGroups
  ) throws(SystemError) {
    guard groups.lacking == nil else { return }
    let limitsMemory = limits.memoryBytes != nil && groups.controllers.contains("memory")
    let group = try groups.take(isFresh: limitsMemory)
    do throws(SystemError) {
      if groups.controllers.contains("memory") {
        try group.limit(memory: limits.memoryBytes)
        if let bytes = limits.memoryBytes { tell("memory", bytes, "memory.max") }
      }
      if groups.controllers.contains("pids") {
        let count = limits.processes ?? Self.standardProcesses
        try group.limit(processes: count)
        tell("processes", count, "pids.max")
      }
    } catch {
      groups.giveBack(group, isClean: true)
      throw error
    }
    self.group = group
  }

  // MARK: The end

  /// What the record tells of it, once the process has ended so.
  package func told(_ how: ProcessExit.How?) -> Isolation {
    var told = isolation
    func add(_ limit: String, _ evidence: String) {
      told.exceeded.append(Isolation.Exceeded(limit: limit, evidence: evidence))
    }
    func by(_ name: String) -> String? { isolation.limits.first { $0.name == name }?.by }
    if let group {
      let killed = by("memory") == "memory.max" ? group.takeKilledForMemory() : 0
      if killed > 0 { add("memory", "the kernel killed \(killed) of its processes (oom_kill)") }
      let refused = by("processes") == "pids.max" ? group.takeRefusedProcesses() : 0
      if refused > 0 { add("processes", "\(refused) more were refused (pids.events)") }
    }
    if by("cpu") != nil, let evidence = Self.evidence(of: Self.cpuSignal, "SIGXCPU", in: how) {
      add("cpu", evidence)
    }
    if by("fileSize") != nil, let evidence = Self.evidence(of: Self.fileSignal, "SIGXFSZ", in: how)
    {
      add("fileSize", evidence)
    }
    return told
  }

  /// signal(7), on the processors that Supervisor.c is written for.
  private static let cpuSignal = 24
  private static let fileSignal = 25

  /// The process itself, or a shell's word that the command it ran last was ended so.
  private static func evidence(
    of signal: Int, _ name: String, in how: ProcessExit.How?
  ) -> String? {
    switch how {
    case .signal(signal, _)?: "ended by \(name)"
    case .exit(128 + signal)?: "exit \(128 + signal), by which a shell tells of \(name)"
    case .exit, .signal, nil: nil
    }
  }
}

extension Refusal {
  /// A process could not be held to what its call asks for.
  package static func unconfined(_ error: SystemError) -> Refusal {
    Refusal(
      reason: "isolation.notApplied", message: "\(error)",
      remedy: "nothing has run, because it would have run without that; give the agent the right to"
        + " do it, or take it out of the tool")
  }
}
