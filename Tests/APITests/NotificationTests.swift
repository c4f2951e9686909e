import Digest
import Glibc
import JSON
import Model
import Platform
import Sockets
import Support
import Testing
import Wire

@testable import API
@testable import Notifications

@Suite("Notifications, over the API")
struct NotificationTests {
  private static let secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"
  private static let key = Array("0123456789abcdef01234567".utf8)

  /// A desk whose policy has these hooks; `DIR` in them is a directory with the file `secret`.
  private func with(
    _ hooks: String, notifications: String = "", _ body: (Desk, String) throws -> Void
  ) throws {
    try withTemporaryDirectory { directory in
      try Files.writeAtomically(Array(Self.secret.utf8), to: directory + "/secret")
      try write(hooks + notifications, directory)
      try Desk.with(change: { $0.policyFile = directory + "/policy.yaml" }) { desk throws in
        #expect(desk.service.policyErrors.isEmpty, "\(desk.service.policyErrors)")
        try body(desk, directory)
      }
    }
  }

  private func write(_ hooks: String, _ directory: String) throws {
    let text = "signalbox-policy: 1\nversion: 1\ngroups: []\n" + hooks
    try Files.writeAtomically(
      Array(text.replacing("DIR", with: directory).utf8), to: directory + "/policy.yaml")
  }

  private static func webhook(
    _ url: String, name: String = "ops", when: String = "{calls: all}", timeout: String = "60s"
  ) -> String {
    """
      - name: \(name)
        when: \(when)
        webhook: {url: "\(url)", secretFile: DIR/secret, timeout: \(timeout)}
        retry: {first: 100ms, longest: 200ms, attempts: 1000}

    """
  }

  private func script(_ text: String, _ path: String) throws {
    try Files.writeAtomically(
      Array(("#!/bin/sh\n" + text + "\n").utf8), to: path, permissions: 0o755)
    try Files.setPermissions(path, 0o755)
  }

  /// The one notification, once it holds.
  @discardableResult
  private func eventually(
    _ desk: Desk, _ query: String = "", _ holds: (JSON) -> Bool
  ) throws -> JSON {
    let end = ContinuousClock.now + .seconds(60)
    var last: JSON = .null
    while ContinuousClock.now < end {
      last = try desk.get("/v1/notifications\(query)").json
      if let first = last["notifications"]?.array?.first, holds(first) { return first }
      usleep(10_000)
    }
    Issue.record("it never came to hold: \(last.pretty)")
    return .null
  }

  @Test("a receiver is told of the end of a call, in what its secret signed, and of no output")
  func signed() throws {
    let receiver = try Receiver(.status(204))
    defer { receiver.stop() }
    try with("hooks:\n" + Self.webhook(receiver.url)) { desk, _ in
      try desk.join(onOffer: FakeRuntime.printing("the output\n", code: 5))
      let call = try desk.call("test.echo", ["text": "arg"], waitMs: 20_000).call
      let id = call["id"]?.string ?? ""
      let row = try eventually(desk) { $0["state"] == "delivered" }
      #expect(row["id"]?.string == "\(id)-ops" && row["attempts"] == 1)
      let request = try #require(receiver.requests.first)
      #expect(receiver.requests.count == 1)
      #expect(request.method == "POST" && request.path == "/hook")
      #expect(request.headers["content-type"] == "application/json")
      #expect(request.headers["webhook-id"] == "\(id)-ops")
      // As a receiver does it, from what it got.
      let time = try #require(request.headers["webhook-timestamp"])
      let seconds = try #require(Int64(time))
      #expect(abs(seconds - Clock.wall() / 1_000_000) < 60)
      let signed = Array("\(id)-ops.\(time).".utf8) + request.body
      let code = Base64.text(HMAC.sha256(key: Self.key, [signed]))
      #expect(request.headers["webhook-signature"] == "v1,\(code)")

      let body = try JSON(parsing: request.body)
      let data = body["data"]
      #expect(body["type"] == "call.ended" && body["hook"] == "ops")
      #expect(data?["call"]?.string == id && data?["endpoint"]?["name"] == "web-01")
      #expect(data?["tool"]?["name"] == "test.echo" && data?["outcome"] == "failed")
      #expect(data?["ran"] == "yes" && data?["exitCode"] == 5 && data?["by"] == "ann")
      #expect(data?["outputs"]?["stdout"]?["bytes"] == 11)
      #expect(data?["reason"]?.string?.contains("the thing is broken") == true)
      let text = String(decoding: request.body, as: UTF8.self)
      #expect(!text.contains("the output") && !text.contains("\"arg\""))

      let events = try desk.get("/v1/calls/\(id)/transcript").json["events"]?.array ?? []
      #expect(events.last?["text"] == "notified ops, 1 attempt")
      #expect(events.last?["kind"] == "notified" && events.last?["isRecovery"] == false)
      let shown = try desk.get("/v1/notifications/\(id)-ops").json["notification"]
      #expect(shown?["body"] == body)
    }
  }

