import Digest
import Glibc
import JSON
import Platform
import Sockets
import Support
import Testing

@Suite("Notifications, on real processes", .serialized)
struct NotificationTests {
  private func machinery(_ port: UInt16, when: String) throws -> Machinery {
    let box = try Machinery(tools: Definitions.all)
    let secret = box.root + "/secret"
    try Files.writeAtomically(
      Array("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3\n".utf8), to: secret)
    box.policy = """
      signalbox-policy: 1
      version: 1
      groups: []
      hooks:
        - name: ops
          when: \(when)
          webhook:
            url: http://127.0.0.1:\(port)/hook
            secretFile: \(secret)
            timeout: 60s
          retry: {first: 200ms, longest: 1s, attempts: 1000}
          concurrency: 4

      """
    return box
  }

  private func isSigned(_ request: HTTPRequest) -> Bool {
    let id = request.headers["webhook-id"] ?? ""
    let time = request.headers["webhook-timestamp"] ?? ""
    let code = HMAC.sha256(
      key: Array("0123456789abcdef01234567".utf8),
      [Array("\(id).\(time).".utf8), request.body])
    return request.headers["webhook-signature"] == "v1,\(Base64.text(code))"
  }

  private func call(_ request: HTTPRequest) -> String {
    (try? JSON(parsing: request.body))?["data"]?["call"]?.string ?? ""
  }

  @Test(
    "a control plane killed between the end of a call and its delivery delivers when it is back")
  func killed() throws {
    let silent = try Receiver(.silence)
    let port = silent.port
    let box = try machinery(port, when: "{calls: waited, waitedLongerThan: 300ms}")
    try box.startControlPlane()
    // It waits for its endpoint.
    try box.startAgent()
    try box.awaitReachable()
    box.stopAgent()
    let id = try box.submit("print.hello")
    usleep(400_000)
    try box.startAgent()
    #expect(try box.ended(id)["outcome"]?.string == "succeeded", "\(box.logs)")
    try eventually("the receiver has the first attempt") { silent.requests.count == 1 }
    box.killControlPlane()
    silent.stop()
    let receiver = try Receiver(port: port, .status(503), .status(204))
    defer { receiver.stop() }
    try box.startControlPlane()
    try eventually("it is delivered") { receiver.requests.count == 2 }
    let all = silent.requests + receiver.requests
    #expect(all.allSatisfy { isSigned($0) && call($0) == id })
    #expect(Set(all.map { $0.headers["webhook-id"] }) == ["\(id)-ops"])
    #expect(Set(all.map(\.body)).count == 1)
    try eventually("it is written") {
      try box.get("/v1/notifications/\(id)-ops")["notification"]?["state"] == "delivered"
    }
    let transcript = try box.cli(["transcript", id])
    #expect(transcript.stdout.contains("notified ops, "), "\(transcript)")
    let shown = try box.cli(["notifications"])
    #expect(shown.stdout.contains("\(id)-ops") && shown.stdout.contains("delivered"))
    // Delivered is delivered.
    box.killControlPlane()
    try box.startControlPlane()
    try box.awaitReachable()
    usleep(500_000)
    #expect(receiver.requests.count == 2)
  }

  @Test("of 60 calls around 6 kills of the control plane none ends without a word to the receiver")
  func storm() throws {
    let receiver = try Receiver(.status(200))
    defer { receiver.stop() }
    let box = try machinery(receiver.port, when: "{calls: all}")
    try box.start()
    var ids: [String] = []
    for round in 0..<6 {
      ids += try (0..<10).map { try box.submit("print.hello", key: "\(round)-\($0)") }
      // A little later in each round, so that the kill meets other moments.
      usleep(UInt32(round) * 30_000)
      box.killControlPlane()
      try box.startControlPlane()
    }
    for id in ids { _ = try box.ended(id) }
    try eventually("all are delivered") {
      try box.get("/v1/status")["notifications"]?["pending"] == 0
    }
    let requests = receiver.requests
    #expect(Set(requests.map(call)) == Set(ids))
    #expect(Set(requests.compactMap { $0.headers["webhook-id"] }).count == ids.count)
    #expect(requests.allSatisfy(isSigned))
    // At least once; what was under way at a kill came twice at most.
    #expect(requests.count <= ids.count + 6 * 4, "\(requests.count)")
  }
}
