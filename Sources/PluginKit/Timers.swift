internal import Platform

/// The deadlines of one machine, by its own names for them.
package struct Timers<Timer: Hashable> {
  private let loop: EventLoop
  private var deadlines: [Timer: EventLoop.Deadline] = [:]

  package init(_ server: PluginServer) { loop = server.loop }

  /// One that runs already begins anew.
  package mutating func arm(_ timer: Timer, _ delay: Duration, _ onTime: @escaping () -> Void) {
    disarm(timer)
    deadlines[timer] = loop.after(delay, onTime)
  }

  /// One that does not run is no error.
  package mutating func disarm(_ timer: Timer) {
    if let deadline = deadlines.removeValue(forKey: timer) { loop.cancel(deadline) }
  }

  package mutating func disarmAll() {
    for deadline in deadlines.values { loop.cancel(deadline) }
    deadlines = [:]
  }
}
