internal import Synchronization

/// The most memory that this process has ever used, which only grows.
enum OwnMemory {
  private static let known = Atomic<Int>(0)

  /// Reads the figure again only where the one at hand does not decide.
  static func isAbovePeak(_ bytes: Int) -> Bool {
    if bytes <= known.load(ordering: .relaxed) { return false }
    let peak = read()
    known.store(peak, ordering: .relaxed)
    return bytes > peak
  }

  /// proc(5): VmHWM, in KiB.
  private static func read() -> Int {
    guard let bytes = try? Files.read("/proc/self/status", limit: 64 << 10) else { return .max }
    for line in bytes.split(separator: UInt8(ascii: "\n")) where line.starts(with: "VmHWM:".utf8) {
      let digits = line.filter { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      return Int(String(decoding: digits, as: UTF8.self)).map { $0 * 1_024 } ?? .max
    }
    return .max
  }
}
