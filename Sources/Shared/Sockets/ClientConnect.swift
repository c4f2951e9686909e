internal import CWebSockets

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Starts a client connection for `attachment`. Returns why it failed, if it failed at once; then
/// libwebsockets holds nothing of it any more.
func openClient(_ attachment: Attachment, host: String, port: UInt16) -> String? {
  let core = attachment.core
  var info = lws_client_connect_info()
  info.context = core.context
  info.vhost = core.host
  info.port = Int32(port)
  info.opaque_user_data = attachment.opaque
  let isConnecting = withCStrings([host, "/", "\(host):\(port)", "RAW", "raw"]) { texts in
    info.address = texts[0]
    info.path = texts[1]
    info.host = texts[2]
    // "RAW" connects and says nothing by itself.
    info.method = texts[3]
    info.local_protocol_name = texts[4]
    guard let wsi = lws_client_connect_via_info(&info) else { return false }
    attachment.wsi = wsi
    return true
  }
  return isConnecting ? nil : connectFailureText(nil, 0, attachment, host, port)
}

/// What LWS_CALLBACK_CLIENT_CONNECTION_ERROR has to say. libwebsockets says "Unable to connect"
/// whatever the cause and keeps no errno: quickly, it means refused; slowly, that nobody answered.
func connectFailureText(
  _ data: UnsafeMutableRawPointer?, _ length: Int, _ attachment: Attachment, _ host: String,
  _ port: UInt16
) -> String {
  let bytes = UnsafeRawBufferPointer(start: data, count: data == nil ? 0 : length)
  let reason = String(decoding: bytes, as: UTF8.self)
  guard reason.isEmpty || reason == "Unable to connect" || reason == "conn fail" else {
    return "connection to \(host):\(port) failed: \(reason)"
  }
  return ContinuousClock.now - attachment.began < .seconds(2)
    ? "nothing listens at \(host):\(port)" : "no answer from \(host):\(port)"
}

private func withCStrings<Result>(
  _ texts: [String], _ body: ([UnsafePointer<CChar>?]) -> Result
) -> Result {
  let copies = texts.map { strdup($0) }
  defer { for copy in copies { free(copy) } }
  return body(copies.map { UnsafePointer($0) })
}

/// The peer of a connected socket, e.g. "127.0.0.1".
func peerAddress(_ descriptor: Int32) -> String {
  var address = sockaddr_in()
  var size = socklen_t(MemoryLayout<sockaddr_in>.size)
  let failed = withUnsafeMutablePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      getpeername(descriptor, $0, &size)
    }
  }
  guard failed == 0 else { return "" }
  let number = UInt32(bigEndian: address.sin_addr.s_addr)
  return "\(number >> 24).\(number >> 16 & 255).\(number >> 8 & 255).\(number & 255)"
}
