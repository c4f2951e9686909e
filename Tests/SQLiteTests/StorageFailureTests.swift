import Glibc
import Platform
import SQLite
import Support
import Testing

@Suite struct StorageFailureTests {
  @Test("text that is no database is refused at opening")
  func notADatabase() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/a.db"
      try put(Array(repeating: UInt8(ascii: "x"), count: 8_192), at: path)
      let error = #expect(throws: SQLiteError.self) {
        try Database(path: path, mode: .readWriteCreate)
      }
      #expect(error?.name == "SQLITE_NOTADB")
      #expect(error?.isIOFailure == true)
      #expect(error?.isCorruption == true)
      #expect(try Files.read(path).count == 8_192, "it is left as it was")
    }
  }

  @Test("damaged pages are reported when read and by the integrity check")
  func damaged() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/a.db"
      let writer = try NumberedWriter(path: path)
      for number in 1...50 { try writer.write(number) }
      try writer.database.close()
      var file = try Files.read(path)
      for page in 3..<(file.count / 4_096) {
        for offset in 0..<64 { file[page * 4_096 + offset] ^= 0x5A }
      }
      try put(file, at: path)
      let database = try Database(path: path, mode: .readWriteCreate)
      #expect(try !database.integrityProblems().isEmpty)
      let error = #expect(throws: SQLiteError.self) {
        try database.integer("SELECT sum(length(body)) FROM t")
      }
      #expect(error?.code == 11)
      #expect(error?.isIOFailure == true)
      #expect(error.map { "\($0)".contains("restore it from a backup") } == true)
    }
  }

  @Test("a file that may not grow any more fails the write and keeps what was committed")
  func full() throws {
    try withTemporaryDirectory { directory in
      let writer = try NumberedWriter(path: directory + "/a.db")
      try writer.write(1)
      _ = try writer.database.integer("PRAGMA max_page_count = 40")
      try expectFull(writer)
      try writer.database.close()
      #expect(try NumberedWriter.verifiedLast(path: directory + "/a.db") >= 1)
    }
  }

  @Test(
    "a full disk fails the commit, and every commit before it is there afterwards",
    .enabled(if: SmallDisk.isAvailable, "mounting a small tmpfs needs root"))
  func fullDisk() throws {
    try withTemporaryDirectory { directory in
      let disk = try SmallDisk(at: directory, kibibytes: 600)
      defer { disk.unmount() }
      let last: Int
      do {
        let writer = try NumberedWriter(path: directory + "/a.db")
        try writer.write(1)
        last = try expectFull(writer)
      }
      try disk.resize(kibibytes: 4_000)
      #expect(try NumberedWriter.verifiedLast(path: directory + "/a.db") == last)
    }
  }

  /// Writes until it fails, and gives the number of the last transaction that did not.
  @discardableResult
  private func expectFull(_ writer: NumberedWriter) throws -> Int {
    for number in 2...10_000 {
      do {
        try writer.write(number)
      } catch let error as SQLiteError {
        #expect(error.name == "SQLITE_FULL")
        #expect(error.isIOFailure)
        #expect("\(error)".contains("free space on its volume"))
        try writer.database.rollback()
        return number - 1
      }
    }
    Issue.record("it never filled up")
    return 0
  }
}

/// A file system of a few KiB, mounted over a directory.
struct SmallDisk {
  let directory: String

  static let isAvailable: Bool = {
    guard geteuid() == 0, let directory = try? Files.makeTemporaryDirectory(prefix: "disk") else {
      return false
    }
    defer { try? Files.removeTree(directory) }
    guard let disk = try? SmallDisk(at: directory, kibibytes: 64) else { return false }
    disk.unmount()
    return true
  }()

  init(at directory: String, kibibytes: Int) throws {
    self.directory = directory
    try mount(kibibytes: kibibytes, flags: 0)
  }

  func resize(kibibytes: Int) throws {
<<<<<<< HEAD
    let remount: UInt = 32  // MS_REMOUNT of mount(2)
    try mount(kibibytes: kibibytes, flags: remount)
=======
    // mount(2): MS_REMOUNT, which Glibc does not import.
    try mount(kibibytes: kibibytes, flags: 32)
>>>>>>> sqlite
  }

  func unmount() { umount2(directory, Int32(MNT_DETACH)) }

  private func mount(kibibytes: Int, flags: UInt) throws {
    guard Glibc.mount("tmpfs", directory, "tmpfs", flags, "size=\(kibibytes)k") == 0 else {
      throw SystemError.last("mount", path: directory)
    }
  }
}
