internal import CWebSockets

/// The protocols libwebsockets knows of us, in memory that stays put as long as its context lives.
final class ProtocolTable {
  private let table = UnsafeMutablePointer<lws_protocols>.allocate(capacity: 3)
  private let retry = UnsafeMutablePointer<lws_retry_bo_t>.allocate(capacity: 1)
  private let names: [UnsafeMutablePointer<CChar>]

  init(_ configuration: SocketConfiguration) {
    names = ["http", configuration.subprotocol].map(copyCString)
    table.initialize(repeating: lws_protocols(), count: 3)
    for index in 0..<2 {
      table[index].name = UnsafePointer(names[index])
      table[index].callback = libraryCalled
      // How much one send() may take; lws would otherwise use the size of the receive buffer.
      table[index].tx_packet_size = 1 << 20
    }
    table[1].rx_buffer_size = configuration.receiveBytes
    // All zero: no pings of lws' own, and no hanging up on quiet peers; heartbeats are ours.
    retry.initialize(to: lws_retry_bo_t())
  }

  deinit {
    for name in names { name.deallocate() }
    table.deallocate()
    retry.deallocate()
  }

  func createContext(
    _ configuration: SocketConfiguration, events: OpaquePointer?, owner: LoopCore
  ) -> OpaquePointer? {
    var info = lws_context_creation_info()
    // We listen and accept ourselves (see Listener), to name errors and to survive EMFILE.
    info.port = CONTEXT_PORT_NO_LISTEN_SERVER
    info.protocols = UnsafePointer(table)
    info.retry_and_idle_policy = UnsafePointer(retry)
    info.options =
      UInt64(LWS_SERVER_OPTION_LIBEV) | UInt64(LWS_SERVER_OPTION_SKIP_SERVER_CANONICAL_NAME)
    info.pt_serv_buf_size = UInt32(max(128 << 10, configuration.receiveBytes + 64))
    info.max_http_header_data = UInt16(clamping: configuration.maxHeaderBytes)
    info.max_http_header_pool2 = 0
    // lws' own timeouts are a second line: ours name what they do, and are not late.
    info.timeout_secs = UInt32(
      clamping: configuration.handshakeTimeout.components.seconds + 2)
    // lws ends whoever holds a request's headers for 6 minutes longer than this, streamed replies
    // included. Slow requests are ours to end (ServerConnection.allow).
    info.timeout_secs_ah_idle = 10 * 365 * 24 * 3600
    info.keepalive_timeout = Int32(
      clamping: configuration.keepAliveTimeout.components.seconds + 2)
    info.user = Unmanaged.passUnretained(owner).toOpaque()
    var loops: [UnsafeMutableRawPointer?] = [events.map { UnsafeMutableRawPointer($0) }]
    return loops.withUnsafeMutableBufferPointer { loops in
      // Our own loop, not one of lws: that one would take SIGINT for itself.
      info.foreign_loops = loops.baseAddress
      return lws_create_context(&info)
    }
  }
}

private func copyCString(_ text: String) -> UnsafeMutablePointer<CChar> {
  let bytes = Array(text.utf8CString)
  let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
  copy.initialize(from: bytes, count: bytes.count)
  return copy
}
