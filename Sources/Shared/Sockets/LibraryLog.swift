internal import CWebSockets
internal import Platform

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// libwebsockets has one log for the whole process and names no context in it. It logs from the
/// thread it works on, so the thread tells which loop a line belongs to.
enum LibraryLog {
  private static let sinks = Locked<[UInt: @Sendable (LibraryMessage) -> Void]>([:])

  static func attach(_ sink: (@Sendable (LibraryMessage) -> Void)?) {
    // LLL_ERR | LLL_WARN; with a function of ours lws prints nothing itself (lws_set_log_level).
    lws_set_log_level(Int32(LLL_ERR | LLL_WARN), libraryLogged)
    sinks.withLock { $0[currentThread()] = sink }
  }

  static func detach() {
    sinks.withLock { _ = $0.removeValue(forKey: currentThread()) }
  }

  static func deliver(_ level: Int32, _ line: UnsafePointer<CChar>) {
    guard let sink = sinks.withLock({ $0[currentThread()] }) else { return }
    var text = String(cString: line)
    while text.last == "\n" { text.removeLast() }
    sink(LibraryMessage(isError: level & Int32(LLL_ERR) != 0, text: text))
  }
}

private func libraryLogged(_ level: Int32, _ line: UnsafePointer<CChar>?) {
  guard let line else { return }
  LibraryLog.deliver(level, line)
}

func currentThread() -> UInt {
  #if canImport(Darwin)
    UInt(bitPattern: pthread_self())
  #else
    UInt(pthread_self())
  #endif
}
