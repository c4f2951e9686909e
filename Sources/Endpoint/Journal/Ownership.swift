import Platform

/// The right to use a journal: a lock on a file beside it, which the kernel lets go of together
/// with the process, however that ends. The file itself stays: were it removed, two owners could
/// hold locks on two files of the same name.
enum Ownership {
  /// The lock lasts as long as the descriptor.
  static func take(of path: String) throws(JournalError) -> Descriptor {
    let lockPath = path + ".lock"
    do throws(SystemError) {
      let file = try Files.open(lockPath, .readWrite)
      if try file.tryLock() {
        // Always as many bytes: a file that is emptied and written again is flushed by ext4.
        let owner = String(Machine.processID)
        let padding = String(repeating: " ", count: max(0, 20 - owner.count))
        try file.writeAll(Array((owner + padding + "\n").utf8))
        return file
      }
    } catch {
      throw .system(error)
    }
    throw .owned(path: path, processID: holder(lockPath))
  }

  /// In so many words, and not just by closing: a child between fork and exec has a copy of the
  /// descriptor, which would keep the lock for as long.
  static func release(_ lock: inout Descriptor?) throws(SystemError) {
    guard let held = lock.take() else { return }
    try held.unlock()
    try held.close()
  }

  /// The id that the owner left in the file. Only for the message, so doubt gives nil.
  private static func holder(_ lockPath: String) -> Int? {
    guard let bytes = try? Files.read(lockPath, limit: 64) else { return nil }
    return Int(String(decoding: bytes.prefix { $0 > UInt8(ascii: " ") }, as: UTF8.self))
  }
}
