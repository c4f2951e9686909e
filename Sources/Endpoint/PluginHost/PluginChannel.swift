package import JSON
package import Model
package import Platform
package import PluginProtocol

/// The process of a plugin, as the one that speaks with it sees it.
package protocol PluginChannel: AnyObject {
  var onMessage: (PluginAnswer) -> Void { get set }
  /// Called once at most: it died, broke the protocol, or does not answer.
  var onFailure: (String) -> Void { get set }
  var onLog: (String) -> Void { get set }

  func request(_ request: PluginRequest, about call: CallID?)
  /// Closes the pipes: the plugin ends when its calls have, and its end is waited for.
  func close()
  /// As the other, of a plugin without running calls that may not leave by itself.
  func close(killAfter limit: Duration)
  /// To be called for a plugin without running calls: their supervisors are in its group.
  func kill()
}

/// Starts the process of a plugin.
package typealias OpenPlugin = () throws(SystemError) -> any PluginChannel

package enum PluginAnswer: Sendable {
  /// The answer to a request, with the call that it was about.
  case reply(method: String, CallID?, Result<JSON, PluginFault>)
  case progress(CallID, spoolBytes: Int)
  case ended(CallID, spoolBytes: Int)
}

/// The clock and the deadlines of the thread that speaks with plugins.
package protocol Timers: AnyObject {
  var now: Instant { get }
  /// Calls `onTime` once, when `delay` has passed.
  @discardableResult
  func after(_ delay: Duration, _ onTime: @escaping () -> Void) -> EventLoop.Deadline
  /// The same, for what another process has to do meanwhile: if this one slept when the time was over, it
  /// gets `delay` once more.
  @discardableResult
  func afterAwake(_ delay: Duration, _ onTime: @escaping () -> Void) -> EventLoop.Deadline
  /// A deadline that has passed is no error.
  func cancel(_ deadline: EventLoop.Deadline)
}

extension EventLoop: Timers {
  package var now: Instant { Instant(microseconds: Clock.now()) }
}
