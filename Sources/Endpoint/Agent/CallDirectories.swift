package import Platform

/// Where calls run and leave their spools.
package protocol Directories: AnyObject {
  /// Names a directory for a new call. Touches no file.
  func take() -> String
  /// Makes sure that the directory is as a plugin expects it, whatever was in it. On return its spool
  /// exists: before the call can start, so that a spool that is missing proves nothing.
  func makeReady(_ path: String) throws(SystemError)
  /// The call of this directory is over and confirmed.
  /// - Parameter isSuspect: its processes may not all be gone, so it is removed.
  func giveBack(_ name: String, isSuspect: Bool)
  /// What waits stays as it is.
  func stop()
}

/// The directories of calls: which are free, and a thread that cleans those of confirmed calls.
///
/// They are numbered; the journal's `released` row says which one a call got. What is not cleaned
/// when the agent ends is cleaned at its next start.
final class CallDirectories: Directories, Sendable {
  /// Free directories that are kept; more than these are removed when the endpoint is quiet,
  /// because freeing a file may cost a millisecond.
  static let maxFree = 64
  /// Nothing more came for so long: the endpoint is quiet.
  static let quiet: Duration = .seconds(1)
  /// Before it cleans what comes, the thread waits for more: cleaning syncs, and the next call should
  /// not wait behind it.
  static let pause: Duration = .milliseconds(25)
  /// With so many to remove, they are removed in busy times too.
  static let maxExcess = 256

  /// A directory that no call needs any more.
  struct Returned {
    let name: String
    /// Something of its call may live on in it: it may be removed, but not used again.
    let isSuspect: Bool
  }

  private let free: FreeDirectories
  private let returned: Mailbox<Returned>
  private let thread: WorkerThread

  /// - Parameter root: the directory of them all; it exists.
  init(root: String, log: @escaping @Sendable (String) -> Void) throws {
    let free = FreeDirectories(lastNumber: try Files.list(root).compactMap { Int($0) }.max() ?? 0)
    let returned = Mailbox<Returned>()
    self.free = free
    self.returned = returned
    thread = try WorkerThread(name: "cleaning") {
      var cleaning = Cleaning(root: root, free: free, log: log)
      cleaning.run(returned)
    }
  }

  func take() -> String { free.take() }

  func makeReady(_ path: String) throws(SystemError) {
    let directory = CallDirectory(path: path)
    if free.isUntouched(Files.name(of: path)), Files.exists(directory.spool) { return }
    try directory.clean()
  }

  func giveBack(_ name: String, isSuspect: Bool = false) {
    free.neverName(name)
    returned.post(Returned(name: name, isSuspect: isSuspect))
  }

  /// Ends the thread.
  func stop() {
    returned.close()
    thread.join()
  }
}

/// The names of directories that are clean, known to the agent's thread and the cleaning one.
private final class FreeDirectories: Sendable {
  private struct State {
    var clean: [String] = []
    /// Given out clean, and not used yet.
    var untouched: Set<String> = []
    var lastNumber: Int
  }

  private let state: Locked<State>

  init(lastNumber: Int) { state = Locked(State(lastNumber: lastNumber)) }

  func take() -> String {
    state.withLock { state in
      guard let name = state.clean.popLast() else {
        state.lastNumber += 1
        return String(state.lastNumber)
      }
      state.untouched.insert(name)
      return name
    }
  }

  /// It is in use, or will be free: it may not be given to a call as a new one.
  func neverName(_ name: String) {
    guard let number = Int(name) else { return }
    state.withLock { $0.lastNumber = max($0.lastNumber, number) }
  }

  /// Whether it is as it was cleaned; true only once.
  func isUntouched(_ name: String) -> Bool {
    state.withLock { $0.untouched.remove(name) != nil }
  }

  func add(_ name: String) { state.withLock { $0.clean.append(name) } }

  var count: Int { state.withLock { $0.clean.count } }
}

/// The loop of the cleaning thread.
private struct Cleaning {
  let root: String
  let free: FreeDirectories
  let log: @Sendable (String) -> Void
  private var excess: [String] = []

  init(root: String, free: FreeDirectories, log: @escaping @Sendable (String) -> Void) {
    self.root = root
    self.free = free
    self.log = log
  }

  mutating func run(_ returned: Mailbox<CallDirectories.Returned>) {
    var batch: [CallDirectories.Returned] = []
    while returned.drain(into: &batch, waitUpTo: excess.isEmpty ? nil : CallDirectories.quiet) {
      if batch.isEmpty || excess.count >= CallDirectories.maxExcess { removeExcess() }
      if !batch.isEmpty {
        Clock.sleep(for: CallDirectories.pause)
        _ = returned.drain(into: &batch, waitUpTo: .zero)
      }
      for directory in batch { clean(directory.name, directory.isSuspect) }
      batch.removeAll(keepingCapacity: true)
    }
  }

  private mutating func clean(_ name: String, _ isSuspect: Bool) {
    guard Int(name) != nil, !isSuspect, free.count < CallDirectories.maxFree else {
      excess.append(name)
      return
    }
    do throws(SystemError) {
      try CallDirectory(path: root + "/" + name).clean()
      free.add(name)
    } catch {
      log("cannot clean the directory \(name), so it will be removed: \(error)")
      excess.append(name)
    }
  }

  private mutating func removeExcess() {
    for name in excess {
      do throws(SystemError) {
        try Files.removeTree(root + "/" + name)
      } catch {
        log("cannot remove the directory \(name): \(error)")
      }
    }
    excess.removeAll()
  }
}
