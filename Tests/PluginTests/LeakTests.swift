import Model
import Platform
import PluginProtocol
import Support
import Testing

@Suite("A plugin that serves a thousand calls is as it was")
struct LeakTests {
  /// The ends that a plugin has of a process that waits for a call: its channel and what it prints.
  static let descriptorsEach = 3

  /// - Parameter kept: how many more processes may wait than before.
  private func serve(_ executor: String, _ script: String, kept: Int = 0) throws {
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
      try calls(0..<300)
      let before = try Holdings.settled(session.processID)
      try calls(300..<1_300)
      let after = try Holdings.settled(session.processID)
      let more = after.processes - before.processes
      #expect(abs(more) <= kept)
      #expect(after.descriptors - before.descriptors == more * Self.descriptorsEach)
      #expect(!after.hasGrown(since: before))
    }
  }

  @Test("shell: neither memory nor descriptors nor processes are left")
  func shell() throws { try serve("shell", "echo a; echo b >&2") }

  @Test("native: neither memory nor descriptors nor processes are left")
  func native() throws { try serve("native", section("")) }

  @Test("native, with processes that are kept: the same, but for those")
  func stateless() throws {
    try serve("native", section(#""stateless":true,"#), kept: 8)
  }

  private func section(_ members: String) -> String {
    """
    {\(members)"library":{"linux":"libc.so.6"},
     "calls":[{"name":"a","function":"getpid","parameters":[],"returns":"int32"}],
     "output":{"id":"/a/returned"}}
    """
  }
}
