package import Platform

/// Lines on their way through a pipe. A reader that is slow stops nothing here: what does not fit
/// waits in memory.
package final class LineSender {
  private let descriptor: Descriptor
  private let loop: EventLoop
  private let onBroken: (SystemError) -> Void
  private var waiting: [UInt8] = []
  private var sent = 0
  private var isWatched = false
  private var isClosed = false
  /// What waits should not wait longer than for the next turn.
  private var isUrgent = false
  private var patience: EventLoop.Deadline?

  /// - Parameter onBroken: called once, when nobody reads any more.
  package init(
    _ descriptor: consuming Descriptor, _ loop: EventLoop,
    onBroken: @escaping (SystemError) -> Void = { _ in }
  ) throws(SystemError) {
    try descriptor.setNonblocking()
    self.descriptor = descriptor
    self.loop = loop
    self.onBroken = onBroken
  }

  /// Bytes that the pipe has not taken yet.
  package var waitingBytes: Int { waiting.count - sent }

  package func send(_ line: [UInt8]) {
    put(line)
    sendWaiting()
  }

  /// Leaves a line to the next `send` or `sendWaiting`: several go in one write.
  package func put(_ line: [UInt8]) {
    if isClosed { return }
    waiting += line
    isUrgent = true
  }

  /// Leaves a line to go with whatever is sent after it, if that comes within `patience`.
  package func put(_ line: [UInt8], within patience: Duration) {
    if isClosed { return }
    waiting += line
    if self.patience == nil {
      self.patience = loop.after(patience) {
        self.patience = nil
        self.isUrgent = true
        self.sendWaiting()
      }
    }
  }

  package func sendWaiting() {
    if isUrgent, !isWatched, waitingBytes > 0 { push() }
  }

  /// Sends nothing more. The descriptor closes with this object.
  package func close() {
    isClosed = true
    (waiting, sent) = ([], 0)
    unwatch()
    endPatience()
  }

  /// Waits until all is written, for the end of a process.
  package func flush() {
    if isClosed || waitingBytes == 0 { return }
    try? descriptor.setNonblocking(false)
    try? descriptor.writeAll(Array(waiting[sent...]))
    close()
  }

  private func endPatience() {
    if let patience { loop.cancel(patience) }
    patience = nil
  }

  private func push() {
    isUrgent = false
    endPatience()
    do throws(SystemError) {
      while sent < waiting.count {
        let written = try waiting.withUnsafeBytes { bytes in
          Result { () throws(SystemError) in
            try descriptor.writeIfReady(UnsafeRawBufferPointer(rebasing: bytes[sent...]))
          }
        }.get()
        guard let written else { break }
        sent += written
      }
      if sent == waiting.count {
        waiting.removeAll(keepingCapacity: waiting.capacity <= 64 << 10)
        sent = 0
        return unwatch()
      }
      if !isWatched {
        try loop.watchWritable(descriptor.number) { self.push() }
        isWatched = true
      }
    } catch {
      close()
      onBroken(error)
    }
  }

  private func unwatch() {
    if isWatched { loop.unwatch(descriptor.number) }
    isWatched = false
  }
}
