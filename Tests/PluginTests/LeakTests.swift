import Model
import Platform
import PluginProtocol
import Support
import Testing

@Suite("A plugin that serves a thousand calls is as it was")
struct LeakTests {
  /// What one process holds.
  private struct Holdings: Equatable {
    var descriptors: Int
    var residentKiB: Int

    init(_ process: Int) throws {
      descriptors = try Files.list("/proc/\(process)/fd").count
      let status = String(decoding: try Files.read("/proc/\(process)/status"), as: UTF8.self)
      let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
      residentKiB = try #require(line.flatMap { Int($0.filter(\.isNumber)) })
    }
  }

  /// The allocator's own slack, which does not grow with the calls: of ten thousand it is the same.
  static let slackKiB = 1_024

  private func serve(_ executor: String, _ script: String) throws {
    try withTemporaryDirectory { directory in
      let session = try PluginSession(directory, executor: executor)
      func calls(_ range: Range<Int>) throws {
        for number in range {
          let content = try session.run("c\(number)", script)
          guard case .exit(code: 0)? = content.record?.ended else {
            throw Unexpected(what: "\(String(describing: content.record?.ended))")
          }
          try Files.removeTree("\(directory)/c\(number)")
        }
      }
      func settled() throws -> [Holdings] {
        // Processes that a call was given are taken off the table a moment after it.
        Clock.sleep(for: .milliseconds(300))
        return try [session.processID].map { try Holdings($0) }
      }
      try calls(0..<300)
      let before = try settled()
      let children = ProcessTree.descendants(of: session.processID).count
      try calls(300..<1_300)
      let after = try settled()
      #expect(after.map(\.descriptors) == before.map(\.descriptors))
      #expect(ProcessTree.descendants(of: session.processID).count == children)
      for (before, after) in zip(before, after) {
        #expect(Sanitizer.isOn || after.residentKiB - before.residentKiB < Self.slackKiB)
      }
    }
  }

  @Test("shell: neither memory nor descriptors nor processes are left")
  func shell() throws { try serve("shell", "echo a; echo b >&2") }

  @Test("native: neither memory nor descriptors nor processes are left")
  func native() throws {
    try serve(
      "native",
      """
      {"library":{"linux":"libc.so.6"},
       "calls":[{"name":"a","function":"getpid","parameters":[],"returns":"int32"}],
       "output":{"id":"/a/returned"}}
      """)
  }

  @Test("native, with processes that are kept: the same")
  func stateless() throws {
    try serve(
      "native",
      """
      {"stateless":true,"library":{"linux":"libc.so.6"},
       "calls":[{"name":"a","function":"getpid","parameters":[],"returns":"int32"}],
       "output":{"id":"/a/returned"}}
      """)
  }
}
