internal import CPlatform

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// What a process is held to from its first instruction on. Either all of it holds, or the process
/// is not started.
package struct Confinement: Sendable, Hashable {
  /// setrlimit(2). Each but `processes` is of one process, and inherited by what it starts.
  package enum Resource: Sendable, Hashable, CaseIterable {
    case addressSpace
    case coreFile
    case cpuSeconds
    case fileBytes
    case openFiles
    /// Of all that the user has.
    case processes
  }

  package struct Limit: Sendable, Hashable {
    package let resource: Resource
    /// What holds. The process may raise it up to `hard`.
    package let soft: UInt64
    package let hard: UInt64

    package init(_ resource: Resource, soft: UInt64, hard: UInt64) {
      self.resource = resource
      self.soft = soft
      self.hard = hard
    }

    package init(_ resource: Resource, _ value: UInt64) {
      self.init(resource, soft: value, hard: value)
    }
  }

  /// prctl(2), PR_SET_NO_NEW_PRIVS: no program gets more than this process has, by set-user-id or
  /// by capabilities of its file.
  package var noNewPrivileges = false
  /// Whom it runs as; the one who starts it for `nil`.
  package var account: Account?
  package var limits: [Limit] = []

  package init() {}

  /// The user of an endpoint, with what a login would give it.
  package struct Account: Sendable, Hashable {
    package let name: String
    package let user: UInt32
    package let group: UInt32
    package let groups: [UInt32]
    package let home: String
  }
}

extension Confinement.Account {
  /// - Returns: `nil` where there is no such user.
  package static func named(_ name: String) throws(SystemError) -> Confinement.Account? {
    // getpwnam(3): NULL with errno 0, and some others, is "there is none".
    errno = 0
    guard let entry = getpwnam(name) else {
      if [0, ENOENT, ESRCH, EBADF, EPERM].contains(errno) { return nil }
      throw .last("look up the user", path: name)
    }
    let home = entry.pointee.pw_dir.map { String(cString: $0) } ?? "/"
    let (user, group) = (entry.pointee.pw_uid, entry.pointee.pw_gid)
    // getgrouplist(3) says how many there are if it was given too little room.
    var count: Int32 = 64
    while true {
      var groups = [gid_t](repeating: 0, count: Int(count))
      let room = count
      #if canImport(Darwin)
        let result = groups.withUnsafeMutableBytes {
          getgrouplist(
            name, Int32(group), $0.baseAddress?.assumingMemoryBound(to: Int32.self), &count)
        }
      #else
        let result = getgrouplist(name, group, &groups, &count)
      #endif
      if result >= 0 {
        return Confinement.Account(
          name: name, user: user, group: group, groups: Array(groups.prefix(Int(count))), home: home
        )
      }
      guard count > room, count <= 65_536 else {
        throw SystemError("list the groups of", path: name, number: EINVAL)
      }
    }
  }
}

extension Confinement.Resource {
  #if os(Linux)
    var raw: Int32 {
      let resource =
        switch self {
        case .addressSpace: RLIMIT_AS
        case .coreFile: RLIMIT_CORE
        case .cpuSeconds: RLIMIT_CPU
        case .fileBytes: RLIMIT_FSIZE
        case .openFiles: RLIMIT_NOFILE
        case .processes: __RLIMIT_NPROC
        }
      return Int32(resource.rawValue)
    }

    /// The name in setrlimit(2).
    package var name: String {
      switch self {
      case .addressSpace: "RLIMIT_AS"
      case .coreFile: "RLIMIT_CORE"
      case .cpuSeconds: "RLIMIT_CPU"
      case .fileBytes: "RLIMIT_FSIZE"
      case .openFiles: "RLIMIT_NOFILE"
      case .processes: "RLIMIT_NPROC"
      }
    }

    /// The highest that this process may set without privileges; `nil` is no bound.
    package func maximum() -> UInt64? {
      var limit = rlimit()
      guard getrlimit(raw, &limit) == 0, limit.rlim_max != rlim_t.max else {
        return nil
      }
      return UInt64(limit.rlim_max)
    }
  #endif
}

#if os(Linux)
  extension Confinement {
    /// Holds this process to it, and what it starts from now on; there is no way back.
    ///
    /// - Precondition: it names no account. To change the user of a process that runs leaves too much
    ///   behind.
    package func holdThisProcess() throws(SystemError) {
      precondition(account == nil, "a process begins as its user")
      for limit in limits {
        var value = rlimit(rlim_cur: rlim_t(limit.soft), rlim_max: rlim_t(limit.hard))
        _ = try retried("set \(limit.resource.name)") {
          setrlimit(limit.resource.raw, &value)
        }
      }
      if noNewPrivileges { _ = try retried("prctl") { signalbox_hold_privileges() } }
    }
  }

  extension Descriptor {
    /// Of a cgroup's directory: tries whether a process can begin in it.
    package borrowing func tryControlGroup() throws(SystemError) {
      let result = signalbox_try_cgroup(number)
      if result != 0 { throw SystemError("start a process in the cgroup", number: result) }
    }
  }

  /// A confinement for the supervisor, at an address that stays while this lives.
  final class ConfinementMemory {
    private(set) var raw = signalbox_confinement()
    private let groups: UnsafeMutablePointer<UInt32>?

    init(_ confinement: Confinement, cgroup: Int32) {
      raw.no_new_privileges = confinement.noNewPrivileges ? 1 : 0
      raw.cgroup = cgroup
      precondition(confinement.limits.count <= Int(signalbox_limits_max), "one of each at most")
      raw.limit_count = Int32(confinement.limits.count)
      withUnsafeMutableBytes(of: &raw.limits) { bytes in
        let limits = bytes.bindMemory(to: signalbox_limit.self)
        for (index, limit) in confinement.limits.enumerated() {
          limits[index] = signalbox_limit(
            resource: limit.resource.raw, soft: limit.soft, hard: limit.hard)
        }
      }
      guard let account = confinement.account else {
        groups = nil
        return
      }
      let list = UnsafeMutablePointer<UInt32>.allocate(capacity: max(1, account.groups.count))
      for (index, group) in account.groups.enumerated() { list[index] = group }
      groups = list
      raw.changes_user = 1
      raw.user = account.user
      raw.group = account.group
      raw.groups = UnsafePointer(list)
      raw.group_count = Int32(account.groups.count)
    }

    deinit { groups?.deallocate() }
  }
#endif
