import Model
import Platform

/// Who the users are that are logged in. Looked up on threads of their own: a directory service that does
/// not answer must not hold up the agent's loop. What was found is kept until the user has logged out.
final class UserLookups: Sendable {
  typealias LookUp = @Sendable (String) throws(SystemError) -> UserSession?

  private enum State {
    case running
    case found(UserSession?)
    case failed(SystemError)
  }

  private let lookUp: LookUp
  private let patience: Duration
  private let states = Locked<[String: State]>([:])

  /// - Parameters:
  ///   - lookUp: gives `nil` where no call may run as the user.
  ///   - patience: how long the loop waits for new users; whoever is found later is seen at the next look.
  init(patience: Duration = .milliseconds(200), lookUp: @escaping LookUp) {
    self.patience = patience
    self.lookUp = lookUp
  }

  func sessions(of users: [String]) -> UserSessions {
    let asked = states.withLock { states in
      states = states.filter { users.contains($0.key) }
      let asked = users.filter { user in
        switch states[user] {
        case .found, .running: false
        case .failed, nil: true
        }
      }
      for user in asked { states[user] = .running }
      return asked
    }
    ask(for: asked)
    return states.withLock { states in
      var sessions = UserSessions()
      for user in users {
        switch states[user] {
        case .found(let session?): sessions.seen.append(session)
        case .found(nil): break
        case .failed(let error):
          sessions.unknown[user] = "cannot look up the user \(user), who is logged in: \(error)"
        case .running, nil:
          sessions.unknown[user] = "waits to be told who the user \(user) is, who is logged in"
        }
      }
      return sessions
    }
  }

  private func ask(for users: [String]) {
    if users.isEmpty { return }
    let news = Mailbox<String>()
    for user in users {
      do throws(SystemError) {
        _ = try WorkerThread(name: "look up user") { [self] in
          set(user, answer(about: user))
          news.post(user)
        }
      } catch {
        set(user, .failed(error))
        news.post(user)
      }
    }
    var told: [String] = []
    let deadline = Clock.now() + Int64(patience.wholeMicroseconds)
    while told.count < users.count {
      let left = deadline - Clock.now()
      if left <= 0 { return }
      var more: [String] = []
      _ = news.drain(into: &more, waitUpTo: .microseconds(left))
      told += more
    }
  }

  private func answer(about user: String) -> State {
    do throws(SystemError) {
      return .found(try lookUp(user))
    } catch {
      return .failed(error)
    }
  }

  /// Of one who has logged out meanwhile nothing is kept.
  private func set(_ user: String, _ state: State) {
    states.withLock { states in
      if states[user] != nil { states[user] = state }
    }
  }
}
