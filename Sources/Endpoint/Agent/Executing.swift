package import Model
package import PluginProtocol

/// Whoever stages, starts and stops processes for the agent, on its thread. Answers come as
/// `ExecutionEvent`s, never before the request has returned.
package protocol Executing: AnyObject {
  /// The executors that can be asked, such as `shell`.
  var executors: [String] { get }
  /// Those of them that can run a call as another user than the agent.
  var sessionExecutors: [String] { get }

  /// Names a directory, among those of calls, for a call that is released.
  func takeDirectory() -> String
  /// Stages the call in its directory. A refusal is told; success shows in `started`.
  func prepare(_ preparation: Preparation)
  /// Starts it once it is staged.
  func start(_ call: CallID)
  /// Drops it if `start` was not asked for yet, and tells that it is refused; or does nothing.
  func discard(_ call: CallID)
  func cancel(_ call: CallID)
  /// Sees to it that a call that was not begun in its time never will be.
  /// - Returns: whether `died`, or `refused`, will tell of it.
  func giveUp(_ call: CallID) -> Bool
  /// The call of the directory of this name is over and confirmed.
  /// - Parameter isSuspect: its executor died, so a process of it may live on there.
  func giveBack(directory: String, isSuspect: Bool)
  /// Asks the executors that run whether they answer; `answered` tells of each that does. Starts none.
  func ask()
  /// What keeps executors from answering that should, in words.
  var silent: [String] { get }
  /// Starts silent executors anew that have no call, and looks for executors again.
  /// - Returns: what was done, in words.
  func rebuild() -> [String]
  /// Ends what is idle; running calls are left to their plugins.
  func shutdown()
}

extension Executing {
  package var sessionExecutors: [String] { [] }
}

package enum ExecutionEvent: Sendable {
  /// What the executors are is known now; until then the agent does not dial.
  case ready
  case answered
  case refused(CallID, reason: String, message: String, remedy: String)
  case started(CallID, pid: Int?)
  /// There is more in the spool.
  case progress(CallID)
  /// The spool is complete.
  case ended(CallID)
  /// Ended without a spool: nothing was printed.
  case endedWithoutSpool(CallID, ExecutionRecord)
  /// The executor of these calls is gone, or cannot be asked; their spools say how far they came.
  case died([CallID], why: String)
}
