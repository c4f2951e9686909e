import Model
import Mutants
import Wire

// What can execute here: the service, and the sessions of users who are logged in.

extension Core {
  /// Looks who is logged in.
  mutating func lookForSessions() {
    sessions = surroundings.sessions()
    sessions.seen = Array(sessions.seen.prefix(WireLimits.runtimes - 1))
  }

  /// This agent, and what can execute here.
  var runtimeInfo: RuntimeInfo {
    RuntimeInfo(
      kind: "service", platform: surroundings.platform,
      architecture: surroundings.architecture, version: configuration.version,
      bootID: surroundings.bootID, executors: executing.executors, sessions: sessionRuntimes)
  }

  /// A session has the executors that can run a call as another user.
  private var sessionRuntimes: [Runtime] {
    let executors = executing.sessionExecutors
    if executors.isEmpty { return [] }
    return sessions.seen.map { Runtime(name: .session(of: $0.user), executors: executors) }
  }

  /// What the control plane does not know of on this link.
  mutating func untoldRuntimes() -> [Runtime]? {
    let runtimes = runtimeInfo.runtimes
    if runtimes == toldRuntimes { return nil }
    toldRuntimes = runtimes
    return runtimes
  }

  /// The session that an offer is for; `nil` for the service. Whoever logged out in this moment has
  /// none, so it is looked at anew.
  mutating func session(of offer: Offer) throws -> UserSession? {
    guard case .session(let user) = offer.runtime else { return nil }
    if Mutant.runtimeForgotten.isPlanted, machine.phase(of: offer.call) != nil { return nil }
    lookForSessions()
    guard let session = sessions.seen.first(where: { $0.user == user }) else {
      throw Refused.noSession(of: user, doubt: sessions.doubt(about: user))
    }
    return session
  }

  /// Calls of sessions that are over do not begin.
  mutating func dropLoggedOut(_ call: CallID) {
    guard let user = sessionUsers[call] else { return }
    lookForSessions()
    if sessions.seen.contains(where: { $0.user == user }) { return }
    preparations[call] = nil
    refusals[call] = Refused.noSession(of: user, doubt: sessions.doubt(about: user)).report
  }
}
