internal import CPlatform

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

#if os(Linux)
  /// Waits for many descriptors at once: `epoll(7)`, level-triggered, with an eventfd to wake it.
  ///
  /// One thread adds, removes and waits; any thread may `wake`.
  package final class Poller: Sendable {
    package struct Interest: OptionSet, Sendable {
      package let rawValue: UInt32
      package init(rawValue: UInt32) { self.rawValue = rawValue }
      package static let readable = Interest(rawValue: 1)
      package static let writable = Interest(rawValue: 2)
    }

    package struct Event: Sendable {
      /// What the descriptor was added with.
      package let token: UInt64
      /// There is something to read, or the end of it: read, and see.
      package let isReadable: Bool
      package let isWritable: Bool
      /// The other end is gone, or the descriptor is broken.
      package let isHungUp: Bool
    }

    /// Not available as a token: it marks the poller's own wake-up.
    package static let wakeToken = UInt64.max

    private let epoll: Descriptor
    private let alarm: Descriptor

    var descriptor: Int32 { epoll.number }

    package init() throws(SystemError) {
      epoll = Descriptor(owning: try retried("epoll_create") { signalbox_epoll() })
      alarm = Descriptor(owning: try retried("eventfd") { signalbox_eventfd() })
      try add(alarm.number, .readable, token: Self.wakeToken)
    }

    /// - Parameter descriptor: stays the caller's, who removes it before closing it.
    package func add(
      _ descriptor: Int32, _ interest: Interest, token: UInt64
    ) throws(SystemError) {
      _ = try retried("epoll_ctl add") {
        signalbox_epoll_add(epoll.number, descriptor, interest.rawValue, token)
      }
    }

    package func change(
      _ descriptor: Int32, _ interest: Interest, token: UInt64
    ) throws(SystemError) {
      _ = try retried("epoll_ctl change") {
        signalbox_epoll_change(epoll.number, descriptor, interest.rawValue, token)
      }
    }

    package func remove(_ descriptor: Int32) throws(SystemError) {
      _ = try retried("epoll_ctl remove") {
        signalbox_epoll_remove(epoll.number, descriptor)
      }
    }

    /// Replaces `events` by what is ready; empty when woken, or when the time is up.
    /// - Parameter limit: `nil` waits for ever.
    package func wait(upTo limit: Duration?, into events: inout [Event]) throws(SystemError) {
      events.removeAll(keepingCapacity: true)
      let milliseconds = limit.map(Self.roundedUp) ?? -1
      let result = withUnsafeTemporaryAllocation(
        of: signalbox_ready.self, capacity: Self.batch
      ) { ready -> Result<Void, SystemError> in
        func ask(_ milliseconds: Int32) -> Int32 {
          signalbox_epoll_wait(epoll.number, ready.baseAddress, Int32(Self.batch), milliseconds)
        }
        var count: Int32 = 0
        if milliseconds != 0 {
          Patience.wait {
            count = ask(0)
            return count != 0
          }
        }
        if count == 0 { count = ask(milliseconds) }
        // epoll_wait(2) is never restarted after a signal, and one of them, SIGCONT, ends a time in which
        // much may have come. The caller computes its wait anew.
        if count < 0, errno == EINTR { count = ask(0) }
        if count < 0 { return errno == EINTR ? .success(()) : .failure(.last("epoll_wait")) }
        for entry in ready.prefix(Int(count)) { note(entry, in: &events) }
        return .success(())
      }
      try result.get()
    }

    /// Ends the present or the next wait.
    package func wake() {
      var one: UInt64 = 1
      // It fails only when the counter is full, and then the wait ends anyway.
      _ = withUnsafeBytes(of: &one) { try? alarm.write($0) }
    }

    /// How many descriptors one wait tells of at most. The next wait tells of others, if there are more.
    static let batch = 64

    private func note(_ entry: signalbox_ready, in events: inout [Event]) {
      if entry.token == Self.wakeToken {
        var counter: UInt64 = 0
        _ = withUnsafeMutableBytes(of: &counter) { try? alarm.read(into: $0) }
        return
      }
      events.append(
        Event(
          token: entry.token, isReadable: entry.state & 1 != 0, isWritable: entry.state & 2 != 0,
          isHungUp: entry.state & 4 != 0))
    }

    /// So that a deadline has passed when the wait for it ends.
    private static func roundedUp(_ limit: Duration) -> Int32 {
      let (seconds, attoseconds) = limit.components
      if seconds > 2_000_000 { return .max }
      let part = (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
      return Int32(clamping: max(0, seconds * 1_000 + part))
    }
  }
#endif
