import Platform
import Store

/// The thread that reads the store for the API, so that neither the sockets nor the engine ever wait
/// for the disk.
///
/// `@unchecked Sendable`: `reader` is made and used by the thread alone.
final class ReadingThread: @unchecked Sendable {
  private let mailbox = Mailbox<@Sendable (Reader) -> Void>()
  private let reader: Reader
  private var thread: WorkerThread?

  init(storePath: String) throws {
    reader = try Reader(path: storePath)
    thread = try WorkerThread(name: "reader") { [self] in run() }
  }

  func perform(_ work: @escaping @Sendable (Reader) -> Void) { mailbox.post(work) }

  /// Does what was asked for before, and ends.
  func stop() {
    mailbox.close()
    thread?.join()
    thread = nil
  }

  private func run() {
    var work: [@Sendable (Reader) -> Void] = []
    while mailbox.drain(into: &work) {
      for item in work { item(reader) }
      work.removeAll(keepingCapacity: true)
    }
    // Nothing is written here: a close that fails loses nothing.
    try? reader.close()
  }
}
