import Platform
package import Sockets

/// A receiver of webhooks on this machine, which answers as a test says.
package final class Receiver: Sendable {
  /// What it does with a request.
  package enum Answer: Sendable {
    case status(Int, [HTTPHeader] = [], body: String = "")
    /// Given when the test says so.
    case held(Int, [HTTPHeader] = [])
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
      handlers: ServerHandlers(
        onRequest: { request in
          let number = inbox.taken.withLock { taken in
            taken.append(request)
            return taken.count
          }
          guard let last = answers.last else { return }
          switch number <= answers.count ? answers[number - 1] : last {
          case .silence: break
          case .held(let status, let headers):
            inbox.hold { loop.respond(request.id, status: status, headers: headers) }
          case .status(let status, let headers, let body):
            loop.respond(request.id, status: status, headers: headers, body: Array(body.utf8))
          }
        }, onRequestGone: { _ in inbox.gone.withLock { $0 += 1 } }))
    self.loop = loop
    self.port = place.port
    self.inbox = inbox
  }

  package var url: String { "http://127.0.0.1:\(port)/hook" }
  package var requests: [HTTPRequest] { inbox.taken.withLock { $0 } }
  /// How many left without an answer.
  package var gone: Int { inbox.gone.withLock { $0 } }

  /// Gives the answers that are held, and holds no more.
  package func release() { inbox.release() }

  package func stop() { loop.stop() }

  private final class Inbox: Sendable {
    let taken = Locked<[HTTPRequest]>([])
    let gone = Locked<Int>(0)
    /// None any more once they were let go.
    private let held = Locked<[@Sendable () -> Void]?>([])

    func hold(_ answer: @escaping @Sendable () -> Void) {
      let isReleased = held.withLock { held in
        held?.append(answer)
        return held == nil
      }
      if isReleased { answer() }
    }

    func release() {
      let answers: [@Sendable () -> Void] = held.withLock { held in
        let answers = held ?? []
        held = nil
        return answers
      }
      for answer in answers { answer() }
    }
  }
}
