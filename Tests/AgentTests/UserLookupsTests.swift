import Platform
import Synchronization
import Testing

@testable import Agent

@Suite("Who is logged in")
struct UserLookupsTests {
  private static func session(_ user: String) -> UserSession {
    UserSession(user: user, userID: 1_000, home: "/home/\(user)", runtimeDirectory: nil)
  }

  @Test("a user is looked up once while being logged in, found or not")
  func once() {
    let asked = Locked<[String]>([])
    let lookups = UserLookups(patience: .seconds(60)) { user in
      asked.withLock { $0.append(user) }
      return user == "root" ? nil : Self.session(user)
    }
    for _ in 1...3 {
      #expect(lookups.sessions(of: ["ann", "root"]).seen == [Self.session("ann")])
    }
    #expect(asked.withLock { $0.sorted() } == ["ann", "root"])
    #expect(lookups.sessions(of: []) == UserSessions())
    #expect(lookups.sessions(of: ["ann"]).seen == [Self.session("ann")])
    #expect(asked.withLock { $0.sorted() } == ["ann", "ann", "root"])
  }

  @Test("a directory that does not answer holds up nobody, and its answer counts when it comes")
  func hanging() {
    let answer = Mailbox<Bool>()
    let lookups = UserLookups(patience: .milliseconds(20)) { user in
      if user == "slow" {
        var ignored: [Bool] = []
        _ = answer.drain(into: &ignored)
      }
      return Self.session(user)
    }
    var sessions = lookups.sessions(of: ["ann", "slow"])
    // Where the machine is busy, ann may come a look later too.
    while sessions.seen.isEmpty { sessions = lookups.sessions(of: ["ann", "slow"]) }
    #expect(sessions.seen == [Self.session("ann")])
    #expect(
      sessions.doubt(about: "slow")
        == "waits to be told who the user slow is, who is logged in")
    #expect(sessions.doubt(about: "ben") == nil)
    answer.close()
    while sessions.seen.count < 2 { sessions = lookups.sessions(of: ["ann", "slow"]) }
    #expect(sessions.unknown.isEmpty)
  }

  @Test("a look-up that failed is said with its reason, and tried again at the next look")
  func failing() {
    let fails = Atomic<Bool>(true)
    let lookups = UserLookups(patience: .seconds(60)) { user throws(SystemError) in
      if fails.load(ordering: .relaxed) { throw SystemError("look up user", number: 5) }
      return Self.session(user)
    }
    let doubt = lookups.sessions(of: ["ann"]).doubt(about: "ann")
    #expect(doubt?.hasPrefix("cannot look up the user ann, who is logged in: ") == true)
    fails.store(false, ordering: .relaxed)
    #expect(lookups.sessions(of: ["ann"]).seen == [Self.session("ann")])
  }
}
