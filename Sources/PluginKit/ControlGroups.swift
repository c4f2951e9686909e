package import Platform

/// The cgroups (v2) of a plugin's calls, below a cgroup that was delegated to the agent. A call has
/// one for itself; it is used again, because making and removing one costs more than starting a
/// process.
///
/// What a kernel or a service manager does not give is told by `lacking`, and stands in the record
/// of every call.
package final class ControlGroups {
  /// Why there are none; `nil` if there are.
  package private(set) var lacking: String?
  /// What can be limited: of `memory` and `pids`.
  package private(set) var controllers: Set<String> = []
  private var directory = ""
  /// Holds the directory's lock, which tells another plugin that it is in use.
  private var lock: Descriptor?
  private var free: [ControlGroup] = []
  /// Given back with somebody still in it.
  private var lingering: [ControlGroup] = []
  private var made = 0

  package static let variable = OwnControlGroup.variable

  package init(plugin: String) {
    do throws(Absence) {
      try open(plugin)
    } catch {
      lacking = error.why
      controllers = []
    }
  }

  /// Why something is not there.
  private struct Absence: Error {
    let why: String
  }

  private func open(_ plugin: String) throws(Absence) {
    let base = try Self.base()
    Self.enable(in: base)
    Self.removeAbandoned(in: base)
    directory = "\(base)/\(Self.prefix)\(plugin).\(Machine.processID)"
    do throws(SystemError) {
      try Files.makeDirectories(directory, permissions: 0o755)
      let lock = try Files.open(directory, .read)
      guard try lock.tryLock() else { throw SystemError.busy("lock", path: directory) }
      self.lock = consume lock
    } catch {
      throw Absence(why: "\(error)")
    }
    Self.enable(in: directory)
    controllers = Set(Self.words(directory + "/cgroup.subtree_control"))
    do throws(SystemError) {
      let group = try take()
      free.append(group)
      try group.descriptor.tryControlGroup()
    } catch {
      remove()
      throw Absence(why: "\(error)")
    }
  }

  /// Why calls cannot be limited by a controller here; `nil` if they can.
  package func lacks(_ controller: String) -> String? {
    if controllers.contains(controller) { return nil }
    return lacking ?? "the controller \(controller) is not delegated"
  }

  package static let remedy =
    "delegate a cgroup to the agent: Delegate=yes and DelegateSubgroup=agent in its systemd unit"

  /// - Parameter isFresh: nobody had it before. What an earlier call left in a file system in memory
  ///   still counts as its cgroup's.
  package func take(isFresh: Bool = false) throws(SystemError) -> ControlGroup {
    lingering.removeAll { $0.remove() }
    if !isFresh, let group = free.popLast() {
      // What was met in it before is another call's.
      group.forgetWhatWasMet()
      return group
    }
    made += 1
    return try ControlGroup("\(directory)/\(made)")
  }

  /// - Parameter isClean: every process of the call has been seen to end, and none by `cgroup.kill`.
  package func giveBack(_ group: ControlGroup, isClean: Bool) {
    if isClean, free.count < Self.maxFree { return free.append(group) }
    if !isClean { group.kill() }
    if !group.remove() { lingering.append(group) }
  }

  private static let maxFree = 64

  /// Removes all of them, for the end of the plugin.
  package func remove() {
    for group in free + lingering { _ = group.remove() }
    (free, lingering) = ([], [])
    lock = nil
    if !directory.isEmpty { try? Files.removeDirectory(directory) }
    lacking = lacking ?? "the plugin is leaving"
  }

  // MARK: Where

  private static let prefix = "signalbox."

  private static func base() throws(Absence) -> String {
    if let named = Machine.environment(variable), !named.isEmpty {
      guard named != "none" else { throw Absence(why: "switched off by \(variable)") }
      return named
    }
    switch OwnControlGroup.delegation() {
    case .directory(let directory): return directory
    case .none(let why): throw Absence(why: why)
    }
  }

  /// Hands on what there is. A cgroup with processes of its own may not (EBUSY), which shows in
  /// what is there afterwards.
  private static func enable(in directory: String) {
    let there = words(directory + "/cgroup.controllers")
    for controller in ["memory", "pids"] where there.contains(controller) {
      try? ControlGroup.write("+" + controller, to: directory + "/cgroup.subtree_control")
    }
  }

  /// A plugin that was killed leaves its directories.
  private static func removeAbandoned(in base: String) {
    for name in (try? Files.list(base)) ?? [] where name.hasPrefix(prefix) {
      let directory = base + "/" + name
      guard let lock = try? Files.open(directory, .read), (try? lock.tryLock()) == true else {
        continue
      }
      for group in (try? Files.list(directory)) ?? [] where Int(group) != nil {
        try? Files.removeDirectory(directory + "/" + group)
      }
      try? Files.removeDirectory(directory)
    }
  }

  private static func words(_ path: String) -> [String] {
    (Files.text(path) ?? "").split { $0 == " " || $0 == "\n" }.map(String.init)
  }
}
