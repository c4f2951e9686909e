import Digest
import Testing

@testable import Notifications

@Suite("Signatures of webhooks")
struct SignatureTests {
  private static let secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"

  @Test(
    "HMAC-SHA-256 agrees with RFC 4231",
    arguments: [
      (
        String(repeating: "0b", count: 20), Hex.text(Array("Hi There".utf8)),
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
      ),
      (
        Hex.text(Array("Jefe".utf8)), Hex.text(Array("what do ya want for nothing?".utf8)),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
      ),
      (
        String(repeating: "aa", count: 131),
        Hex.text(Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8)),
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
      ),
    ])
  func hmac(key: String, message: String, code: String) throws {
    let key = try #require(Hex.bytes(key))
    let message = try #require(Hex.bytes(message))
    #expect(Hex.text(HMAC.sha256(key: key, [message])) == code)
    #expect(Hex.text(HMAC.sha256(key: key, message.map { [$0] })) == code)
  }

  @Test("each secret of the file signs id, time and body, so that one can be changed for another")
  func header() throws {
    let two = Self.secret + "\nwhsec_" + String(repeating: "A", count: 40) + "\n"
    let secrets = try Signature.secrets(in: two, "f")
    #expect(secrets == [Array("0123456789abcdef01234567".utf8), [UInt8](repeating: 0, count: 30)])
    let header = Signature.header(
      id: "1-ops", timestamp: 5, body: Array("{}".utf8), secrets: secrets)
    let parts = header.split(separator: " ")
    // openssl dgst -sha256 -hmac 0123456789abcdef01234567 -binary | base64, of "1-ops.5.{}"
    #expect(parts.first == "v1,UPbweFvUOHZ68Itvdp6hPjGj6bQ5z6RWk/+7fZBu5h4=")
    #expect(parts.count == 2 && parts[0] != parts[1])
  }

  @Test(
    "a file that holds no secret is refused, without a word of what it holds",
    arguments: [
      "", "hunter2hunter2\n", "whsec_c2hvcnQ=\n", "whsec_!!!!\n",
      String(repeating: "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3\n", count: 5),
    ])
  func refused(text: String) {
    do throws(Signature.Unusable) {
      _ = try Signature.secrets(in: text, "f")
      Issue.record("it was read")
    } catch {
      #expect(!error.description.contains("hunter2") && !error.description.contains("c2hvcnQ"))
    }
  }

  @Test("dates of HTTP are read, and nothing else")
  func dates() {
    #expect(HTTPDate.seconds("Sun, 06 Nov 1994 08:49:37 GMT") == 784_111_777)
    #expect(HTTPDate.seconds("Thu, 01 Jan 1970 00:00:00 GMT") == 0)
    #expect(HTTPDate.seconds("Thu, 29 Feb 2024 12:00:00 GMT") == 1_709_208_000)
    for wrong in ["", "soon", "Sun, 06 Nov 1994 08:49:37", "Sun, 6x Nov 1994 08:49:37 GMT"] {
      #expect(HTTPDate.seconds(wrong) == nil)
    }
  }

  @Test("what an answer means for the notification")
  func judged() {
    func judge(_ status: Int, _ after: String? = nil, _ words: String = "") -> AttemptResult {
      Webhook.judge(status, retryAfter: after, words: Array(words.utf8), now: 784_111_770)
    }
    #expect(judge(204) == .delivered)
    guard case .refused = judge(410) else {
      Issue.record("410 is to be final")
      return
    }
    #expect(
      judge(503, "120", "try\u{1B}[2J\nlater")
        == .failed("the receiver answered 503: try [2J later", retryAfter: .seconds(120)))
    #expect(
      judge(429, "Sun, 06 Nov 1994 08:49:37 GMT")
        == .failed("the receiver answered 429", retryAfter: .seconds(7)))
    for wrong in ["-5", "soon"] {
      #expect(judge(500, wrong) == .failed("the receiver answered 500"))
    }
    guard case .failed(let why, nil) = judge(302) else {
      Issue.record("302 is to be tried again")
      return
    }
    #expect(why.contains("redirects are not followed"))
  }
}
