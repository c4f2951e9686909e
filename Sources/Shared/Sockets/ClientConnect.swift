internal import CWebSockets

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Starts a client connection for `attachment`. Returns why it failed, if it failed at once; then
/// libwebsockets holds nothing of it any more. The method "RAW" connects and does nothing else.
func openClient(
  _ attachment: Attachment, host: String, port: UInt16, path: String, method: String
) -> String? {
  let core = attachment.core
  var info = lws_client_connect_info()
  info.context = core.context
  info.vhost = core.host
  info.port = Int32(port)
  info.opaque_user_data = attachment.opaque
  // Redirects would send the authorization header to wherever a server says.
  info.ssl_connection = Int32(LCCSCF_HTTP_NO_FOLLOW_REDIRECT.rawValue)
  let isConnecting = withCStrings([host, path, "\(host):\(port)", method, "http"]) { texts in
    info.address = texts[0]
    info.path = texts[1]
    info.host = texts[2]
    info.method = texts[3]
    info.local_protocol_name = texts[4]
    guard let wsi = lws_client_connect_via_info(&info) else { return false }
    attachment.wsi = wsi
    return true
  }
  return isConnecting ? nil : connectFailureText("Unable to connect", attachment, host, port)
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
  let bytes = headerLines(headers)
  guard bytes.count < length else { return -1 }
  end.pointee.update(from: bytes, count: bytes.count)
  end.pointee += bytes.count
  return 0
}

private func withCStrings<Result>(
  _ texts: [String], _ body: ([UnsafePointer<CChar>?]) -> Result
) -> Result {
  let copies = texts.map { strdup($0) }
  defer { for copy in copies { free(copy) } }
  return body(copies.map { UnsafePointer($0) })
}