  @Test("a receiver that fails is asked again, with the same id and body, until it takes it")
  func retried() throws {
    let receiver = try Receiver(
      .status(500, body: "broken\n"), .held(302, [HTTPHeader("location", "/else")]),
      .status(200))
    defer { receiver.stop() }
    try with("hooks:\n" + Self.webhook(receiver.url)) { desk, _ in
      try desk.join(onOffer: FakeRuntime.printing("x"))
      let id = try desk.call("test.echo", waitMs: 20_000).id
      try eventually(desk) { $0["error"] == "the receiver answered 500: broken" }
      receiver.release()
      let row = try eventually(desk) { $0["state"] == "delivered" }
      #expect(row["attempts"] == 3 && row["error"] == .null)
      let requests = receiver.requests
      #expect(Set(requests.map(\.body)).count == 1 && Set(requests.map(\.path)) == ["/hook"])
      #expect(Set(requests.map { $0.headers["webhook-id"] }) == ["\(id)-ops"])
      let events = try desk.get("/v1/calls/\(id)/transcript").json["events"]?.array ?? []
      #expect(events.last?["text"] == "notified ops, 3 attempts")
    }
  }

  @Test("a receiver that hangs costs neither calls nor other hooks anything")
  func hanging() throws {
    let hanging = try Receiver(.silence)
    let good = try Receiver(.status(200))
    defer {
      hanging.stop()
      good.stop()
    }
    let hooks =
      "hooks:\n" + Self.webhook(hanging.url, name: "a-stuck", timeout: "300s")
      + Self.webhook(good.url, name: "good")
    try with(hooks) { desk, _ in
      try desk.join(onOffer: FakeRuntime.printing("x"))
      let begun = ContinuousClock.now
      for _ in 0..<10 { _ = try desk.call("test.echo", waitMs: 20_000) }
      let end = begun + .seconds(60)
      while good.requests.count < 10, ContinuousClock.now < end { usleep(5_000) }
      #expect(good.requests.count == 10)
      try desk.eventually {
        try desk.get("/v1/status").json["notifications"]?["pending"] == 10
      }
      // No more than the hook's share at a time.
      try desk.eventually { hanging.requests.count >= 2 }
      #expect(hanging.requests.count == 2)
      let stopping = ContinuousClock.now
      try desk.service.stop()
      #expect(ContinuousClock.now - stopping < .seconds(30))
      // They were cut off, long before their time was over.
      try desk.eventually { hanging.gone == 2 }
    }
  }

  @Test("an attempt has a time limit of its own")
  func timeout() throws {
    let receiver = try Receiver(.silence, .status(200))
    defer { receiver.stop() }
    try with("hooks:\n" + Self.webhook(receiver.url, timeout: "300ms")) { desk, _ in
      try desk.join(onOffer: FakeRuntime.printing("x"))
      _ = try desk.call("test.echo", waitMs: 20_000)
      let row = try eventually(desk) { $0["state"] == "delivered" }
      // More than two where one of them did not get through in its time.
      #expect(row["attempts"]?.int ?? 0 >= 2 && receiver.requests.count >= 2, "\(row)")
    }
  }

  @Test("what is given up says why, and is tried again when somebody asks for it")
  func givenUp() throws {
    let receiver = try Receiver(.status(410), .status(200))
    defer { receiver.stop() }
    try with("hooks:\n" + Self.webhook(receiver.url)) { desk, _ in
      try desk.join(onOffer: FakeRuntime.printing("x"))
      let call = try desk.call("test.echo", waitMs: 20_000).id
      let row = try eventually(desk) { $0["state"] == "givenUp" }
      let id = row["id"]?.string ?? ""
      #expect(row["attempts"] == 1)
      let shell = Shell(root: desk.root)
      let listed = try shell.run(["notifications", "list", "--state", "givenUp"])
      #expect(listed.exit == 0 && listed.stdout.contains("410"), "\(listed)")
      let transcript = try shell.run(["transcript", call])
      #expect(transcript.stdout.contains("gave up notifying ops, after 1 attempt"))
      let again = try shell.run(["notifications", "retry", id])
      #expect(again.exit == 0, "\(again)")
      try eventually(desk) { $0["state"] == "delivered" }
      let shown = try shell.run(["notifications", "show", id])
      #expect(shown.stdout.contains("delivered") && shown.stdout.contains("call.ended"), "\(shown)")
      let twice = try shell.run(["notifications", "retry", id])
      #expect(twice.exit == 78 && twice.stderr.contains("delivered already"), "\(twice)")
      #expect(try desk.post("/v1/notifications/nope/retry", [:]).code == "noSuchNotification")
      #expect(try desk.get("/v1/notifications?state=lost").code == "invalidQuery")
      let none = try desk.get("/v1/notifications?state=pending&hook=ops&call=\(call)").json
      #expect(none["notifications"] == [] && none["next"] == .null)
    }
  }

