import Model
import Platform
import PluginProtocol
import Support
import Testing

@testable import Agent

@Suite("Directories of calls")
struct CallDirectoryTests {
  private func use(_ path: String, output: Int) throws {
    let spool = try SpoolWriter(path: path + "/spool", call: CallID("c1"), plugin: "shell")
    let bytes = [UInt8](repeating: UInt8(ascii: "s"), count: output)
    try bytes.withUnsafeBytes { try spool.output(.stdout, offset: 0, $0) }
    try spool.release()
  }

  @Test("nothing of a call is left for the next", arguments: [0, 10, 200_000])
  func clean(output: Int) throws {
    try withTemporaryDirectory { root in
      let directory = CallDirectory(path: root + "/1")
      try directory.clean()
      try use(root + "/1", output: output)
      try Files.writeAtomically(Array("secret".utf8), to: root + "/1/script")
      try Files.writeAtomically([1], to: root + "/1/spool.cancel")
      try Files.makeDirectories(root + "/1/work/deep/er")
      try Files.writeAtomically([1], to: root + "/1/work/deep/er/file")
      try Files.setPermissions(root + "/1/work", 0o755)
      try directory.clean()
      #expect(try Files.list(root + "/1") == ["script", "spool", "work"])
      #expect(try Files.list(root + "/1/work").isEmpty)
      #expect(try Files.status(root + "/1/work").permissions == 0o700)
      let spool = try Files.read(root + "/1/spool")
      #expect(spool == [UInt8](repeating: 0, count: Spool.reusedBytes))
      // And it can be used again.
      try use(root + "/1", output: 5)
    }
  }

  @Test("what is not a plain file of one name is not written over")
  func foreign() throws {
    try withTemporaryDirectory { root in
      let directory = CallDirectory(path: root + "/1")
      try directory.clean()
      let kept = [UInt8](repeating: 7, count: 100)
      try Files.writeAtomically(kept, to: root + "/kept")
      try Files.remove(root + "/1/spool")
      try makeLink(root + "/1/spool", to: root + "/kept")
      try makeLink(root + "/1/script", to: root + "/kept")
      try Files.removeTree(root + "/1/work")
      try makeLink(root + "/1/work", to: root)
      try directory.clean()
      #expect(try Files.list(root + "/1") == ["spool", "work"])
      #expect(try Files.status(root + "/1/spool").size == 0)
      #expect(try Files.linkStatus(root + "/1/work").kind == .directory)
      #expect(try Files.read(root + "/kept") == kept)
    }
  }

  @Test("what a script left under a name that is no text is not left for the next call")
  func namesThatAreNoText() throws {
    try withTemporaryDirectory { root in
      let directory = CallDirectory(path: root + "/1")
      try directory.clean()
      let script = #"touch "$1/work/$(printf '\377')" "$1/$(printf '\377')""#
      let child = try ChildProcess.spawn(
        Launch("/bin/sh", arguments: ["sh", "-c", script, "sh", root + "/1"]),
        stdin: try Files.open("/dev/null", .read), stdout: try Files.open("/dev/null", .read),
        stderr: try Files.open("/dev/null", .read))
      #expect(try child.wait().how == .exit(code: 0))
      #expect(try Files.list(root + "/1/work").count == 1)
      try directory.clean()
      #expect(try Files.list(root + "/1/work").isEmpty)
      #expect(try Set(Files.list(root + "/1")).isSubset(of: ["script", "spool", "work"]))
    }
  }

  @Test("a link in the place of the directory is replaced, and nothing is cleaned behind it")
  func link() throws {
    try withTemporaryDirectory { root in
      try Files.makeDirectories(root + "/kept")
      try Files.writeAtomically([1], to: root + "/kept/file")
      try makeLink(root + "/1", to: root + "/kept")
      try CallDirectory(path: root + "/1").clean()
      #expect(try Files.list(root + "/kept") == ["file"])
      #expect(try Files.list(root + "/1") == ["spool", "work"])
    }
  }

  @Test("permissions that a script changed are not left for the next call")
  func permissions() throws {
    try withTemporaryDirectory { root in
      let directory = CallDirectory(path: root + "/1")
      try directory.clean()
      try use(root + "/1", output: 5)
      try Files.writeAtomically([1], to: root + "/1/script")
      try Files.setPermissions(root + "/1/spool", 0o666)
      try Files.setPermissions(root + "/1/script", 0o400)
      try Files.setPermissions(root + "/1", 0o777)
      try directory.clean()
      #expect(try Files.status(root + "/1").permissions == 0o700)
      for name in try Files.list(root + "/1") where name != "work" {
        #expect(try Files.status("\(root)/1/\(name)").permissions == 0o600)
      }
    }
  }

  @Test("a directory whose plugin still works is left alone")
  func busy() throws {
    try withTemporaryDirectory { root in
      try Files.makeDirectories(root + "/1")
      let spool = try SpoolWriter(path: root + "/1/spool", call: CallID("c1"), plugin: "shell")
      try Files.writeAtomically([1], to: root + "/1/script")
      #expect(throws: SystemError.self) { try CallDirectory(path: root + "/1").clean() }
      #expect(try SpoolReader(path: root + "/1/spool").next() != nil)
      #expect(Files.exists(root + "/1/script"))
      try spool.release()
    }
  }

  @Test("a directory in which something may live on is removed, and its name not given again")
  func suspect() throws {
    try withTemporaryDirectory { root in
      let directories = try CallDirectories(root: root) { Issue.record("\($0)") }
      defer { directories.stop() }
      let name = directories.take()
      try directories.makeReady(root + "/" + name)
      directories.giveBack(name, isSuspect: true)
      let end = Clock.now() + 60_000_000
      while Files.exists(root + "/" + name), Clock.now() < end {
        #expect(directories.take() != name)
      }
      #expect(!Files.exists(root + "/" + name))
    }
  }

  @Test("a directory that is ready has its spool, whatever became of the one it had")
  func spoolIsThere() throws {
    try withTemporaryDirectory { root in
      let directories = try CallDirectories(root: root) { Issue.record("\($0)") }
      defer { directories.stop() }
      try directories.makeReady(root + "/1")
      #expect(Files.exists(root + "/1/spool"))
      try use(root + "/1", output: 5)
      try Files.remove(root + "/1/spool")
      directories.giveBack("1")
      var name = ""
      let end = Clock.now() + 60_000_000
      while name != "1", Clock.now() < end { name = directories.take() }
      try #require(name == "1")
      try Files.remove(root + "/1/spool")
      try directories.makeReady(root + "/1")
      #expect(Files.exists(root + "/1/spool"))
    }
  }

  @Test("a name is given to one call at a time, and comes back clean")
  func names() throws {
    try withTemporaryDirectory { root in
      try Files.makeDirectories(root + "/5")
      let directories = try CallDirectories(root: root) { Issue.record("\($0)") }
      defer { directories.stop() }
      #expect(directories.take() == "6")
      try directories.makeReady(root + "/6")
      try use(root + "/6", output: 10)
      directories.giveBack("6")
      // A name that only the journal knew is not given out twice either.
      directories.giveBack("9")
      var taken: Set<String> = []
      let end = Clock.now() + 60_000_000
      while !taken.isSuperset(of: ["6", "9"]), Clock.now() < end {
        #expect(taken.insert(directories.take()).inserted)
      }
      #expect(taken.isSuperset(of: ["6", "9"]))
      #expect(try Files.read(root + "/6/spool").allSatisfy { $0 == 0 })
      #expect(Int(directories.take()) ?? 0 > 9)
    }
  }
}
