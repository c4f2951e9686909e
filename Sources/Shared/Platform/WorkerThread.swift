internal import CPlatform
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// A thread that runs one body to its end.
///
/// A `final class`; its one mutable state is whether someone has joined it.
package final class WorkerThread: @unchecked Sendable {
  // `@unchecked`: pthread_t is a plain handle, written once before the object is shared.
  private let handle: pthread_t
  private let isJoined = Atomic<Bool>(false)

  /// Enough for parsers that bound their own depth; far below the system's usual 8 MiB.
  package static let defaultStackBytes = 1 << 20

  /// - Parameter name: at most 15 bytes are shown by the system.
  package init(
    name: String, stackBytes: Int = WorkerThread.defaultStackBytes,
    _ body: @escaping @Sendable () -> Void
  ) throws(SystemError) {
    let start = Unmanaged.passRetained(ThreadStart(name: name, body: body))
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setstacksize(&attributes, stackBytes)
    defer { pthread_attr_destroy(&attributes) }
    #if canImport(Darwin)
      var created: pthread_t?
    #else
      var created = pthread_t()
    #endif
    let result = pthread_create(&created, &attributes, runThread, start.toOpaque())
    guard result == 0 else {
      start.release()
      throw SystemError("start the thread \(name)", number: result)
    }
    #if canImport(Darwin)
      guard let created else { preconditionFailure("pthread_create gave no handle") }
    #endif
    handle = created
  }

  /// A thread that nobody joins runs to its end and frees itself.
  deinit {
    if !isJoined.load(ordering: .relaxed) { pthread_detach(handle) }
  }

  /// Waits for the body to return.
  package func join() {
    // pthread_join(3): "Joining with a thread that has previously been joined results in undefined
    // behavior".
    if isJoined.exchange(true, ordering: .relaxed) { return }
    pthread_join(handle, nil)
  }
}

private final class ThreadStart: Sendable {
  let name: String
  let body: @Sendable () -> Void

  init(name: String, body: @escaping @Sendable () -> Void) {
    self.name = name
    self.body = body
  }
}

// A global function: a closure literal passed to pthread_create can be inferred @MainActor, and
// then traps on the new thread.
#if canImport(Darwin)
  private func runThread(_ argument: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    let start = Unmanaged<ThreadStart>.fromOpaque(argument).takeRetainedValue()
    pthread_setname_np(String(start.name.prefix(15)))
    start.body()
    return nil
  }
#else
  private func runThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { preconditionFailure("a thread starts with its body") }
    let start = Unmanaged<ThreadStart>.fromOpaque(argument).takeRetainedValue()
    signalbox_name_thread(String(start.name.prefix(15)))
    start.body()
    return nil
  }
#endif
