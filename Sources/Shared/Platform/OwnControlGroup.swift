#if os(Linux)
  /// Where the cgroup of a process is in the file system.
  package struct OwnControlGroup: Sendable, Equatable {
    /// Names a directory to use instead of the one that is found; or `none`.
    package static let variable = "SIGNALBOX_CGROUP"

    package let directory: String
    /// Of all that can be seen from here.
    package let isTop: Bool

    /// - Parameters:
    ///   - membership: `/proc/self/cgroup`, as in cgroups(7).
    ///   - mounts: `/proc/self/mountinfo`, as in proc_pid_mountinfo(5).
    /// - Returns: `nil` without cgroup v2, and for one that is outside of what is mounted.
    package init?(membership: String, mounts: String) {
      guard let line = membership.split(separator: "\n").first(where: { $0.hasPrefix("0::/") })
      else { return nil }
      let path = line.dropFirst(3)
      for mount in mounts.split(separator: "\n") {
        let fields = mount.split(separator: " ", omittingEmptySubsequences: false)
        guard let dash = fields.firstIndex(of: "-"), dash > 5, fields.count > dash + 1,
          fields[dash + 1] == "cgroup2", !fields[4].contains("\\")
        else { continue }
        let (root, point) = (fields[3] == "/" ? "" : fields[3], fields[4])
        guard path == root || path.hasPrefix("\(root)/"), !path.hasPrefix("/..") else { continue }
        let below = path.dropFirst(root.count)
        isTop = below.isEmpty || below == "/"
        directory = isTop ? String(point) : "\(point)\(below)"
        return
      }
      return nil
    }
  }

  extension OwnControlGroup {
    /// Whether a process has been given a cgroup to make others in.
    package enum Delegation: Sendable, Equatable {
      /// In this one.
      case directory(String)
      /// And why.
      case none(String)
    }

    /// - Parameter process: its id, or `self`.
    package static func delegation(of process: String = "self") -> Delegation {
      guard let membership = Files.text("/proc/\(process)/cgroup"),
        let mounts = Files.text("/proc/self/mountinfo"),
        let own = OwnControlGroup(membership: membership, mounts: mounts)
      else { return .none("no cgroup v2 is mounted here") }
      // Of systemd (Delegate=, and DelegateSubgroup= that puts the agent one level down).
      if isDelegated(own.directory) { return .directory(own.directory) }
      // The top belongs to whoever may write there: a container has its own, and a machine with a
      // service manager has no service there.
      if own.isTop { return .directory(own.directory) }
      let parent = Files.directory(of: own.directory)
      if isDelegated(parent) { return .directory(parent) }
      return .none(
        "the agent's cgroup is not delegated to it; with systemd: Delegate=yes in its unit")
    }

    private static func isDelegated(_ directory: String) -> Bool {
      ["trusted.delegate", "user.delegate"].contains { name in
        Files.attribute(name, of: directory)?.first == UInt8(ascii: "1")
      }
    }
  }
#endif
