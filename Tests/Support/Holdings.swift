import Platform

/// What one process holds, and what has come from it.
package struct Holdings {
  package var descriptors: Int
  /// Its descendants.
  package var processes: Int
  package var residentKiB: Int

  /// The allocator's own slack, which does not grow with the calls: of ten thousand it is the same.
  private static let slackKiB = 1_024

  package init(_ process: Int) throws {
    descriptors = try Files.list("/proc/\(process)/fd").count
    processes = ProcessTree.descendants(of: process).count
    let status = String(decoding: try Files.read("/proc/\(process)/status"), as: UTF8.self)
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
    guard let resident = line.flatMap({ Int($0.filter(\.isNumber)) }) else {
      throw Unexpected(what: "process \(process) has no memory")
    }
    residentKiB = resident
  }

  /// What it holds when nothing changes any more: processes that a call was given are taken off the table
  /// a moment after it, and others made ready.
  package static func settled(_ process: Int) throws -> Holdings {
    var last = try Holdings(process)
    while true {
      Clock.sleep(for: .milliseconds(300))
      try waitForRest(of: process)
      let now = try Holdings(process)
      if now.descriptors == last.descriptors, now.processes == last.processes { return now }
      last = now
    }
  }

  /// Whether there is more memory than before. A sanitizer's is never given back.
  package func hasGrown(since before: Holdings) -> Bool {
    !Sanitizer.isOn && residentKiB - before.residentKiB >= Self.slackKiB
  }
}
