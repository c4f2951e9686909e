import JSON
import Model
import Sockets
import Store

/// Writes a call's events to a peer, no faster than it takes them: the next page is read from the
/// store only when the one before is nearly gone. A slow reader costs one page of memory.
///
/// `@unchecked Sendable`: used on the loop's thread only; it is handed through the reading thread and
/// back.
final class EventFeed: Watcher, @unchecked Sendable {
  let request: RequestID
  let call: CallID
  private unowned let service: Service
  private var cursor: EventCursor
  private var isReading = false
  private var isFull = false
  /// Something was committed while a page was read or the peer was slow.
  private var isStale = false
  private var isOver = false
  private var waitsFor: String?
  private(set) var wantsWaits = false

  init(_ request: RequestID, _ call: CallID, after cursor: EventCursor, _ service: Service) {
    self.request = request
    self.call = call
    self.cursor = cursor
    self.service = service
  }

  func begin() {
    service.watchers.add(self)
    service.loop.beginStream(
      request, status: 200,
      headers: [
        HTTPHeader("content-type", "application/x-ndjson"), HTTPHeader("cache-control", "no-store"),
      ])
    read()
  }

  func changed() {
    if isReading || isFull { isStale = true } else { read() }
  }

  func ended(_ document: Result<JSON, any Error>) {}

  func drained() {
    guard isFull else { return }
    isFull = false
    read()
  }

  func gone() { isOver = true }

  func waits(for text: String) {
    guard wantsWaits, !isFull, !isOver, text != waitsFor else { return }
    waitsFor = text
    service.loop.write(request, EventPage.line("waiting", [("text", .string(text))]))
  }

  private func read() {
    guard !isReading, !isOver else { return }
    isReading = true
    isStale = false
    let cursor = cursor
    let service = service
    service.read { [self] reader in
      let page = Result { try EventPage(of: call, after: cursor, reader) }
      service.loop.post { self.took(page) }
    }
  }

  private func took(_ page: Result<EventPage, any Error>) {
    isReading = false
    guard !isOver else { return }
    guard case .success(let page) = page else {
      // The head of the reply is gone already: a cut connection is the only honest end.
      return finish()
    }
    cursor = page.cursor
    wantsWaits = page.isWaiting
    service.loop.write(request, page.bytes)
    if page.isEnd { return finish() }
    if wantsWaits { service.tickSoon() }
    if service.loop.queuedBytes(request) > service.lowWaterBytes {
      isFull = true
    } else if page.hasMore || isStale {
      read()
    }
  }

  private func finish() {
    isOver = true
    service.watchers.remove(request)
    service.loop.endStream(request)
  }
}

/// Writes one output stream as it is committed now, page by page.
///
/// `@unchecked Sendable`: used on the loop's thread only, as `EventFeed`.
final class OutputFeed: Watcher, @unchecked Sendable {
  let request: RequestID
  let call: CallID
  let wantsWaits = false
  private unowned let service: Service
  private let stream: OutputStream
  private let total: Int
  private var offset: Int
  private var isOver = false
  /// One page is read at a time: a second one would begin at the same offset.
  private var isReading = false

  init(
    _ request: RequestID, _ call: CallID, _ stream: OutputStream, from offset: Int, total: Int,
    _ service: Service
  ) {
    self.request = request
    self.call = call
    self.stream = stream
    self.total = total
    self.offset = offset
    self.service = service
  }

  func begin() {
    service.watchers.add(self)
    service.loop.beginStream(
      request, status: 200,
      headers: [
        HTTPHeader("content-type", "application/octet-stream"),
        // Whatever a tool printed must not run as a page of ours.
        HTTPHeader("x-content-type-options", "nosniff"), HTTPHeader("cache-control", "no-store"),
        // A stream cannot say that it broke off; with this its reader can tell.
        HTTPHeader("x-signalbox-bytes", "\(max(0, total - offset))"),
      ])
    read()
  }

  func changed() {}
  func ended(_ document: Result<JSON, any Error>) {}
  func gone() { isOver = true }
  func waits(for text: String) {}
  func drained() { read() }

  private func read() {
    guard !isReading, !isOver else { return }
    isReading = true
    let offset = offset
    let service = service
    service.read { [self] reader in
      let part = try? reader.output(
        of: call, stream, from: offset, maxBytes: min(EventPage.maxBytes, max(1, total - offset)))
      service.loop.post { self.took(part?.chunks.map(\.bytes) ?? [], part?.hasMore ?? false) }
    }
  }

  private func took(_ pieces: [[UInt8]], _ hasMore: Bool) {
    isReading = false
    guard !isOver else { return }
    for piece in pieces where offset < total {
      // What is committed from now on belongs to the next request.
      let wanted = piece.prefix(total - offset)
      offset += wanted.count
      service.loop.write(request, Array(wanted))
    }
    guard hasMore, offset < total else {
      isOver = true
      service.watchers.remove(request)
      return service.loop.endStream(request)
    }
    if service.loop.queuedBytes(request) <= service.lowWaterBytes { read() }
  }
}

/// Answers a request when its call has ended, or when the time is up.
///
/// `@unchecked Sendable`: used on the loop's thread only.
final class OutcomeWaiter: Watcher, @unchecked Sendable {
  let request: RequestID
  let call: CallID
  let wantsWaits = false
  private unowned let service: Service
  private let openStatus: Int
  private var timer: TimerID?

  /// - Parameter openStatus: of the reply when the call is still open in the end.
  init(_ request: RequestID, _ call: CallID, openStatus: Int, _ service: Service) {
    self.request = request
    self.call = call
    self.openStatus = openStatus
    self.service = service
  }

  /// - Parameter isExpected: the watchers expected the call since it was accepted.
  func begin(waitMilliseconds: Int, isExpected: Bool) {
    service.watchers.add(self)
    timer = service.loop.after(.milliseconds(waitMilliseconds)) { [self] in giveUp() }
    if isExpected { return }
    // What ended before it was watched is not told any more.
    service.read { [self] reader in
      guard (try? reader.standing(of: call))?.isOpen == false else { return }
      let document = Service.document(of: call, reader)
      service.loop.post { self.ended(document) }
    }
  }

  func drained() {}
  func waits(for text: String) {}

  func gone() {
    if let timer { service.loop.cancel(timer) }
    timer = nil
  }

  func changed() {}

  func ended(_ document: Result<JSON, any Error>) {
    guard let ending = timer else { return }
    timer = nil
    service.loop.cancel(ending)
    service.watchers.remove(request)
    switch document {
    case .success(let body): service.reply(to: request, body)
    case .failure(let error): service.reply(to: request, withFailure: error)
    }
  }

  private func giveUp() {
    if timer == nil { return }
    timer = nil
    service.watchers.remove(request)
    service.reply(to: request, withCall: call, openStatus: openStatus)
  }
}
