internal import Platform
internal import PluginProtocol

/// Messages on their way to the agent. An agent that reads slowly stops nothing here.
final class Outbox {
  private let descriptor: Descriptor
  private let loop: EventLoop
  private var waiting: [UInt8] = []
  private var isWatched = false
  private var isClosed = false

  /// With more waiting than this, progress is told later: only the newest figure counts.
  private static let busyBytes = 64 << 10

  init(_ descriptor: consuming Descriptor, _ loop: EventLoop) {
    self.descriptor = descriptor
    self.loop = loop
    try? self.descriptor.setNonblocking()
  }

  var isBusy: Bool { waiting.count > Self.busyBytes }

  func send(_ message: PluginMessage) {
    if isClosed { return }
    waiting += message.line
    if !isWatched { push() }
  }

  /// Nobody reads any more.
  func close() {
    isClosed = true
    waiting = []
    unwatch()
  }

  /// Waits until all is written; at the end of the plugin.
  func flush() {
    if isClosed || waiting.isEmpty { return }
    try? descriptor.setNonblocking(false)
    try? descriptor.writeAll(waiting)
  }

  private func push() {
    do throws(SystemError) {
      while !waiting.isEmpty {
        guard let count = try descriptor.writeIfReady(waiting) else { break }
        waiting.removeFirst(count)
      }
      if waiting.isEmpty { return unwatch() }
      if !isWatched {
        try loop.watchWritable(descriptor.number) { self.push() }
        isWatched = true
      }
    } catch {
      // The agent is gone. Its end of our input says so too, and that is acted on.
      close()
    }
  }

  private func unwatch() {
    if isWatched { loop.unwatch(descriptor.number) }
    isWatched = false
  }
}
