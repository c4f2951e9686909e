package import Platform

/// The cgroup of one call at a time. The names of its files are those of the kernel's
/// cgroup-v2.rst.
package final class ControlGroup {
  package let directory: String
  /// Its directory, for the process that begins in it.
  package let descriptor: Descriptor
  private var memoryMax: Int?
  private var pidsMax: Int?
  private var killedBefore = 0
  private var refusedBefore = 0

  package init(_ directory: String) throws(SystemError) {
    self.directory = directory
    try Files.makeDirectories(directory, permissions: 0o755)
    descriptor = try Files.open(directory, .read)
  }

  /// Bytes of all its processes together; without swap, which would only make it slow.
  package func limit(memory bytes: Int?) throws(SystemError) {
    if memoryMax == bytes { return }
    try set("memory.max", bytes)
    // Missing where the kernel does not count swap.
    if bytes != nil, Files.exists(directory + "/memory.swap.max") { try set("memory.swap.max", 0) }
    memoryMax = bytes
  }

  /// Processes and threads.
  package func limit(processes count: Int?) throws(SystemError) {
    if pidsMax == count { return }
    try set("pids.max", count)
    pidsMax = count
  }

  private func set(_ name: String, _ value: Int?) throws(SystemError) {
    try Self.write(value.map(String.init) ?? "max", to: directory + "/" + name)
  }

  /// For its next call.
  package func forgetWhatWasMet() {
    if memoryMax != nil { _ = takeKilledForMemory() }
    if pidsMax != nil { _ = takeRefusedProcesses() }
  }

  /// How many processes the kernel killed for the limit of memory since this was asked last.
  package func takeKilledForMemory() -> Int {
    let count = event("oom_kill", of: "memory.events")
    defer { killedBefore = count }
    return count - killedBefore
  }

  /// How often no process could be made for the limit of processes since this was asked last.
  package func takeRefusedProcesses() -> Int {
    let count = event("max", of: "pids.events")
    defer { refusedBefore = count }
    return count - refusedBefore
  }

  private func event(_ name: String, of file: String) -> Int {
    guard let bytes = try? Files.read(directory + "/" + file, limit: 4_096) else { return 0 }
    return Self.event(name, in: String(decoding: bytes, as: UTF8.self))
  }

  /// Of lines such as `oom_kill 3`.
  package static func event(_ name: String, in text: String) -> Int {
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      if words.count == 2, words[0] == name { return Int(words[1]) ?? 0 }
    }
    return 0
  }

  /// Everything that is in it.
  package func kill() { try? Self.write("1", to: directory + "/cgroup.kill") }

  /// - Returns: whether it is gone; not while there is a process in it.
  package func remove() -> Bool {
    do throws(SystemError) {
      try Files.removeDirectory(directory)
      return true
    } catch {
      return error.isNotFound
    }
  }

  /// The files are there, take one write each, and some cannot be read.
  static func write(_ text: String, to path: String) throws(SystemError) {
    let file = try Files.open(path, .append)
    try file.writeAll(Array(text.utf8))
  }
}
