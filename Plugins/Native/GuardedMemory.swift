#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Memory that a function may write to, with a page behind it that nobody may touch: a function that
/// writes more than it was told ends with SIGSEGV there, or is found out by the bytes in between.
final class GuardedMemory {
  let start: UnsafeMutableRawPointer
  let byteCount: Int
  private let mapping: UnsafeMutableRawPointer
  private let mappedBytes: Int
  private let slack: Int
  /// No zero, and no byte that a text would have.
  private static let canary: UInt8 = 0xA5

  /// - Returns: `nil` when the system has no memory.
  init?(byteCount: Int, alignment: Int) {
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let used = (byteCount + page - 1) / page * page
    let total = used + page
    let flags = MAP_PRIVATE | MAP_ANONYMOUS
    guard let mapping = mmap(nil, total, PROT_READ | PROT_WRITE, flags, -1, 0),
      mapping != MAP_FAILED, mprotect(mapping + used, page, PROT_NONE) == 0
    else { return nil }
    self.mapping = mapping
    mappedBytes = total
    self.byteCount = byteCount
    let offset = (used - byteCount) / alignment * alignment
    slack = used - byteCount - offset
    start = mapping + offset
    memset(start + byteCount, Int32(Self.canary), slack)
  }

  deinit { munmap(mapping, mappedBytes) }

  /// Whether nothing was written behind its end.
  var isWhole: Bool {
    UnsafeRawBufferPointer(start: start + byteCount, count: slack).allSatisfy { $0 == Self.canary }
  }
}
