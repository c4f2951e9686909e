import Glibc

/// The CPU time that `body` takes on this thread: whoever else keeps the machine busy does not count.
package func cpuTime(of body: () throws -> Void) rethrows -> Duration {
  func now() -> Duration {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }
  let before = now()
  try body()
  return now() - before
}
