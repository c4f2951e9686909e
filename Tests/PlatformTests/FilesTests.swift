import Platform
import Support
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

@Suite("Files")
struct FilesTests {
  @Test("an atomic write replaces the whole file and leaves no draft")
  func atomicWrite() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/state"
      try Files.writeAtomically(Array("old, and longer".utf8), to: path)
      try Files.writeAtomically(Array("new".utf8), to: path)
      #expect(try Files.read(path) == Array("new".utf8))
      #expect(try Files.status(path).permissions == 0o600)
      #expect(try Files.list(directory) == ["state"])
    }
  }

  @Test("directories that are made while others look for abandoned ones are made all the same")
  func scratch() throws {
    let prefix = "signalbox-scratch-\(Machine.processID)"
    let made = Locked<[ScratchDirectory]>([])
    let failures = Locked<[String]>([])
    let threads = try (0..<4).map { _ in
      try WorkerThread(name: "scratch") {
        for _ in 0..<100 {
          do throws(SystemError) {
            let directory = try ScratchDirectory(prefix: prefix)
            made.withLock { $0.append(directory) }
            ScratchDirectory.removeAbandoned(prefix: prefix)
          } catch {
            failures.withLock { $0.append("\(error)") }
          }
        }
      }
    }
    for thread in threads { thread.join() }
    #expect(failures.withLock { $0 } == [])
    let paths = made.withLock { $0.map(\.path) }
    #expect(paths.count == 400 && paths.allSatisfy(Files.exists))
    made.withLock { $0 = [] }
    #expect(!paths.contains(where: Files.exists))
  }

  @Test("what cannot go keeps nothing else from going")
  func removalGoesOn() throws {
    try withTemporaryDirectory { directory in
      let tree = directory + "/tree"
      try Files.makeDirectories(tree + "/work/held")
      for name in ["a", "z"] {
        try Files.makeDirectories("\(tree)/work/\(name)/inner")
        try Files.writeAtomically([1], to: "\(tree)/work/\(name)/inner/file")
      }
      // The place of a mount is busy.
      guard try mountSmall(tree + "/work/held", bytes: 4_096) else {
        print("skipped: nothing may be mounted here")
        return
      }
      defer { unmount(tree + "/work/held") }
      #expect(throws: SystemError.self) { try Files.removeTree(tree) }
      #expect(try Files.list(tree + "/work") == ["held"])
    }
  }

  @Test("a failed atomic write leaves neither the file nor a draft")
  func failedWrite() throws {
    try withTemporaryDirectory { directory in
      try Files.makeDirectories(directory + "/taken/inner")
      #expect(throws: SystemError.self) {
        try Files.writeAtomically([1], to: directory + "/taken")
      }
      #expect(try Files.list(directory) == ["taken"])
    }
  }

  @Test("a file over the limit is refused, one at the limit is not")
  func readLimit() throws {
    try withTemporaryDirectory { directory in
      try Files.writeAtomically(Array(repeating: 7, count: 10), to: directory + "/file")
      #expect(try Files.read(directory + "/file", limit: 10).count == 10)
      let error = #expect(throws: SystemError.self) {
        try Files.read(directory + "/file", limit: 9)
      }
      #expect(error?.code == "system.EFBIG")
    }
  }

  @Test("files of /proc, which say they are empty, are read whole")
  func procFile() throws {
    #expect(try Files.read("/proc/self/status").count > 100)
    #expect(Machine.bootID.utf8.count == 36)
  }

  @Test("directories are made with their parents, twice without error")
  func directories() throws {
    try withTemporaryDirectory { directory in
      try Files.makeDirectories(directory + "/a/b/c")
      try Files.makeDirectories(directory + "/a/b/c")
      #expect(try Files.status(directory + "/a/b/c").kind == .directory)
      try Files.writeAtomically([], to: directory + "/file")
      #expect(throws: SystemError.self) { try Files.makeDirectories(directory + "/file") }
    }
  }

  @Test("removing a tree removes links, and not what they point at")
  func removeTree() throws {
    try withTemporaryDirectory { directory in
      try Files.makeDirectories(directory + "/keep")
      try Files.writeAtomically([1], to: directory + "/keep/file")
      try Files.makeDirectories(directory + "/tree/inner")
      try makeLink(directory + "/tree/inner/link", to: directory + "/keep")
      try Files.removeTree(directory + "/tree")
      try Files.removeTree(directory + "/tree")
      #expect(try Files.list(directory) == ["keep"])
      #expect(Files.exists(directory + "/keep/file"))
    }
  }

  @Test("removing a tree removes names that are no text, closed directories, and any depth")
  func removeForeign() throws {
    try withTemporaryDirectory { directory in
      let tree = directory + "/tree"
      try Files.makeDirectories(tree + "/closed/inner")
      try Files.writeAtomically([1], to: tree + "/closed/inner/file")
      try Files.setPermissions(tree + "/closed/inner", 0o000)
      try Files.setPermissions(tree + "/closed", 0o500)
      // As long as a path may be, and then moved below another such one.
      let deep = String(repeating: "/" + String(repeating: "d", count: 200), count: 15)
      for name in ["lower", "upper"] { try Files.makeDirectories("\(tree)/\(name)\(deep)") }
      try Files.rename(tree + "/lower", to: tree + "/upper\(deep)/lower")
      let file = creat(Array((tree + "/").utf8CString.dropLast()) + [-1, 0], 0o600)
      try #require(file >= 0)
      close(file)
      try Files.removeTree(tree)
      #expect(try Files.list(directory).isEmpty)
    }
  }

  @Test("a lock is held by one opening at a time, and goes with it")
  func lock() throws {
    try withTemporaryDirectory { directory in
      let first = try Files.open(directory + "/lock", .readWrite)
      #expect(try first.tryLock())
      let second = try Files.open(directory + "/lock", .readWrite)
      #expect(try !second.tryLock())
      try first.close()
      #expect(try second.tryLock())
    }
  }

  @Test("a name that is taken is not created again")
  func createNew() throws {
    try withTemporaryDirectory { directory in
      try Files.open(directory + "/new", .createNew).close()
      let error = #expect(throws: SystemError.self) {
        try Files.open(directory + "/new", .createNew).close()
      }
      #expect(error?.alreadyExists == true)
      #expect(error?.description.hasPrefix("open \(directory)/new: ") == true)
    }
  }

  @Test(
    "paths split at the last slash",
    arguments: [("/a/b", "/a", "b"), ("/a", "/", "a"), ("a", ".", "a"), ("/a/é", "/a", "é")])
  func parts(path: String, directory: String, name: String) {
    #expect(Files.directory(of: path) == directory)
    #expect(Files.name(of: path) == name)
  }
}
