internal import CPlatform

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// Facts about the machine and this process.
package enum Machine {
  /// Changes with every start of the machine. Empty where the system has none.
  package static let bootID: String = {
    guard let bytes = try? Files.read("/proc/sys/kernel/random/boot_id", limit: 256) else {
      return ""
    }
    return String(decoding: bytes.prefix { $0 > 0x20 }, as: UTF8.self)
  }()

  /// The name of the operating system as tools write it: `linux`, `macos`, `windows`.
  package static let platform: String = {
    #if os(Linux)
      "linux"
    #elseif os(macOS)
      "macos"
    #else
      "other"
    #endif
  }()

  /// The processor's architecture by the toolchain's name, such as `x86_64`.
  package static let architecture: String = {
    #if arch(x86_64)
      "x86_64"
    #elseif arch(arm64)
      "arm64"
    #else
      "other"
    #endif
  }()

  package static func hostName() -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard gethostname(&buffer, buffer.count - 1) == 0 else { return "localhost" }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Processors that are there now; at least one.
  package static var processors: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

  package static var processID: Int { Int(getpid()) }
  package static var effectiveUser: UInt32 { geteuid() }

  /// kill(2) with signal 0: whether there is such a process, also one of somebody else.
  package static func hasProcess(_ id: Int) -> Bool {
    kill(pid_t(id), 0) == 0 || errno == EPERM
  }

  package static func environment(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }

  /// Those of these variables that this process has.
  package static func inherited(_ names: [String]) -> [(name: String, value: String)] {
    names.compactMap { name in environment(name).map { (name, $0) } }
  }

  /// `HOME`, or what the user's account says; services often start without the former.
  package static let homeDirectory: String = {
    if let home = environment("HOME"), home.hasPrefix("/") { return home }
    guard let account = getpwuid(geteuid()), let home = account.pointee.pw_dir else { return "/" }
    return String(cString: home)
  }()

  /// The path of the running executable.
  package static func executable() throws(SystemError) -> String {
    try Files.resolved("/proc/self/exe")
  }
}

/// Random bytes from the kernel, fit for keys.
package enum Random {
  package static func bytes(_ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
      let got = bytes.withUnsafeMutableBytes { buffer in
        let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
        #if canImport(Darwin)
          arc4random_buf(rest.baseAddress, rest.count)
          return rest.count
        #else
          return signalbox_random(rest.baseAddress, rest.count)
        #endif
      }
      // getrandom(2) without flags fails only by interruption, once the machine is up.
      precondition(got > 0 || errno == EINTR, "the system has no random source")
      if got > 0 { filled += got }
    }
    return bytes
  }

  package static func word() -> UInt64 {
    bytes(8).reduce(0) { $0 << 8 | UInt64($1) }
  }
}
