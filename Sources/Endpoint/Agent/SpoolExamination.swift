import Platform

/// Whether the output of calls can be kept: looked at by trying, as a plugin would.
enum SpoolExamination {
  /// Room that the disk has to have: a few calls with much output.
  static let room = 64 << 20
  private static let name = ".self-check"
  private static let content = Array(repeating: UInt8(ascii: "s"), count: 4 << 10)

  static func finding(in directory: String, room: Int) -> SelfCheckMachine.Finding {
    let path = directory + "/" + name
    defer { try? Files.remove(path) }
    do throws(SystemError) {
      _ = try Files.list(directory)
      try Files.remove(path)
      let file = try Files.open(path, .createNew)
      try file.writeAll(content)
      try file.close()
      guard try Files.read(path, limit: content.count) == content else {
        return .bad(evidence: "what was written to \(path) reads otherwise")
      }
      let free = try Files.freeBytes(on: directory)
      guard free >= room else {
        return .bad(
          evidence: "\(free >> 20) MiB are free for \(directory), under the \(room >> 20) MiB of"
            + " SpoolExamination.room")
      }
      return .good
    } catch {
      return .bad(evidence: "the spool's directory cannot be used: \(error)")
    }
  }
}