  @Test("only calls that waited are told of, and those whose maker asked for it")
  func waited() throws {
    let receiver = try Receiver(.status(200))
    defer { receiver.stop() }
    let when = "{calls: waited, waitedLongerThan: 1s, tools: [\"test.*\"]}"
    try with("hooks:\n" + Self.webhook(receiver.url, when: when)) { desk, _ in
      try desk.joinAway()
      let waiting = try desk.call("test.echo").id
      usleep(1_200_000)
      #expect(try desk.post("/v1/calls/\(waiting)/cancel", ["by": "bob"]).status == 200)
      try desk.join("web-02", onOffer: FakeRuntime.printing("x"))
      var quick: JSON = .null
      // A busy machine may make one wait.
      for _ in 0..<20 {
        quick = try desk.ended(try desk.call("test.echo", on: "web-02").id)
        if waitedUs(quick) < 1_000_000 { break }
      }
      #expect(waitedUs(quick) < 1_000_000, "\(quick)")
      let asked = try desk.call(
        "test.echo", on: "web-02", waitMs: 20_000, [("notify", true)]
      ).call
      #expect(asked["shape"]?["notify"] == true)
      try eventually(desk, "?call=\(asked["id"]?.string ?? "")") { $0["state"] == "delivered" }
      try eventually(desk, "?call=\(waiting)") { $0["state"] == "delivered" }
      let told = receiver.requests.compactMap { try? JSON(parsing: $0.body)["data"] }
      #expect(!told.contains { $0["call"] == quick["id"] })
      let first = try #require(told.first { $0["call"]?.string == waiting })
      #expect(first["waitedMs"]?.int ?? 0 >= 1_000)
    }
  }

  /// From its acceptance to its first offer.
  private func waitedUs(_ call: JSON) -> Int {
    guard let accepted = call["acceptedAtUs"]?.int,
      let offered = call["attempts"]?.array?.first?["offeredAtUs"]?.int
    else { return .max }
    return offered - accepted
  }

  @Test("a call that never ran is told of as such")
  func neverRan() throws {
    let receiver = try Receiver(.status(200))
    defer { receiver.stop() }
    let when = "{calls: all, outcomes: [cancelled, undeliverable]}"
    try with("hooks:\n" + Self.webhook(receiver.url, when: when)) { desk, _ in
      try desk.joinAway()
      let cancelled = try desk.call("test.echo").id
      let removed = try desk.call("test.echo").id
      #expect(try desk.post("/v1/calls/\(cancelled)/cancel", ["by": "bob"]).status == 200)
      #expect(try desk.send("DELETE", "/v1/endpoints/web-01", bytes: []).status == 200)
      for id in [cancelled, removed] {
        try eventually(desk, "?call=\(id)") { $0["state"] == "delivered" }
      }
      let told = receiver.requests.compactMap { try? JSON(parsing: $0.body)["data"] }
      #expect(told.map { $0["ran"] } == ["no", "no"])
      #expect(told.allSatisfy { $0["endpoint"]?["name"] == "web-01" && $0["exitCode"] == .null })
      #expect(told.first { $0["call"]?.string == cancelled }?["cancelledBy"] == "bob")
      #expect(told.first { $0["call"]?.string == removed }?["outcome"] == "undeliverable")
    }
  }

  @Test("a command gets the body on standard input and nothing of our environment")
  func command() throws {
    let hooks = """
      hooks:
        - name: page
          when: {calls: all}
          command: {argv: [DIR/notify, one, "two words"], timeout: 60s}
          retry: {first: 100ms, longest: 200ms, attempts: 5}

      """
    try withTemporaryDirectory { programs in
      try script(
        """
        cat > "\(programs)/body.$$"; mv "\(programs)/body.$$" "\(programs)/body"
        env | sort > "\(programs)/environment"
        echo "$#:$2" > "\(programs)/arguments"
        if [ -e "\(programs)/failed" ]; then
          until [ -e "\(programs)/seen" ]; do sleep 0.02; done
          exit 0
        fi
        touch "\(programs)/failed"
        echo "not yet" >&2
        exit 3
        """, programs + "/notify")
      let policy = hooks.replacing("DIR", with: programs)
      try with(policy) { desk, _ in
        try desk.join(onOffer: FakeRuntime.printing("x"))
        let id = try desk.call("test.echo", waitMs: 20_000).id
        try eventually(desk) {
          $0["error"]?.string == "the command ended with exit code 3: not yet"
        }
        try Files.writeAtomically([], to: programs + "/seen")
        let row = try eventually(desk) { $0["state"] == "delivered" }
        #expect(row["attempts"] == 2)
        let body = try JSON(parsing: try Files.read(programs + "/body"))
        #expect(body["data"]?["call"]?.string == id && body["id"]?.string == "\(id)-page")
        func text(_ name: String) throws -> String {
          String(decoding: try Files.read("\(programs)/\(name)"), as: UTF8.self)
        }
        #expect(try text("arguments") == "2:two words\n")
        let names = try text("environment").split(separator: "\n").map { $0.prefix { $0 != "=" } }
        // The shell's own are PWD, OLDPWD, SHLVL and _.
        let ours = names.filter { !["PWD", "OLDPWD", "SHLVL", "_"].contains($0) }
        #expect(ours == ["LANG", "PATH"], "\(names)")
      }
    }
  }

