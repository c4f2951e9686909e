import Platform

/// A user who is logged in on this machine, in whose session the agent can run calls: the same plugins,
/// told to run the process as that user.
package struct UserSession: Sendable, Hashable {
  package let user: String
  package let userID: Int
  package let home: String
  /// Where the session's sockets are (XDG_RUNTIME_DIR), if the system made it.
  package let runtimeDirectory: String?

  package init(user: String, userID: Int, home: String, runtimeDirectory: String?) {
    self.user = user
    self.userID = userID
    self.home = home
    self.runtimeDirectory = runtimeDirectory
  }

  /// What a login would give its processes, unless the tool binds it.
  package func environment(
    beside bound: [(name: String, value: String)]
  ) -> [(name: String, value: String)] {
    var own = [("HOME", home), ("USER", user), ("LOGNAME", user)]
    if let runtimeDirectory { own.append(("XDG_RUNTIME_DIR", runtimeDirectory)) }
    let taken = Set(bound.map(\.name))
    return own.filter { !taken.contains($0.0) } + bound
  }
}

/// Who is logged in, as far as could be seen.
package struct UserSessions: Sendable, Hashable {
  package var seen: [UserSession] = []
  /// Why users who are logged in are not among them, in words that follow "the agent".
  package var unknown: [String: String] = [:]
  /// Why nobody could be seen.
  package var blindness: String?

  package init(seen: [UserSession] = [], blindness: String? = nil) {
    self.seen = seen
    self.blindness = blindness
  }

  /// - Returns: why the user may be logged in, although there is no session to be seen.
  func doubt(about user: String) -> String? { unknown[user] ?? blindness }

  /// Why there may be more users than were seen; each in words that follow "the agent".
  var doubts: [String] {
    unknown.sorted { $0.key < $1.key }.map(\.value) + (blindness.map { [$0] } ?? [])
  }
}

#if os(Linux)
  extension UserSession {
    /// - Returns: `nil` where there is no such user, or none but the agent's own.
    init?(of user: String) throws(SystemError) {
      guard let account = try Confinement.Account.named(user),
        account.user != Machine.effectiveUser
      else { return nil }
      // pam_systemd(8) makes it at the first login, and removes it after the last one.
      let directory = "/run/user/\(account.user)"
      self.init(
        user: user, userID: Int(account.user), home: account.home,
        runtimeDirectory: Files.exists(directory) ? directory : nil)
    }
  }
#endif
