import Platform

/// Removes the directories of confirmed calls, on a thread of its own: freeing blocks may cost a
/// millisecond each, and no call should wait for that. It works when nothing has come for a while,
/// or when too much waits.
///
/// What it does not get to is removed at the agent's next start, which knows what the journal holds.
final class Clearing: Sendable {
  /// Nothing more came for so long: the endpoint is quiet.
  static let quiet: Duration = .seconds(1)
  /// With more directories waiting, it works through a busy time too.
  static let maxWaiting = 256

  private let mailbox = Mailbox<String>()
  private let thread: WorkerThread

  init(log: @escaping @Sendable (String) -> Void) throws {
    let mailbox = mailbox
    thread = try WorkerThread(name: "clearing") { clear(mailbox, log) }
  }

  func add(_ directory: String) { mailbox.post(directory) }

  /// Ends the thread; what waits stays.
  func stop() {
    mailbox.close()
    thread.join()
  }
}

private func clear(_ mailbox: Mailbox<String>, _ log: (String) -> Void) {
  var waiting: [String] = []
  while true {
    let known = waiting.count
    guard mailbox.drain(into: &waiting, waitUpTo: waiting.isEmpty ? nil : Clearing.quiet) else {
      return
    }
    let isQuiet = waiting.count == known
    guard isQuiet || waiting.count > Clearing.maxWaiting else { continue }
    for directory in waiting {
      do {
        try Files.removeTree(directory)
      } catch {
        log("cannot remove \(directory): \(error)")
      }
    }
    waiting.removeAll(keepingCapacity: true)
  }
}
