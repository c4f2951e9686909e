internal import CPlatform

/// Who is logged in on this machine.
package enum Logins {
  /// utmp(5).
  package static let path = "/var/run/utmp"

  /// Of a file; a machine has a record for each login that there was at the same time.
  private static let maxBytes = 4 << 20

  #if os(Linux)
    /// The users of sessions whose process lives, each once, by name. The file is read here and not by
    /// getutxent(3), which locks it with an alarm(2) of the whole process, and remembers its place in it.
    package static func users(in path: String) throws(SystemError) -> [String] {
      let bytes: [UInt8]
      do throws(SystemError) {
        bytes = try Files.read(path, limit: maxBytes)
      } catch  where error.isNotFound {
        return []
      }
      let size = signalbox_login_bytes()
      var users: Set<String> = []
      var name = [CChar](repeating: 0, count: Int(signalbox_login_name_max) + 1)
      for start in stride(from: 0, through: bytes.count - size, by: size) {
        let process = bytes[start..<(start + size)].withUnsafeBytes {
          signalbox_login($0.baseAddress, &name)
        }
        // A session that died with its machine, or was killed, leaves its record behind.
        guard process > 0, Machine.hasProcess(Int(process)) else { continue }
        users.insert(
          String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
      }
      return users.sorted()
    }
  #endif
}
