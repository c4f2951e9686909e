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
        try file.truncate(to: 0)
        try file.writeAll(Array("\(Machine.processID)\n".utf8))
        return file
      }
    } catch {
      throw .system(error)
    }
    throw .owned(path: path, processID: holder(lockPath))
  }

  /// The id that the owner left in the file. Only for the message, so doubt gives nil.
  private static func holder(_ lockPath: String) -> Int? {
    guard let bytes = try? Files.read(lockPath, limit: 64) else { return nil }
    return Int(String(decoding: bytes.filter { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
  }
}
