import Engine
import Model
import SQLite
import Store
import Support
import Testing
import Wire

@Suite("Several runtimes, in the store")
struct RuntimeStoreTests {
  /// A call that a session has refused, and that was offered to the service then.
  private static func write(to store: Store) throws -> CallID {
    var desk = Desk()
    let web = desk.join(users: ["ann"])
    for effect in desk.effects { try store.write(effect) }
    let id = desk.submit(to: web.endpoint) { $0.placement = .any }
    for effect in desk.effects { try store.write(effect) }
    let offer = try #require(desk.offers.first)
    desk.refuse(offer, over: web.link)
    for effect in desk.effects { try store.write(effect) }
    try store.write(definition: "{}", digest: "sha256:00")
    try store.commit()
    return id
  }

  @Test("where a call was offered, and why it was refused, outlive the process")
  func kept() throws {
    try withTemporaryDirectory { directory throws in
      let path = directory + "/store.db"
      let store = try Store(path: path)
      let id = try Self.write(to: store)
      try store.close()
      let again = try Store(path: path)
      let call = try #require(try again.resume().calls.first)
      #expect(call.request.shape.placement == .any)
      #expect(call.attempts.map(\.runtime) == [.session(of: "ann"), .service])
      #expect(call.attempts.map(\.result) == [.refused, .pending])
      #expect(call.attempts.map(\.refusal) == [Attempt.Refusal(.noRuntime, "not here"), nil])
      // Nor is it offered there again.
      let info = Desk.hello(name: "web-01", proof: .joinToken(""), capacity: 1).runtime
      #expect(call.nextRuntime(among: info) == .service)
      let shown = try #require(try Reader(path: path).call(id))
      #expect(shown.attempts.map(\.runtime) == ["session:ann", "service"])
      #expect(shown.attempts.map(\.refusal) == ["noRuntime: not here", nil])
      let endpoint = try #require(try again.resume().endpoints.first)
      #expect(endpoint.runtime?.runtimes.map(\.name) == [.service, .session(of: "ann")])
    }
  }

  @Test("the attempts of an older store were the service's")
  func older() throws {
    try withTemporaryDirectory { directory throws in
      let path = directory + "/store.db"
      let store = try Store(path: path)
      _ = try Self.write(to: store)
      try store.close()
      let old = try Database(path: path, mode: .readWriteCreate)
      let version = try #require(try old.integer("PRAGMA user_version"))
      for column in ["runtime", "refusal"] {
        try old.execute("ALTER TABLE attempts DROP COLUMN \(column)")
      }
      try old.execute("PRAGMA user_version = \(version - 1)")
      try old.close()
      let call = try #require(try Store(path: path).resume().calls.first)
      #expect(call.attempts.map(\.runtime) == [.service, .service])
    }
  }
}
