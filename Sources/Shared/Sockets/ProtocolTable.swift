internal import CWebSockets

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// What libwebsockets is told of us, in memory that stays put as long as its context lives.
///
/// Only its raw role is used: sockets, their events, and one day TLS. Its HTTP/1 server (4.1.6) can
/// neither read nor wait while a reply is pending: it spins when the peer leaves or sends ahead. It
/// ends streamed replies after six minutes, takes a POST without a length for one of 100 MiB and
/// hangs up on chunked ones. Its WebSocket client takes 9 ns for every byte (115 MB/s), and its
/// timeouts come up to 30 s late with libev.
final class ProtocolTable {
  private let table = UnsafeMutablePointer<lws_protocols>.allocate(capacity: 2)
  private let retry = UnsafeMutablePointer<lws_retry_bo_t>.allocate(capacity: 1)
  private let name = strdup("raw")

  init() {
    table.initialize(repeating: lws_protocols(), count: 2)
    table[0].name = name.map { UnsafePointer($0) }
    table[0].callback = libraryCalled
    // All zero: no pings of lws' own, and no hanging up on quiet peers; heartbeats are ours.
    retry.initialize(to: lws_retry_bo_t())
  }

  deinit {
    free(name)
    table.deallocate()
    retry.deallocate()
  }

  private static let fewConnections = 256
  /// What libwebsockets wants for itself, with room to spare.
  private static let ownDescriptors = 16

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
    if configuration.maxConnections < Self.fewConnections {
      // Smaller tables, of which each lookup goes through all: for a few that is as quick.
      info.fd_limit_per_thread = UInt32(
        clamping: configuration.maxConnections + Self.ownDescriptors)
    }
    info.pt_serv_buf_size = UInt32(clamping: configuration.receiveBytes)
    // How long connecting may take. Our own timeout names what failed and comes first.
    info.timeout_secs = UInt32(
      clamping: configuration.handshakeTimeout.components.seconds + 2)
    info.user = Unmanaged.passUnretained(owner).toOpaque()
    var loops: [UnsafeMutableRawPointer?] = [events.map { UnsafeMutableRawPointer($0) }]
    return loops.withUnsafeMutableBufferPointer { loops in
      // Our own loop, not one of lws: that one would take SIGINT for itself.
      info.foreign_loops = loops.baseAddress
      return lws_create_context(&info)
    }
  }
}
