internal import CPlatform

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// An open file descriptor with one owner. Closing it twice, or forgetting to, does not compile.
///
/// All are opened close-on-exec.
package struct Descriptor: ~Copyable, Sendable {
  /// For calls that borrow it, such as a poll.
  package let number: Int32

  /// - Parameter owning: an open descriptor that nothing else closes.
  package init(owning number: Int32) {
    precondition(number >= 0, "not an open descriptor")
    self.number = number
  }

  deinit { _ = Self.closeIgnoringInterrupt(number) }

  /// Closes, and tells of a write error that only now came to light.
  package consuming func close() throws(SystemError) {
    let number = self.number
    discard self
    if Self.closeIgnoringInterrupt(number) != 0 { throw .last("close") }
  }

  /// Gives up ownership without closing.
  package consuming func release() -> Int32 {
    let number = self.number
    discard self
    return number
  }

  // close(2): on Linux the descriptor is gone even when EINTR is returned; never repeat it.
  private static func closeIgnoringInterrupt(_ number: Int32) -> Int32 {
    #if canImport(Glibc)
      let result = Glibc.close(number)
    #elseif canImport(Musl)
      let result = Musl.close(number)
    #else
      let result = Darwin.close(number)
    #endif
    return result != 0 && errno == EINTR ? 0 : result
  }
}

extension Descriptor {
  /// Reads up to `buffer.count` bytes; 0 is the end of the file.
  package func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
    try retried("read") { platformRead(number, buffer.baseAddress, buffer.count) }
  }

  /// As `read`, of a non-blocking descriptor; `nil` when there is nothing to read now.
  package func readIfReady(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int? {
    do {
      return try read(into: buffer)
    } catch  where error.number == EAGAIN {
      return nil
    }
  }

  /// Writes what fits now, which may be less than all.
  package func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) -> Int {
    try retried("write") { platformWrite(number, bytes.baseAddress, bytes.count) }
  }

  /// As `write`, to a non-blocking descriptor; `nil` when it takes nothing now.
  package func writeIfReady(_ bytes: UnsafeRawBufferPointer) throws(SystemError) -> Int? {
    do {
      return try write(bytes)
    } catch  where error.number == EAGAIN {
      return nil
    }
  }

  package func writeAll(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
    var rest = bytes
    while !rest.isEmpty {
      let written = try write(rest)
      rest = UnsafeRawBufferPointer(rebasing: rest[written...])
    }
  }

  package func writeAll(_ bytes: [UInt8]) throws(SystemError) {
    try bytes.withUnsafeBytes { buffer in
      Result { () throws(SystemError) in try writeAll(buffer) }
    }.get()
  }

  /// As the other, without moving the file position.
  package func writeAll(_ bytes: [UInt8], at offset: Int) throws(SystemError) {
    let none = UnsafeRawBufferPointer(start: nil, count: 0)
    try bytes.withUnsafeBytes { buffer in
      Result { () throws(SystemError) in try writeAll(buffer, none, none, at: offset) }
    }.get()
  }

  /// Reads at `offset` without moving the file position; fewer bytes than asked for at the end.
  package func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(SystemError) -> Int {
    try retried("pread") { pread(number, buffer.baseAddress, buffer.count, off_t(offset)) }
  }

  package func write(
    _ bytes: UnsafeRawBufferPointer, at offset: Int
  ) throws(SystemError) -> Int {
    try retried("pwrite") { pwrite(number, bytes.baseAddress, bytes.count, off_t(offset)) }
  }

  /// Writes all three at `offset`, with one system call where the kernel takes it all at once.
  package func writeAll(
    _ head: UnsafeRawBufferPointer, _ body: UnsafeRawBufferPointer, _ tail: UnsafeRawBufferPointer,
    at offset: Int
  ) throws(SystemError) {
    let total = head.count + body.count + tail.count
    var written = 0
    while written < total {
      let done = written
      written += try retried("write") {
        withUnsafeTemporaryAllocation(of: iovec.self, capacity: 3) { parts in
          parts[0] = vector(head, from: done)
          parts[1] = vector(body, from: done - head.count)
          parts[2] = vector(tail, from: done - head.count - body.count)
          return pwritev(number, parts.baseAddress, 3, off_t(offset + done))
        }
      }
    }
  }

  /// Makes sure that the disk has room for these bytes of the file, without making it longer.
  package func reserve(from start: Int, to end: Int) throws(SystemError) {
    #if os(Linux)
      _ = try retried("fallocate") { signalbox_reserve(number, off_t(start), off_t(end - start)) }
    #else
      throw SystemError("fallocate", number: EOPNOTSUPP)
    #endif
  }

  /// Data and what is needed to find it again are on disk when this returns (`fdatasync(2)`).
  package func syncData() throws(SystemError) {
    #if canImport(Darwin)
      _ = try retried("fsync") { fsync(number) }
    #else
      _ = try retried("fdatasync") { fdatasync(number) }
    #endif
  }

  package func sync() throws(SystemError) { _ = try retried("fsync") { fsync(number) } }

  package func truncate(to size: Int) throws(SystemError) {
    _ = try retried("ftruncate") { ftruncate(number, off_t(size)) }
  }

  package func status() throws(SystemError) -> FileStatus {
    var raw = stat()
    _ = try retried("fstat") { fstat(number, &raw) }
    return FileStatus(raw)
  }

  /// Takes the `flock(2)` if nobody holds it; a shared one, if nobody holds it alone. It goes away
  /// with the last descriptor of this opening, which the kernel closes when the process dies.
  package func tryLock(shared: Bool = false) throws(SystemError) -> Bool {
    do {
      _ = try retried("flock") { flock(number, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB) }
      return true
    } catch  where error.number == EWOULDBLOCK {
      return false
    }
  }

  package func unlock() throws(SystemError) { _ = try retried("flock") { flock(number, LOCK_UN) } }

  package func setNonblocking(_ on: Bool = true) throws(SystemError) {
    _ = try retried("fcntl") { signalbox_set_nonblocking(number, on ? 1 : 0) }
  }

  /// A duplicate, above 2, of standard input, output or error.
  package static func standard(_ number: Int32) throws(SystemError) -> Descriptor {
    Descriptor(owning: try retried("dup") { signalbox_duplicate(number) })
  }

  /// Whether nobody has the other end of this pipe any more, though what was written before may
  /// still wait to be read.
  package var hasNoWriter: Bool {
    var entry = pollfd(fd: number, events: 0, revents: 0)
    return poll(&entry, 1, 0) == 1 && Int32(entry.revents) & Int32(POLLHUP) != 0
  }

  /// Waits until there is something to read, or the end of it. Unlike one who waits in a read of a
  /// socket, the caller is not woken when the other end takes what was written.
  package func waitUntilReadable() throws(SystemError) {
    var entry = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
    _ = try retried("poll") { poll(&entry, 1, -1) }
  }

  package func writeIfReady(_ bytes: [UInt8]) throws(SystemError) -> Int? {
    try bytes.withUnsafeBytes { buffer in
      Result { () throws(SystemError) in try writeIfReady(buffer) }
    }.get()
  }

  package func duplicate() throws(SystemError) -> Descriptor {
    Descriptor(owning: try retried("dup") { signalbox_duplicate(number) })
  }

  /// Asks for a bigger pipe; an unprivileged process may be refused, which only costs speed.
  package func growPipe(to bytes: Int) {
    #if os(Linux)
      _ = signalbox_set_pipe_size(number, Int32(clamping: bytes))
    #endif
  }
}

