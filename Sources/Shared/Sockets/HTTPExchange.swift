internal import Platform

/// One request and its response for callers that just want to wait, such as command lines.
package enum HTTPExchange {
  package struct Response: Sendable {
    package let status: Int
    package let headers: HTTPHeaders
    package let body: [UInt8]
  }

  /// Waits for the whole response. Brings its own loop up and down; about 2 ms.
  package static func perform(
    _ call: HTTPCall, maxBodyBytes: Int = 64 << 20, timeout: Duration = .seconds(60)
  ) throws(SocketsError) -> Response {
    let body = Locked<[UInt8]>([])
    let (status, headers) = try stream(call, timeout: timeout) { chunk in
      body.withLock { body in
        guard body.count + chunk.count <= maxBodyBytes else { return false }
        body.append(contentsOf: chunk)
        return true
      }
    }
    return Response(status: status, headers: headers, body: body.withLock { $0 })
  }

  /// Waits as well, but hands out the body as it arrives, on the loop's thread. `onChunk` returns
  /// false to have no more; then the error is `responseTooLarge`. Without a timeout it may last.
  package static func stream(
    _ call: HTTPCall, timeout: Duration?,
    onHead: @escaping @Sendable (_ status: Int, HTTPHeaders) -> Void = { _, _ in },
    onChunk: @Sendable ([UInt8]) -> Bool
  ) throws(SocketsError) -> (status: Int, headers: HTTPHeaders) {
    let loop = SocketLoop(.dialing)
    try loop.start()
    defer { loop.stop() }
    let end = Rendezvous<Result<Void, SocketsError>>()
    let head = Locked<(status: Int, headers: HTTPHeaders)>((0, HTTPHeaders()))
    let outcome = withoutActuallyEscaping(onChunk) { onChunk in
      let handlers = HTTPCallHandlers(
        onHead: { status, headers in
          head.withLock { $0 = (status, headers) }
          onHead(status, headers)
        },
        onChunk: { chunk in
          if !onChunk(chunk) {
            end.deliver(.failure(SocketsError(.responseTooLarge, "the response is too long")))
          }
        },
        onEnd: { end.deliver($0) })
      if let timeout {
        loop.after(timeout) {
          let place = "\(call.host):\(call.port)"
          end.deliver(.failure(SocketsError(.timedOut, "no complete response from \(place)")))
        }
      }
      loop.request(call, handlers: handlers)
      let outcome = end.wait()
      loop.stop()
      return outcome
    }
    switch outcome {
    case .success: return head.withLock { $0 }
    case .failure(let error): throw error
    }
  }
}
