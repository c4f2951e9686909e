internal import CPlatform

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// What a process does about signals.
package enum Signals {
  /// Writing to a pipe or socket without a reader then fails with `EPIPE` instead of killing us.
  package static func ignoreBrokenPipe() { signal(SIGPIPE, SIG_IGN) }

  #if os(Linux)
    /// A non-blocking descriptor that becomes readable when one of `numbers` arrives. To be called
    /// before any thread is started: the signals must be blocked in all of them.
    package static func watch(_ numbers: [Int32]) throws(SystemError) -> Descriptor {
      Descriptor(owning: try retried("signalfd") { signalbox_signalfd(numbers, numbers.count) })
    }

    /// The next signal that arrived, if any.
    package static func next(from watch: borrowing Descriptor) throws(SystemError) -> Int32? {
      let number = try retried("read signalfd") { signalbox_next_signal(watch.number) }
      return number == 0 ? nil : number
    }
  #endif

  package static let terminate = SIGTERM
  package static let interrupt = SIGINT
  package static let hangUp = SIGHUP
  package static let kill = SIGKILL
}
