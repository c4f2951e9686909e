import Glibc
import Journal
import Platform
import SQLite
import Support
import Testing

@Suite struct OwnershipTests {
  @Test("a second opener is refused and told who the first one is")
  func second() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/journal.db"
      let first = try Journal.open(path: path)
      let error = try #require(openingError(path))
      #expect(error == .owned(path: path, processID: Machine.processID))
      #expect("\(error)".contains("process \(Machine.processID) owns it"))
      try first.close()
      #expect(openingError(path) == nil)
    }
  }

  @Test("a child that still has the owner's descriptors does not keep the journal")
  func inherited() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/journal.db"
      let journal = try Journal.open(path: path)
      // What a process is between fork and exec.
      let copy = dup(try #require(try descriptor(of: path + ".lock")))
      defer { close(copy) }
      try journal.close()
      #expect(openingError(path) == nil)
      do { _ = try Journal.open(path: path) }
      #expect(openingError(path) == nil)
    }
  }

  /// One of this process's open descriptors of a file, not to be closed.
  private func descriptor(of path: String) throws -> Int32? {
    for name in try Files.list("/proc/self/fd") {
      var target = [CChar](repeating: 0, count: 4_096)
      let count = readlink("/proc/self/fd/" + name, &target, target.count)
      let bytes = target.prefix(max(0, count)).map { UInt8(bitPattern: $0) }
      if String(decoding: bytes, as: UTF8.self) == path { return Int32(name) }
    }
    return nil
  }

  @Test("a journal passes to the next process when its owner dies")
  func death() async throws {
    try await withTemporaryDirectory { directory in
      let path = directory + "/journal.db"
      await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
        let journal = try Journal.open(path: path)
        try journal.run("a")
        kill(getpid(), SIGKILL)
      }
      let journal = try Journal.open(path: path)
      #expect(journal.head.sequence == 4)
    }
  }

  @Test("a child that outlives the killed owner, as one about to exec does, is waited for")
  func heir() throws {
    try withTemporaryDirectory { directory in
      let script = "exec 9<>\"$1\"; flock -n 9; echo $$ >&9; sleep 0.5 & kill -9 $$"
      let null = try Files.open("/dev/null", .readWrite)
      // The child may be gone before anyone could wait for it.
      for attempt in 0..<20 {
        let path = directory + "/journal-\(attempt).db"
        let owner = try ChildProcess.spawn(
          Launch(
            "/bin/sh", arguments: ["sh", "-c", script, "sh", path + ".lock"], environment: []),
          stdin: null, stdout: null, stderr: null)
        #expect(try owner.wait().how == .signal(number: Int(SIGKILL), coreDumped: false))
        let began = ContinuousClock.now
        _ = try Journal.open(path: path)
        if ContinuousClock.now - began > .milliseconds(100) { return }
      }
      Issue.record("nobody was waited for")
    }
  }

  @Test("a closed journal takes nothing")
  func closed() throws {
    try withTemporaryDirectory { directory in
      let journal = try Journal.open(path: directory + "/journal.db")
      try journal.close()
      let error = #expect(throws: JournalError.self) { try journal.write("a", .received) }
      #expect(error?.code == "journal.stopped")
    }
  }

  @Test("a commit that failed stops the journal for good; what was committed is there afterwards")
  func failedCommit() async throws {
    try await withTemporaryDirectory { directory in
      let path = directory + "/journal.db"
      await #expect(processExitsWith: .success) { [path = path as String] in
        let journal = try Journal.open(path: path)
        try journal.run("a")
        limitFileSize(bytes: 400_000)
        let error = #expect(throws: JournalError.self) {
          for number in 0..<1_000 { try journal.write("b\(number)", .received, bigBody) }
        }
        guard case .storage(let storage) = error else { throw error ?? .stopped(after: "nothing") }
        #expect(storage.isIOFailure)
        #expect(journal.head.sequence > 10)
        try put(Array("\(journal.head.sequence)".utf8), at: path + ".acknowledged")
        let later = #expect(throws: JournalError.self) { try journal.write("c", .received) }
        #expect(later?.code == "journal.stopped")
        #expect(throws: JournalError.self) { try journal.openCalls() }
        #expect(throws: JournalError.self) { try journal.hash(at: 1) }
        #expect(throws: JournalError.self) { try journal.prune(before: "d") }
      }
      let acknowledged = String(decoding: try Files.read(path + ".acknowledged"), as: UTF8.self)
      let journal = try Journal.open(path: path)
      #expect(String(journal.head.sequence) == acknowledged)
    }
  }

  @Test("a damaged journal is moved aside whole, under a free name, and a new one begins")
  func aside() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/journal.db"
      do {
        let journal = try Journal.open(path: path)
        try journal.run("a")
        #expect(throws: JournalError.self) { try Journal.moveAside(path: path, suffix: "x") }
      }
      #expect(try Journal.moveAside(path: path, suffix: "damaged-1") == path + ".damaged-1")
      #expect(
        try Files.list(directory).sorted()
          == ["journal.db.damaged-1", "journal.db.damaged-1-wal", "journal.db.lock"])
      let journal = try Journal.open(path: path)
      #expect(journal.head.sequence == 0)
      try journal.close()
      #expect(throws: JournalError.self) { try Journal.moveAside(path: path, suffix: "damaged-1") }
      let old = try Journal.open(path: path + ".damaged-1")
      #expect(old.head.sequence == 4)
    }
  }
}

private let bigBody = String(repeating: "x", count: 9_000)

/// A disk that is full, without one: `write(2)` fails with EFBIG once the signal is ignored.
private func limitFileSize(bytes: UInt) {
  signal(SIGXFSZ, SIG_IGN)
  var limit = rlimit(rlim_cur: bytes, rlim_max: bytes)
  setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
}