  @Test("a command that hangs is ended with what it started, and tried again")
  func hangingCommand() throws {
    try withTemporaryDirectory { programs in
      try script(
        """
        [ -e "\(programs)/seen" ] && exit 0
        trap '' TERM
        sleep 300 &
        echo $! >> "\(programs)/children"
        wait
        sleep 300
        """, programs + "/notify")
      let hooks = """
        hooks:
          - name: page
            when: {calls: all}
            command: {argv: [\(programs)/notify], timeout: 300ms}
            retry: {first: 500ms, longest: 500ms, attempts: 1000}

        """
      try with(hooks) { desk, _ in
        try desk.join(onOffer: FakeRuntime.printing("x"))
        _ = try desk.call("test.echo", waitMs: 20_000)
        try eventually(desk) {
          $0["error"] == "the command took too long and was ended"
            && Files.exists(programs + "/children")
        }
        try Files.writeAtomically([], to: programs + "/seen")
        let row = try eventually(desk) { $0["state"] == "delivered" }
        #expect(row["attempts"]?.int ?? 0 >= 2, "\(row)")
        let text = String(decoding: try Files.read(programs + "/children"), as: UTF8.self)
        let children = text.split(separator: "\n").compactMap { Int($0) }
        #expect(!children.isEmpty, "\(text)")
        try desk.eventually {
          children.allSatisfy { ProcessTree.entry($0).map(\.isDead) ?? true }
        }
      }
    }
  }

  @Test("a secret that others may read by now is not used, and the policy never shows one")
  func secrets() throws {
    let receiver = try Receiver(.status(200))
    defer { receiver.stop() }
    try with("hooks:\n" + Self.webhook(receiver.url)) { desk, directory in
      try desk.join(onOffer: FakeRuntime.printing("x"))
      try Files.setPermissions(directory + "/secret", 0o644)
      _ = try desk.call("test.echo", waitMs: 20_000)
      let row = try eventually(desk) { $0["attempts"]?.int ?? 0 > 0 }
      #expect(row["error"]?.string?.contains("others may read") == true, "\(row)")
      #expect(receiver.requests.isEmpty)
      try Files.setPermissions(directory + "/secret", 0o600)
      try eventually(desk) { $0["state"] == "delivered" }
      let policy = try desk.get("/v1/policy")
      #expect(policy.json["policy"]?["hooks"]?.array?.first?["name"] == "ops")
      #expect(!String(decoding: policy.bytes, as: UTF8.self).contains("whsec_"))
      let shown = try Shell(root: desk.root).run(["policy", "show"])
      #expect(shown.stdout.contains("ops") && !shown.stdout.contains("whsec_"), "\(shown)")
    }
  }

  @Test("without its hook a notification waits, and goes when the policy has the hook again")
  func hookGone() throws {
    let down = try Receiver(.status(500))
    defer { down.stop() }
    let hooks = "hooks:\n" + Self.webhook(down.url)
    try with(hooks) { desk, directory in
      try desk.join(onOffer: FakeRuntime.printing("x"))
      _ = try desk.call("test.echo", waitMs: 20_000)
      try eventually(desk) { $0["attempts"]?.int ?? 0 > 0 }
      try write("hooks: []\n", directory)
      #expect(desk.service.reloadTools().isEmpty)
      try eventually(desk) { $0["waitsFor"]?.string?.contains("no hook ops") == true }
      let id = try eventually(desk) { $0["state"] == "pending" }["id"]?.string ?? ""
      #expect(try desk.post("/v1/notifications/\(id)/retry", [:]).code == "noSuchHook")
      let up = try Receiver(.status(200))
      defer { up.stop() }
      try write("hooks:\n" + Self.webhook(up.url), directory)
      #expect(desk.service.reloadTools().isEmpty)
      try eventually(desk) { $0["state"] == "delivered" }
      #expect(up.requests.count == 1)
    }
  }
}
