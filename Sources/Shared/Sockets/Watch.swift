internal import CWebSockets

/// Tells, on the loop's thread, when a descriptor can be read or written.
/// Level-triggered: stop it, or make the descriptor unready.
final class Watch {
  enum Readiness { case reading, writing }

  private let watch = UnsafeMutablePointer<signalbox_watch>.allocate(capacity: 1)
  private var action: (() -> Void)?
  private var events: OpaquePointer?

  deinit {
    stop()
    watch.deallocate()
  }

  var isActive: Bool { events != nil }

  func start(
    _ events: OpaquePointer?, descriptor: Int32, for readiness: Readiness,
    _ action: @escaping () -> Void
  ) {
    stop()
    guard let events else { return }
    self.events = events
    self.action = action
    signalbox_watch_start(
      events, watch, descriptor, readiness == .writing ? 1 : 0, watchFired,
      Unmanaged.passUnretained(self).toOpaque())
  }

  func stop() {
    guard let events else { return }
    signalbox_watch_stop(events, watch)
    self.events = nil
    action = nil
  }

  fileprivate func fire() {
    // Kept for the length of the call: the action may stop the watch or free its owner.
    let action = self.action
    action?()
  }
}

private func watchFired(_ owner: UnsafeMutableRawPointer?) {
  guard let owner else { return }
  Unmanaged<Watch>.fromOpaque(owner).takeUnretainedValue().fire()
}
