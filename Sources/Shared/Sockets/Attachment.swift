internal import CWebSockets

/// What we keep for one connection of libwebsockets (a `wsi`), for exactly as long as it exists.
/// Hung on the wsi as its opaque user data; kept alive by the loop's table.
class Attachment {
  unowned let core: LoopCore
  /// Set once lws has made the connection; never used after LWS_CALLBACK_WSI_DESTROY.
  var wsi: OpaquePointer?
  let began = ContinuousClock.now
  /// Callbacks nest: ending a request makes lws call again.
  fileprivate var callbackDepth = 0
  fileprivate var isDoomed = false

  init(_ core: LoopCore) {
    self.core = core
    core.attachments[ObjectIdentifier(self)] = self
  }

  /// Non-zero closes the connection. `reason` is one of LWS_CALLBACK_*.
  func handle(
    _ reason: lws_callback_reasons, _ data: UnsafeMutableRawPointer?, _ length: Int
  ) -> Int32 { 0 }

  /// The connection is gone, or never came to be. Called once.
  func destroyed() {}

  /// The loop is stopping: nothing new will be asked of this connection.
  func stopWhenIdle() {}

  final func detach() {
    guard core.attachments.removeValue(forKey: ObjectIdentifier(self)) != nil else { return }
    destroyed()
    wsi = nil
    for listener in core.listeners.values { listener.resume() }
    core.leaveIfDone()
  }

  /// Asks to be told when the socket takes more.
  final func requestWriteable() {
    guard let wsi else { return }
    lws_callback_on_writable(wsi)
  }

  /// Ends the connection at once, or when the callback for it that we are in returns.
  final func kill() {
    guard let wsi else { return }
    guard callbackDepth == 0 else { return isDoomed = true }
    lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_SYNC)
  }

  final var descriptor: Int32 {
    guard let wsi else { return -1 }
    return lws_get_socket_fd(wsi)
  }

  final var opaque: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }
}

/// The one function libwebsockets calls, for every protocol and every connection.
func libraryCalled(
  _ wsi: OpaquePointer?, _ reason: lws_callback_reasons, _ user: UnsafeMutableRawPointer?,
  _ data: UnsafeMutableRawPointer?, _ length: Int
) -> Int32 {
  guard let wsi else { return 0 }
  switch reason {
  case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
    // Not a real wsi: it only leads to the context.
    if let owner = lws_context_user(lws_get_context(wsi)) {
      Unmanaged<LoopCore>.fromOpaque(owner).takeUnretainedValue().drainInbox()
    }
    return 0
  case LWS_CALLBACK_PROTOCOL_INIT, LWS_CALLBACK_PROTOCOL_DESTROY, LWS_CALLBACK_GET_THREAD_ID,
    LWS_CALLBACK_OPENSSL_LOAD_EXTRA_CLIENT_VERIFY_CERTS,
    LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS:
    return 0
  default: break
  }
  guard let opaque = lws_get_opaque_user_data(wsi) else { return 0 }
  let attachment = Unmanaged<Attachment>.fromOpaque(opaque).takeUnretainedValue()
  if reason == LWS_CALLBACK_WSI_DESTROY {
    lws_set_opaque_user_data(wsi, nil)
    attachment.detach()
    return 0
  }
  if attachment.wsi == nil { attachment.wsi = wsi }
  let core = attachment.core
  core.hasWorked = true
  attachment.callbackDepth += 1
  let outcome = attachment.handle(reason, data, length)
  attachment.callbackDepth -= 1
  core.flushLinks()
  return attachment.isDoomed ? -1 : outcome
}
