/// A server's side of the opening handshake (RFC 6455, 4.2).
enum ServerHandshake {
  case accepted(reply: [UInt8])
  case refused(status: Int, text: String, headers: [HTTPHeader])

  init(_ head: RequestHead, subprotocol: String) {
    guard head.method == "GET", head.isHTTP11, head.body == .none,
      let key = head.headers["sec-websocket-key"], key.utf8.count == 24
    else {
      self = .refused(status: 400, text: "not a WebSocket handshake\n", headers: [])
      return
    }
    guard head.headers["sec-websocket-version"] == "13" else {
      self = .refused(
        status: 426, text: "this server speaks WebSocket version 13\n",
        headers: [HTTPHeader("sec-websocket-version", "13")])
      return
    }
    // Names of subprotocols are case-sensitive.
    let offered = head.headers.values("sec-websocket-protocol").flatMap {
      $0.split { $0 == "," || $0 == " " }
    }
    guard offered.contains(where: { $0 == subprotocol }) else {
      self = .refused(
        status: 400, text: "offer the WebSocket subprotocol \(subprotocol)\n", headers: [])
      return
    }
    let reply =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      + "Sec-WebSocket-Accept: \(ClientHandshake.acceptance(of: key))\r\n"
      + "Sec-WebSocket-Protocol: \(subprotocol)\r\n\r\n"
    self = .accepted(reply: Array(reply.utf8))
  }
}
