package import Model
package import Platform
package import PluginProtocol

/// All of its machine that the agent's rules touch, beside the journal, the bridge and the executors,
/// which have protocols of their own. It knows no rules: a simulated one can stand in its place.
package protocol Surroundings: AnyObject {
  var now: Instant { get }
  /// This life of the machine.
  var bootID: String { get }
  var platform: String { get }
  var architecture: String { get }
  /// 64 random bits.
  func randomWord() -> UInt64
  func hasCommand(_ name: String) -> Bool
  /// Who is logged in now, by name; nobody where the agent may run nothing as another user.
  func sessions() -> UserSessions

  /// `nil` when the endpoint has not joined yet.
  func identity() throws -> Identity?
  /// On return it is on disk.
  func keep(_ identity: Identity) throws
  /// `nil` where none was given.
  func joinToken() throws -> String?

  /// The names of the directories of calls that are there.
  func callDirectories() throws -> [String]
  /// - Returns: `nil` where there is no spool.
  func findings(of call: CallID, in directory: String?) throws -> SpoolFindings?
  /// The spool's frames from its beginning, with what is kept from these offsets on.
  ///
  /// - Parameter isForeign: somebody else may have written it, or an earlier life of the machine.
  /// - Returns: `nil` where there is no spool.
  func frames(
    in directory: String, stdout: Int, stderr: Int, isForeign: Bool
  ) throws -> (any SpoolFrames)?
  /// Reaches a plugin that was left behind by an earlier agent.
  func requestCancel(in directory: String) throws
  /// Kills the living process that writes the call's spool, if it has not ended the call.
  ///
  /// - Returns: what may be left of its processes; `nil` where there was nobody to kill.
  func killOwner(of call: CallID, in directory: String) throws -> (any FallenProcesses)?

  /// Looks whether output can be kept, without holding up the agent's thread. Answered by
  /// `Core.Input.spoolExamined`; not at all while the disk does not answer.
  ///
  /// - Parameter room: bytes that have to be free.
  func examineSpool(round: Int, room: Int)
  /// Makes the directory of calls if it is gone.
  func remakeCallsDirectory() throws
}

package protocol SpoolFrames: AnyObject {
  /// The next frame; `nil` when nothing more is complete now.
  func next(maxPayload: Int) throws(SystemError) -> SpoolFrame?
}

extension SpoolReader: SpoolFrames {}

package protocol FallenProcesses {
  /// Kills what is left. - Returns: whether nothing was.
  mutating func killRest() -> Bool
}

#if os(Linux)
  extension FallenTree: FallenProcesses {}
#endif
