import Catalog
import Platform
import Sockets
import Store

/// One attempt to deliver a notification by HTTP: a POST with the body as it was stored, signed.
/// Blocks its thread, no longer than its limit.
struct Webhook {
  let notification: StoredNotification
  let receiver: PolicyBook.Hook.Webhook
  let responseBytes: Int
  let limit: TimeLimit

  /// - Returns: `nil` when it was cancelled.
  func send() -> AttemptResult? {
    if let wrong = HookFiles.objection(toSecret: receiver.secretFile) { return .failed(wrong) }
    let body = Array(notification.body.utf8)
    let signature: String
    // Of the wall clock: the receiver compares it with its own.
    let timestamp = Clock.wall() / 1_000_000
    do throws(Signature.Unusable) {
      signature = Signature.header(
        id: notification.id, timestamp: timestamp, body: body,
        secrets: try Signature.secrets(file: receiver.secretFile))
    } catch {
      return .failed("\(error)")
    }
    do throws(OutgoingSocket.Failure) {
      let connection = try ReceiverConnection(receiver, limit)
      try connection.send(head(timestamp, signature, body.count) + body)
      return try answer(connection)
    } catch {
      return error.isCancelled ? nil : .failed(error.description)
    }
  }

  private func head(_ timestamp: Int64, _ signature: String, _ length: Int) -> [UInt8] {
    let url = receiver.url
    let isUsualPort = url.port == (url.isSecure ? 443 : 80)
    let lines = [
      "POST \(url.path) HTTP/1.1",
      "Host: \(url.host)\(isUsualPort ? "" : ":\(url.port)")",
      "User-Agent: Signalbox",
      "Content-Type: application/json",
      "Content-Length: \(length)",
      "Connection: close",
      "webhook-id: \(notification.id)",
      "webhook-timestamp: \(timestamp)",
      "webhook-signature: \(signature)",
    ]
    return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
  }

  private func answer(
    _ connection: ReceiverConnection
  ) throws(OutgoingSocket.Failure) -> AttemptResult {
    var parser = ResponseParser(maxHeaderBytes: responseBytes)
    var head: (status: Int, headers: HTTPHeaders)?
    var words: [UInt8] = []
    reading: while words.count < responseBytes {
      let piece: [UInt8]
      do throws(OutgoingSocket.Failure) {
        piece = try connection.receive()
      } catch {
        // The status is what counts; the words beside it are not worth an error.
        guard head == nil || error.isCancelled else { break }
        throw error
      }
      if piece.isEmpty { break }
      piece.withUnsafeBytes { parser.append($0) }
      while let event = parser.next() {
        switch event {
        case .head(let status, let headers):
          head = (status, headers)
          if (200...299).contains(status) { return .delivered }
        case .body(let part): words += part.prefix(responseBytes - words.count)
        case .end: break reading
        case .malformed(let what):
          return .failed("the receiver answered with \(what)")
        }
      }
    }
    guard let head else { return .failed("the receiver closed the connection without an answer") }
    return Self.judge(
      head.status, retryAfter: head.headers["retry-after"], words: words,
      now: Clock.wall() / 1_000_000)
  }

  /// - Parameter now: seconds since 1970.
  static func judge(
    _ status: Int, retryAfter: String?, words: [UInt8], now: Int64
  ) -> AttemptResult {
    let said = Excerpt.text(words)
    let answer = "the receiver answered \(status)" + (said.isEmpty ? "" : ": \(said)")
    switch status {
    case 200...299: return .delivered
    case 410: return .refused(answer + "; it wants no more of these")
    case 300...399: return .failed(answer + "; redirects are not followed: correct the url")
    default: return .failed(answer, retryAfter: retryAfter.flatMap { pause($0, now) })
    }
  }

  /// RFC 9110, 10.2.3: seconds, or a date.
  private static func pause(_ text: String, _ now: Int64) -> Duration? {
    if let seconds = Int64(text) { return seconds >= 0 ? .seconds(min(seconds, 1 << 32)) : nil }
    return HTTPDate.seconds(text).map { .seconds(max(0, $0 - now)) }
  }
}

/// The beginning of what somebody else said, fit for a line.
enum Excerpt {
  static let maxCharacters = 200

  static func text(_ bytes: [UInt8]) -> String {
    let text = String(decoding: bytes.prefix(4 * maxCharacters), as: UTF8.self)
    let visible = text.unicodeScalars.map { scalar in
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse,
        .unassigned:
        " " as Character
      default: Character(scalar)
      }
    }
    let words = String(visible).split(separator: " ").joined(separator: " ")
    return words.count > maxCharacters ? words.prefix(maxCharacters) + "…" : words
  }
}
