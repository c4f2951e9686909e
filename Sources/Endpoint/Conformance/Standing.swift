internal import Model
internal import Platform
internal import PluginProtocol

/// What the script `proc` printed: how the kernel says that a process of the call stands.
struct Standing {
  private let fields: [String: [String]]
  /// Its cgroup of version 2, as in cgroups(7); `nil` where there is none.
  let controlGroup: String?

  /// - Parameter text: the files status, limits and cgroup of proc(5).
  init(_ text: String) {
    var fields: [String: [String]] = [:]
    var controlGroup: String?
    for line in text.split(separator: "\n") {
      if line.hasPrefix("0::") { controlGroup = String(line.dropFirst(3)) }
      guard let colon = line.firstIndex(of: ":") else { continue }
      let name = String(line[..<colon])
      if fields[name] == nil {
        fields[name] = line[line.index(after: colon)...].split(whereSeparator: \.isWhitespace)
          .map(String.init)
      }
    }
    self.fields = fields
    self.controlGroup = controlGroup
  }

  /// The same of a process that runs.
  init(process: String) {
    let texts = ["status", "cgroup"].map { Files.text("/proc/\(process)/\($0)") ?? "" }
    self.init(texts.joined(separator: "\n"))
  }

  /// Kernels before 4.10 do not tell.
  var hasNoNewPrivileges: Bool? { fields["NoNewPrivs"]?.first.map { $0 == "1" } }

  /// Kernels before 4.1 do not tell. The first number is that of the /proc it was read in.
  var processGroup: Int? { fields["NSpgid"]?.first.flatMap { Int($0) } }

  /// Real, effective, saved, and of the file system.
  var users: [UInt32] { numbers("Uid") }
  var groups: [UInt32] { numbers("Gid") }
  var moreGroups: [UInt32] { numbers("Groups") }

  private func numbers(_ name: String) -> [UInt32] {
    (fields[name] ?? []).compactMap { UInt32($0) }
  }
}

/// What a call without any wish was held to: what its record tells, and what a process of it saw.
struct Holding {
  let told: Isolation
  /// `nil` where the executor's language has no script for it.
  let seen: Standing?
  let process: Int?
  /// Of the plugin itself.
  let plugin: Standing

  /// How it is known, for what is only as good as the record.
  var source: String { seen == nil ? "told by the record" : "seen in its process" }
}

extension Trial {
  func holding(
    _ call: String = "held", _ change: (inout Preparation) -> Void = { _ in }
  ) throws -> Holding {
    let plugin = try open()
    let canSee = subject.scripts?.text(.proc) != nil
    let facts = try run(plugin, call, canSee ? CheckScript.proc : .empty, change)
    guard let told = facts.record?.isolation else {
      throw Lack("its records do not tell what calls are held to")
    }
    return Holding(
      told: told, seen: canSee ? Standing(facts.text) : nil, process: facts.record?.process.pid,
      plugin: Standing(process: "\(plugin.process)"))
  }
}
