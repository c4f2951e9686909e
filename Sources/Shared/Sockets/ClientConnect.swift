internal import CWebSockets

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Starts a client connection for `attachment`. Returns why it failed, if it failed at once; then
/// libwebsockets holds nothing of it any more.
func openClient(
  _ attachment: Attachment, host: String, port: UInt16, path: String, method: String?,
  subprotocol: String?
) -> String? {
  let core = attachment.core
  var info = lws_client_connect_info()
  info.context = core.context
  info.vhost = core.host
  info.port = Int32(port)
  info.opaque_user_data = attachment.opaque
  // Redirects would send the authorization header to wherever a server says.
  info.ssl_connection = Int32(LCCSCF_HTTP_NO_FOLLOW_REDIRECT.rawValue)
  let connected = withCStrings([host, path, "\(host):\(port)", method, subprotocol, "http"]) {
    info.address = $0[0]
    info.path = $0[1]
    info.host = $0[2]
    info.method = $0[3]
    info.protocol = $0[4]
    info.local_protocol_name = $0[4] ?? $0[5]
    guard let wsi = lws_client_connect_via_info(&info) else { return false }
    attachment.wsi = wsi
    return true
  }
  if connected { return nil }
  return connectFailureText("Unable to connect", attachment, host, port)
}

/// libwebsockets says "Unable to connect" whatever the cause and keeps no errno. Quickly, that means
/// refused; slowly, that nobody answered.
func connectFailureText(_ reason: String, _ attachment: Attachment, _ host: String, _ port: UInt16)
  -> String
{
  guard reason == "Unable to connect" || reason == "conn fail" else {
    return "connection to \(host):\(port) failed: \(reason)"
  }
  return ContinuousClock.now - attachment.began < .seconds(2)
    ? "nothing listens at \(host):\(port)" : "no answer from \(host):\(port)"
}

/// For LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER: `data` is where the pointer to the end of the
/// headers is kept, `length` how much room is left.
func appendHeaders(
  _ headers: [HTTPHeader], _ data: UnsafeMutableRawPointer?, _ length: Int
) -> Int32 {
  guard let data else { return -1 }
  let end = data.assumingMemoryBound(to: UnsafeMutablePointer<UInt8>.self)
  var bytes: [UInt8] = []
  for header in headers {
    for byte in "\(header.name): \(header.value)".utf8 where byte >= 0x20 || byte == 0x09 {
      bytes.append(byte)
    }
    bytes.append(contentsOf: "\r\n".utf8)
  }
  guard bytes.count < length else { return -1 }
  end.pointee.update(from: bytes, count: bytes.count)
  end.pointee += bytes.count
  return 0
}

private func withCStrings<Result>(
  _ texts: [String?], _ body: ([UnsafePointer<CChar>?]) -> Result
) -> Result {
  let copies = texts.map { text in text.flatMap { strdup($0) } }
  defer { for copy in copies { free(copy) } }
  return body(copies.map { UnsafePointer($0) })
}
