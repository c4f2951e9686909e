import Glibc

/// One connection through the proxy, with what is under way in each direction. Used by the proxy's
/// thread alone.
final class Line {
  /// Of one direction that are taken and not passed on; more wait in the sender's own buffers.
  static let maxPendingBytes = 1 << 20

  private let near: Int32
  private let far: Int32
  private var outward = Pipe()
  private var homeward = Pipe()
  private(set) var hasLostBytes = false

  init(near: Int32, far: Int32) {
    self.near = near
    self.far = far
    for descriptor in [near, far] {
      _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    }
  }

  /// What to poll for, so that a quiet line costs nothing.
  func wishes(under conditions: LineConditions) -> [pollfd] {
    if conditions.isStalled { return [] }
    return [(near, outward, homeward), (far, homeward, outward)].compactMap { socket, from, to in
      var events: Int32 = 0
      if from.hasRoom { events |= POLLIN }
      if to.isBlocked { events |= POLLOUT }
      return events == 0 ? nil : pollfd(fd: socket, events: Int16(events), revents: 0)
    }
  }

  /// - Returns: whether the connection goes on.
  func move(
    under conditions: LineConditions, at now: ContinuousClock.Instant, _ dice: inout Dice
  ) -> Bool {
    if conditions.isStalled { return true }
    outward.swallows = conditions.swallows == .outward
    homeward.swallows = conditions.swallows == .homeward
    defer { hasLostBytes = outward.hasLost || homeward.hasLost }
    return outward.move(from: near, to: far, conditions, now, &dice)
      && homeward.move(from: far, to: near, conditions, now, &dice)
  }

  func close() {
    Glibc.close(near)
    Glibc.close(far)
  }

  /// As a router that has lost its state: no goodbye.
  func reset() {
    // socket(7): with a linger time of zero, close(2) sends RST and drops what is unsent.
    var linger = linger(l_onoff: 1, l_linger: 0)
    for descriptor in [near, far] {
      setsockopt(
        descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
    }
    close()
  }
}

/// One direction of a line.
private struct Pipe {
  var swallows = false
  private(set) var hasLost = false
  private(set) var isBlocked = false
  private var chunks: [(due: ContinuousClock.Instant, bytes: [UInt8])] = []
  private var pendingBytes = 0
  private var isEnded = false
  /// When the line has passed on what it took, at its rate.
  private var busyUntil = ContinuousClock.now
  private var untilFlip = 0

  var hasRoom: Bool { pendingBytes < Line.maxPendingBytes && !isEnded }

  /// - Returns: `false` when the direction is over.
  mutating func move(
    from: Int32, to: Int32, _ conditions: LineConditions, _ now: ContinuousClock.Instant,
    _ dice: inout Dice
  ) -> Bool {
    while hasRoom, let bytes = read(from) {
      if swallows {
        hasLost = true
      } else {
        take(bytes, conditions, now, &dice)
      }
    }
    guard passOn(to, now) else { return false }
    return !isEnded || !chunks.isEmpty
  }

  private mutating func read(_ from: Int32) -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    let count = recv(from, &buffer, buffer.count, 0)
    if count > 0 { return Array(buffer[..<count]) }
    if count == 0 || (errno != EAGAIN && errno != EINTR) { isEnded = true }
    return nil
  }

  private mutating func take(
    _ bytes: [UInt8], _ conditions: LineConditions, _ now: ContinuousClock.Instant,
    _ dice: inout Dice
  ) {
    var bytes = bytes
    if let distance = conditions.bytesPerFlip { flip(&bytes, distance, &dice) }
    var due = now + conditions.delay
    if let rate = conditions.bytesPerSecond {
      busyUntil = max(busyUntil, now) + .microseconds(bytes.count * 1_000_000 / max(1, rate))
      due = max(due, busyUntil)
    }
    // In order, also when the delay has just become shorter.
    if let last = chunks.last { due = max(due, last.due) }
    pendingBytes += bytes.count
    chunks.append((due, bytes))
  }

  private mutating func flip(_ bytes: inout [UInt8], _ distance: Int, _ dice: inout Dice) {
    var place = untilFlip
    while place < bytes.count {
      bytes[place] ^= 1 << UInt8(dice.next() % 8)
      place += 1 + Int(dice.next() % UInt64(2 * max(1, distance)))
    }
    untilFlip = place - bytes.count
  }

  private mutating func passOn(_ to: Int32, _ now: ContinuousClock.Instant) -> Bool {
    isBlocked = false
    while let first = chunks.first, first.due <= now {
      let sent = send(to, first.bytes, first.bytes.count, Int32(MSG_NOSIGNAL))
      if sent < 0 {
        isBlocked = errno == EAGAIN
        return errno == EAGAIN || errno == EINTR
      }
      pendingBytes -= sent
      if sent == first.bytes.count {
        chunks.removeFirst()
      } else {
        chunks[0].bytes.removeFirst(sent)
      }
    }
    return true
  }
}
