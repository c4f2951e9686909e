import Platform
package import Sockets

/// A receiver of webhooks on this machine, which answers as a test says.
package final class Receiver: Sendable {
  /// What it does with a request.
  package enum Answer: Sendable {
    case status(Int, [HTTPHeader] = [], body: String = "")
    /// It keeps the connection, and says nothing.
    case silence
  }

  package let port: UInt16
  private let loop: SocketLoop
  private let inbox: Inbox

  /// - Parameters:
  ///   - port: 0 for any free one.
  ///   - answers: one for each request; the last is given again.
  package init(port: UInt16 = 0, _ answers: Answer...) throws {
    let loop = SocketLoop()
    try loop.start()
    let inbox = Inbox()
    let place = try loop.listen(
      port: port,
      handlers: ServerHandlers(onRequest: { request in
        let number = inbox.taken.withLock { taken in
          taken.append(request)
          return taken.count
        }
        guard let last = answers.last else { return }
        switch number <= answers.count ? answers[number - 1] : last {
        case .silence: break
        case .status(let status, let headers, let body):
          loop.respond(request.id, status: status, headers: headers, body: Array(body.utf8))
        }
      }))
    self.loop = loop
    self.port = place.port
    self.inbox = inbox
  }

  package var url: String { "http://127.0.0.1:\(port)/hook" }
  package var requests: [HTTPRequest] { inbox.taken.withLock { $0 } }

  package func stop() { loop.stop() }

  private final class Inbox: Sendable {
    let taken = Locked<[HTTPRequest]>([])
  }
}