/// A new pipe, whose two ends are each taken once.
package struct Pipe: ~Copyable, Sendable {
  private var reading: Descriptor?
  private var writing: Descriptor?

  package init() throws(SystemError) {
    var ends: [Int32] = [-1, -1]
    _ = try retried("pipe") { signalbox_pipe(&ends) }
    reading = Descriptor(owning: ends[0])
    writing = Descriptor(owning: ends[1])
  }

  package mutating func takeReadEnd() -> Descriptor {
    guard let end = reading.take() else { preconditionFailure("the read end was taken before") }
    return end
  }

  package mutating func takeWriteEnd() -> Descriptor {
    guard let end = writing.take() else { preconditionFailure("the write end was taken before") }
    return end
  }
}

private func platformRead(_ number: Int32, _ base: UnsafeMutableRawPointer?, _ count: Int) -> Int {
  #if canImport(Glibc)
    Glibc.read(number, base, count)
  #elseif canImport(Musl)
    Musl.read(number, base, count)
  #else
    Darwin.read(number, base, count)
  #endif
}

private func platformWrite(_ number: Int32, _ base: UnsafeRawPointer?, _ count: Int) -> Int {
  #if canImport(Glibc)
    Glibc.write(number, base, count)
  #elseif canImport(Musl)
    Musl.write(number, base, count)
  #else
    Darwin.write(number, base, count)
  #endif
}

// pwritev(2) wants mutable pointers, and does not write to them.
private func vector(_ part: UnsafeRawBufferPointer, from start: Int) -> iovec {
  let rest = UnsafeRawBufferPointer(rebasing: part[min(max(0, start), part.count)...])
  return iovec(iov_base: UnsafeMutableRawPointer(mutating: rest.baseAddress), iov_len: rest.count)
}
