import Platform

/// Processor time that a virtual machine wanted and its host gave to others (proc(5), `/proc/stat`:
/// "steal"): the noise that no figure of this machine tells of.
struct StolenTime {
  private let stolen: Int
  private let all: Int

  /// - Returns: `nil` where the system does not tell.
  static func now() -> StolenTime? {
    #if os(Linux)
      guard let bytes = try? Files.read("/proc/stat", limit: 4 << 20) else { return nil }
      // user, nice, system, idle, iowait, irq, softirq, steal; what follows is counted in the first two.
      let fields = String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        .split(separator: " ").dropFirst().prefix(8).compactMap { Int($0) }
      guard fields.count == 8 else { return nil }
      return StolenTime(stolen: fields[7], all: fields.reduce(0, +))
    #else
      return nil
    #endif
  }

  /// Percent of the time of all processors since then.
  func percent(until end: StolenTime) -> Double {
    end.all > all ? 100 * Double(end.stolen - stolen) / Double(end.all - all) : 0
  }
}
