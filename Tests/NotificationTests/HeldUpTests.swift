import Glibc
import Model
import Platform
import Store
import Support
import Testing

@testable import Catalog
@testable import Notifications
@testable import Sockets

/// The limit asks whether it was cancelled before each wait: there the attempt's thread is held up.
@Suite("Attempts whose thread is held up until their time is over")
struct HeldUpTests {
  private var notification: StoredNotification {
    let now = Instant(microseconds: Clock.now())
    return StoredNotification(
      id: "1-ops", call: CallID("1"), hook: "ops", createdAt: now, giveUpAt: now, body: "{}")
  }

  /// - Returns: what `isCancelled` is to say.
  private static func holdUp(_ over: TimeLimit.Over, beyondMs limit: UInt32) -> Bool {
    usleep(over == .timeUp ? (limit + 50) * 1_000 : 50_000)
    return over == .cancelled
  }

  @Test(
    "a command that ended meanwhile is judged by its end",
    arguments: [TimeLimit.Over.timeUp, .cancelled], [0, 3])
  func command(over: TimeLimit.Over, code: Int) throws {
    try withTemporaryDirectory { directory in
      let file = directory + "/pid"
      let limit = TimeLimit(.milliseconds(200)) {
        Self.awaitEnd(ofProcessIn: file)
        return Self.holdUp(over, beyondMs: 200)
      }
      let result = CommandHook(
        notification: notification,
        argv: ["/bin/sh", "-c", "echo no >&2; echo $$ > \(file); exit \(code)"], limit: limit
      ).run()
      #expect(
        result == (code == 0 ? .delivered : .failed("the command ended with exit code 3: no")))
    }
  }

  /// Leaves it on the system's table, for who started it.
  private static func awaitEnd(ofProcessIn file: String) {
    let end = ContinuousClock.now + .seconds(20)
    while ContinuousClock.now < end {
      let text = (try? Files.read(file)).map { String(decoding: $0, as: UTF8.self) } ?? ""
      if text.hasSuffix("\n"), let id = id_t(text.dropLast()) {
        var info = siginfo_t()
        waitid(P_PID, id, &info, WEXITED | WNOWAIT)
        return
      }
      usleep(1_000)
    }
  }

  @Test(
    "an answer of a receiver that came meanwhile counts",
    arguments: [TimeLimit.Over.timeUp, .cancelled])
  func webhook(over: TimeLimit.Over) throws {
    let (listener, port) = try openListener(address: "127.0.0.1", port: 0)
    defer { close(listener) }
    try withTemporaryDirectory { directory in
      let secret = directory + "/secret"
      try Files.writeAtomically(Array("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3".utf8), to: secret)
      let waits = Locked(0)
      let limit = TimeLimit(.seconds(1)) {
        let number = waits.withLock { waits -> Int in
          waits += 1
          return waits
        }
        // The first is for the connection.
        guard number > 1 else { return false }
        if number == 2 { Self.answer(listener) }
        return Self.holdUp(over, beyondMs: 1_000)
      }
      let url = try #require(HookURL("http://127.0.0.1:\(port)/hook"))
      let receiver = PolicyBook.Hook.Webhook(url: url, secretFile: secret, trustFile: nil)
      let result = Webhook(
        notification: notification, receiver: receiver, responseBytes: 4_096, limit: limit
      ).send()
      #expect(result == .delivered)
      #expect(waits.withLock { $0 } == 2)
    }
  }

  private static func answer(_ listener: Int32) {
    let peer = accept(listener, nil, nil)
    var request = [UInt8](repeating: 0, count: 4_096)
    // All of it: to close with some of it unread would take the answer back.
    recv(peer, &request, request.count, 0)
    let answer = Array("HTTP/1.1 204 No Content\r\n\r\n".utf8)
    send(peer, answer, answer.count, Int32(MSG_NOSIGNAL))
    close(peer)
  }
}
