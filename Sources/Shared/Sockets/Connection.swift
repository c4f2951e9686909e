internal import CWebSockets

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// A TCP connection of libwebsockets' raw role: bytes in, bytes out.
///
/// Bytes go out with send() and not with lws_write(): that one keeps what the socket does not take,
/// and while it does the raw role does not read, so that two ends which both send much would wait
/// for each other for ever, and spin. (TLS will need lws_write(), and a window that keeps one end
/// reading.)
class Connection: Attachment {
  /// Accepted for sending, but not taken by the socket yet.
  private var backlog: [UInt8] = []
  private var backlogSent = 0
  private var isReadingPaused = false

  /// The socket does not take more for now.
  final var isChoked: Bool { backlogSent < backlog.count }
  final var backlogBytes: Int { backlog.count - backlogSent }

  /// Bytes have come; they may be changed in place. Non-zero ends the connection.
  func received(_ bytes: UnsafeMutableRawBufferPointer) -> Int32 { 0 }

  /// The socket has taken the backlog; more can be sent. Non-zero ends the connection.
  func writeable() -> Int32 { 0 }

  override func handle(
    _ reason: lws_callback_reasons, _ data: UnsafeMutableRawPointer?, _ length: Int
  ) -> Int32 {
    switch reason {
    case LWS_CALLBACK_RAW_RX:
      return received(UnsafeMutableRawBufferPointer(start: data, count: length))
    case LWS_CALLBACK_RAW_WRITEABLE:
      guard sendBacklog() else { return -1 }
      return isChoked ? 0 : writeable()
    default: return 0
    }
  }

  /// Sends, or keeps what the socket does not take. False when the connection is broken.
  final func send(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard !isChoked else {
      backlog.append(contentsOf: bytes)
      return true
    }
    guard let taken = offer(bytes) else { return false }
    if taken < bytes.count {
      backlog = Array(bytes[taken...])
      backlogSent = 0
      requestWriteable()
    }
    return true
  }

  private func sendBacklog() -> Bool {
    guard isChoked else { return true }
    guard let taken = backlog[backlogSent...].withUnsafeBytes({ offer($0) }) else { return false }
    backlogSent += taken
    if isChoked {
      requestWriteable()
    } else {
      backlog = []
      backlogSent = 0
    }
    return true
  }

  /// How much of it the socket took; nil when it is broken.
  private func offer(_ bytes: UnsafeRawBufferPointer) -> Int? {
    var sent = 0
    while sent < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[sent...])
      let count = Glibc.send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
      if count >= 0 {
        sent += count
      } else if errno == EAGAIN || errno == EWOULDBLOCK {
        break
      } else if errno != EINTR {
        return nil
      }
    }
    return sent
  }

  /// While reading is paused, the peer's leaving goes unnoticed too.
  final func pauseReading(_ isPaused: Bool) {
    guard let wsi, isPaused != isReadingPaused else { return }
    isReadingPaused = isPaused
    lws_rx_flow_control(wsi, isPaused ? 0 : 1)
  }

  /// Says that nothing more is to come, and leaves the peer time to read what was sent: closing with
  /// unread input would take it from him.
  final func endSending() {
    guard wsi != nil else { return }
    _ = shutdown(descriptor, Int32(SHUT_WR))
  }
}
