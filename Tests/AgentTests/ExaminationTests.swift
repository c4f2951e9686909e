import Doctor
import Platform
import Support
import Testing

@Suite("What doctor says of plugins that do not work")
struct ExaminationTests {
  /// The findings about plugins, for a directory with one plugin of this text.
  private func findings(_ text: String, permissions: UInt32 = 0o755) throws -> [Finding] {
    try withTemporaryDirectory { directory in
      let plugin = directory + "/signalbox-plugin-sample"
      try Files.writeAtomically(Array(text.utf8), to: plugin)
      try Files.setPermissions(plugin, permissions)
      let settings = Examination.Settings(state: directory, plugins: directory)
      return Examination(settings).run().findings.filter {
        $0.check.hasPrefix("plugin") || $0.check.hasPrefix("executor.")
      }
    }
  }

  @Test(
    "one that fails to start explains itself in one finding",
    arguments: [
      ("#!/bin/sh\necho cannot open libexample.so.4 >&2\nexit 3\n", "libexample.so.4"),
      ("#!/bin/sh\nexec sleep 600 >/dev/null\n", "closed its standard output"),
      ("#!/nowhere/interpreter\n", "its interpreter, or what it is linked with, is not there"),
      ("\u{7F}ELF", "Exec format error"),
      ("#!/bin/sh\necho no JSON\n", "no JSON"),
    ])
  func failure(text: String, said: String) throws {
    let findings = try findings(text)
    #expect(findings.count == 1 && findings.first?.result == .failed)
    #expect(findings.first?.check == "executor.sample.handshake")
    #expect(findings.first?.detail.contains(said) == true, "\(findings)")
    #expect(findings.first?.remedy.contains("signalbox plugin check ") == true)
  }

  @Test("one that others can write to, or that nobody can run, is told with what to do about it")
  func refused() throws {
    let open = try findings("#!/bin/sh\n", permissions: 0o777)
    #expect(open.map(\.check) == ["plugin"] && open.first?.result == .failed)
    #expect(open.first?.detail.contains("plugin.writable") == true, "\(open)")
    #expect(open.first?.remedy.contains("chmod go-w") == true, "\(open)")
    let closed = try findings("#!/bin/sh\n", permissions: 0o644)
    #expect(closed.first?.detail.contains("plugin.notExecutable") == true, "\(closed)")
    #expect(closed.first?.remedy.contains("chmod 755") == true, "\(closed)")
  }
}
