internal import CWebSockets

/// What the head of a request says, and whether we can deal with it.
struct RequestHead {
  enum Problem: Error {
    /// `hasBody` when lws goes on to read one.
    case refused(status: Int, String, hasBody: Bool)
    /// libwebsockets has already answered, or there is nothing to answer.
    case hangUp
  }

  let method: String
  let path: String
  let query: [QueryItem]
  let headers: HTTPHeaders
  let peer: String
  let isHTTP11: Bool
  let keepAlive: Bool
  /// Nil when the request does not say.
  let contentLength: Int?

  init(
    _ wsi: OpaquePointer, peer: String, _ configuration: SocketConfiguration
  ) throws(Problem) {
    let table = HeaderTable(wsi: wsi)
    guard let (method, path) = table.target() else { throw .hangUp }
    self.method = method
    self.path = path
    query = table.query()
    headers = table.headers(extra: configuration.extraHeaders)
    self.peer = peer
    isHTTP11 = table.value(WSI_TOKEN_HTTP)?.hasPrefix("HTTP/1.1") ?? false
    // libwebsockets decides likewise, and must come to the same end.
    switch headers["connection"]?.lowercased() {
    case "close": keepAlive = false
    case "keep-alive": keepAlive = true
    default: keepAlive = isHTTP11
    }
    if headers["transfer-encoding"] != nil {
      // lws knows no chunked requests: it takes these methods for ones of 100 MiB, others for empty.
      throw .refused(
        status: 411, "send content-length; chunked requests are not accepted\n",
        hasBody: ["POST", "PUT", "PATCH"].contains(method))
    }
    if let text = headers["content-length"] {
      guard text.utf8.count <= 18, text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
        let length = Int(text)
      else { throw .refused(status: 400, "content-length is not a number\n", hasBody: false) }
      contentLength = length
    } else {
      contentLength = nil
    }
  }
}
