import Glibc
import Platform
import Support
import Testing

/// Records as login(1) writes them.
@Suite("Who is logged in")
struct LoginsTests {
  private static func record(_ type: Int32, _ user: String, process: Int) -> [UInt8] {
    var entry = utmpx()
    entry.ut_type = Int16(type)
    entry.ut_pid = pid_t(process)
    withUnsafeMutableBytes(of: &entry.ut_user) { $0.copyBytes(from: user.utf8.prefix($0.count)) }
    return withUnsafeBytes(of: entry) { Array($0) }
  }

  private static func users(_ records: [UInt8]) throws -> [String] {
    try withTemporaryDirectory { directory throws in
      let path = directory + "/utmp"
      try Files.writeAtomically(records, to: path)
      return try Logins.users(in: path)
    }
  }

  @Test("the users of sessions are told once each, by name; other records are passed over")
  func sessions() throws {
    let own = Machine.processID
    let records =
      Self.record(BOOT_TIME, "reboot", process: own)
      + Self.record(USER_PROCESS, "zoe", process: own)
      + Self.record(USER_PROCESS, "ann", process: own)
      + Self.record(USER_PROCESS, "zoe", process: own)
      + Self.record(DEAD_PROCESS, "ben", process: own)
      + Self.record(LOGIN_PROCESS, "LOGIN", process: own)
    #expect(try Self.users(records) == ["ann", "zoe"])
  }

  @Test("a session whose process is gone is over, though its record is there")
  func stale() throws {
    #expect(try Self.users(Self.record(USER_PROCESS, "ann", process: 0x3FFF_FFFF)).isEmpty)
    #expect(try Self.users(Self.record(USER_PROCESS, "ann", process: 0)).isEmpty)
  }

  @Test("a name that fills its field is whole, and half a record is none")
  func edges() throws {
    let long = String(repeating: "a", count: 32)
    let record = Self.record(USER_PROCESS, long, process: Machine.processID)
    #expect(try Self.users(record + record.prefix(100)) == [long])
    #expect(try Self.users(Array(record.dropLast())).isEmpty)
    #expect(try Self.users([]).isEmpty)
  }

  @Test("without a file nobody is logged in")
  func noFile() throws {
    try withTemporaryDirectory { directory throws in
      #expect(try Logins.users(in: directory + "/utmp").isEmpty)
    }
  }
}
