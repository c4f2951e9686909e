internal import Platform

// For executors that have descriptors and deadlines of their own. All of it happens on the server's
// one thread.

extension PluginServer {
  /// Names a deadline that can be taken back.
  public struct Deadline: Hashable, Sendable {
    let inner: EventLoop.Deadline
  }

  /// Calls `onReady` whenever `descriptor` has something to read, or has come to its end.
  public func watch(_ descriptor: Int32, onReady: @escaping () -> Void) throws {
    try loop.watch(descriptor, onReady: onReady)
  }

  /// To be called before the descriptor is closed. One that is not watched is no error.
  public func unwatch(_ descriptor: Int32) { loop.unwatch(descriptor) }

  /// Calls `onTime` once, when `delay` has passed.
  @discardableResult
  public func after(_ delay: Duration, _ onTime: @escaping () -> Void) -> Deadline {
    Deadline(inner: loop.after(delay, onTime))
  }

  /// Keeps the server from leaving, until `release`.
  package func hold() { holds += 1 }

  package func release() {
    holds -= 1
    leaveIfIdle()
  }

  /// Does `work` on a thread of its own. The server stays until it is done.
  package func aside(_ work: @escaping @Sendable () -> Void) {
    let isDone = Locked(false)
    do throws(SystemError) {
      _ = try WorkerThread(name: "aside") {
        work()
        isDone.withLock { $0 = true }
      }
    } catch {
      return work()
    }
    hold()
    releaseWhenDone(isDone)
  }

  private func releaseWhenDone(_ isDone: Locked<Bool>) {
    if isDone.withLock({ $0 }) { return release() }
    loop.after(.milliseconds(10)) { self.releaseWhenDone(isDone) }
  }

  /// A deadline that has passed is no error.
  public func cancel(_ deadline: Deadline) { loop.cancel(deadline.inner) }
}
