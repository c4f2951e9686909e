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
      try makeLink(root + "/1/spool", to: root + "/kept")
      try makeLink(root + "/1/script", to: root + "/kept")
      try Files.removeTree(root + "/1/work")
      try makeLink(root + "/1/work", to: root)
      try directory.clean()
      #expect(try Files.list(root + "/1") == ["work"])
      #expect(try Files.linkStatus(root + "/1/work").kind == .directory)
      #expect(try Files.read(root + "/kept") == kept)
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
      let end = Clock.now() + 10_000_000
      while !taken.isSuperset(of: ["6", "9"]), Clock.now() < end {
        #expect(taken.insert(directories.take()).inserted)
      }
      #expect(taken.isSuperset(of: ["6", "9"]))
      #expect(try Files.read(root + "/6/spool").allSatisfy { $0 == 0 })
      #expect(Int(directories.take()) ?? 0 > 9)
    }
  }
}
