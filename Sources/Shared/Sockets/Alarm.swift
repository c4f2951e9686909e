internal import CWebSockets

/// A one-shot libev timer that can be armed again and again. Belongs to the loop's thread.
final class Alarm {
  private let alarm = UnsafeMutablePointer<signalbox_alarm>.allocate(capacity: 1)
  private var action: (() -> Void)?

  deinit { alarm.deallocate() }

  func open(_ events: OpaquePointer?, _ action: @escaping () -> Void) {
    self.action = action
    signalbox_alarm_init(alarm, alarmFired, Unmanaged.passUnretained(self).toOpaque())
  }

  func arm(_ events: OpaquePointer?, after delay: Duration) {
    guard let events, action != nil else { return }
    signalbox_alarm_arm(events, alarm, max(0, delay.seconds))
  }

  func disarm(_ events: OpaquePointer?) {
    guard let events, action != nil else { return }
    signalbox_alarm_stop(events, alarm)
  }

  func close(_ events: OpaquePointer?) {
    disarm(events)
    action = nil
  }

  fileprivate func fire() { action?() }
}

private func alarmFired(_ owner: UnsafeMutableRawPointer?) {
  guard let owner else { return }
  Unmanaged<Alarm>.fromOpaque(owner).takeUnretainedValue().fire()
}

extension Duration {
  /// For libev, which counts in seconds.
  var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) / 1e18
  }
}
