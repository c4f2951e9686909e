#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// The right of one process to use something: a lock on a file beside it, which the kernel lets go of
/// together with the process, however that ends. The file itself stays: were it removed, two owners
/// could hold locks on two files of the same name.
package enum Ownership {
  /// How long a lock is waited for whose owner is dead. A child between fork and exec has a copy of the
  /// descriptor, and outlives an owner that is killed in that moment.
  package static let heirPatience: Duration = .seconds(5)
  private static let heirPause: Duration = .milliseconds(2)

  /// The lock lasts as long as the descriptor.
  /// - Returns: `nil` if another process has it.
  package static func take(_ lockPath: String) throws(SystemError) -> Descriptor? {
    let file = try Files.open(lockPath, .readWrite)
    let end = ContinuousClock.now + heirPatience
    while try !file.tryLock() {
      guard let owner = holder(lockPath), !isAlive(owner), ContinuousClock.now < end else {
        return nil
      }
      Clock.sleep(for: heirPause)
    }
    // Always as many bytes: a file that is emptied and written again is flushed by ext4.
    let owner = String(Machine.processID)
    let padding = String(repeating: " ", count: max(0, 20 - owner.count))
    try file.writeAll(Array((owner + padding + "\n").utf8))
    return file
  }

  /// In so many words, and not just by closing, for the sake of a child between fork and exec.
  package static func release(_ lock: inout Descriptor?) throws(SystemError) {
    guard let held = lock.take() else { return }
    try held.unlock()
    try held.close()
  }

  /// The id that the owner left in the file; `nil` where there is doubt.
  package static func holder(_ lockPath: String) -> Int? {
    guard let bytes = try? Files.read(lockPath, limit: 64) else { return nil }
    return Int(String(decoding: bytes.prefix { $0 > UInt8(ascii: " ") }, as: UTF8.self))
  }

  private static func isAlive(_ process: Int) -> Bool {
    #if os(Linux)
      return ProcessTree.entry(process).map { !$0.isDead } ?? false
    #else
      return kill(pid_t(process), 0) == 0 || errno == EPERM
    #endif
  }
}
