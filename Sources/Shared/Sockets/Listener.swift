internal import CWebSockets

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// A listening socket. libwebsockets' own would log a failed bind and go on, and would spin when
/// accept() fails with EMFILE because the socket stays readable.
final class Listener {
  private unowned let core: LoopCore
  private let id: ListenerID
  private let descriptor: Int32
  private let events: ServerEvents
  private let watch = Watch()
  private var isPaused = false
  private var isClosed = false

  init(_ core: LoopCore, id: ListenerID, descriptor: Int32, handlers: ServerHandlers) {
    self.core = core
    self.id = id
    self.descriptor = descriptor
    events = ServerEvents(handlers)
    core.listeners[id] = self
    watchForPeers()
  }

  func close() {
    guard !isClosed else { return }
    isClosed = true
    watch.stop()
    _ = closeDescriptor(descriptor)
    core.listeners[id] = nil
  }

  /// A connection has ended: there may be room again.
  func resume() {
    guard isPaused, !isClosed else { return }
    isPaused = false
    watchForPeers()
  }

  private func watchForPeers() {
    watch.start(core.events, descriptor: descriptor, for: .reading) { [unowned self] in
      self.acceptPeers()
    }
  }

  private func acceptPeers() {
    // Bounded, so that a flood of peers cannot starve the connections there are.
    for _ in 0..<64 {
      guard core.attachments.count < core.configuration.maxConnections else { return pause() }
      let peer = signalbox_accept(descriptor)
      if peer >= 0 {
        adopt(peer)
        continue
      }
      switch errno {
      case EINTR, ECONNABORTED, EPROTO: continue
      case EAGAIN: return
      default: return pause()  // EMFILE, ENFILE, ENOBUFS, ENOMEM: full for now.
      }
    }
  }

  /// The socket stays readable while nobody accepts, so it is not even looked at until a connection
  /// has ended or a little time has passed.
  private func pause() {
    watch.stop()
    isPaused = true
    _ = core.after(.milliseconds(100)) { [weak self] in self?.resume() }
  }

  private func adopt(_ peer: Int32) {
    setNoDelay(peer)
    let connection = ServerConnection(core, events)
    var info = lws_adopt_desc_t()
    info.vh = core.host
    // Neither HTTP nor TLS: bytes. The protocols are ours (RequestParser, FrameDecoder).
    info.type = LWS_ADOPT_SOCKET
    info.fd.sockfd = peer
    info.opaque = connection.opaque
    // On failure lws has closed the socket; whether it has told us so depends on how far it got.
    if let wsi = lws_adopt_descriptor_vhost_via_info(&info) {
      connection.wsi = wsi
      connection.allow(core.configuration.handshakeTimeout)
    } else {
      connection.detach()
    }
  }
}

/// One server's handlers, shared by all its connections.
final class ServerEvents: Sendable {
  let handlers: ServerHandlers
  init(_ handlers: ServerHandlers) { self.handlers = handlers }
}

func closeDescriptor(_ descriptor: Int32) -> Int32 { close(descriptor) }

func setNoDelay(_ descriptor: Int32) {
  var on: Int32 = 1
  setsockopt(
    descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
}

/// Binds and listens; the error says what is wrong with the address.
func openListener(address: String, port: UInt16) throws(SocketsError) -> (Int32, UInt16) {
  let place = "\(address):\(port)"
  var target = sockaddr_in()
  target.sin_family = sa_family_t(AF_INET)
  target.sin_port = port.bigEndian
  guard inet_pton(AF_INET, address, &target.sin_addr) == 1 else {
    throw SocketsError(
      .addressInvalid, "not an IPv4 address: \(address)", remedy: "use e.g. 127.0.0.1")
  }
  let descriptor = socket(
    AF_INET,
    Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
      | Int32(SOCK_NONBLOCK.rawValue), 0)
  guard descriptor >= 0 else { throw listenFailure(place, errno) }
  var on: Int32 = 1
  let size = socklen_t(MemoryLayout<sockaddr_in>.size)
  // Lets a restart reuse the port at once; it does not let two processes listen on it.
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
  var bound = sockaddr_in()
  var boundSize = size
  let failed =
    withUnsafePointer(to: &target) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
    } != 0 || listen(descriptor, 4096) != 0
    || withUnsafeMutablePointer(to: &bound) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        getsockname(descriptor, $0, &boundSize)
      }
    } != 0
  if failed {
    let failure = listenFailure(place, errno)
    _ = closeDescriptor(descriptor)
    throw failure
  }
  return (descriptor, UInt16(bigEndian: bound.sin_port))
}

private func listenFailure(_ place: String, _ code: Int32) -> SocketsError {
  switch code {
  case EADDRINUSE:
    SocketsError(
      .addressInUse, "address already in use: \(place)",
      remedy: "stop the other process or choose another port")
  case EADDRNOTAVAIL:
    SocketsError(
      .addressInvalid, "not an address of this machine: \(place)", remedy: "use e.g. 127.0.0.1")
  default:
    SocketsError(.cannotListen, "cannot listen at \(place): \(String(cString: strerror(code)))")
  }
}
