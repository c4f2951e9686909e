internal import CWebSockets
internal import Platform
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// The part of a loop that lives on its thread: the libwebsockets context and everything in it.
///
/// `@unchecked Sendable` because only `inbox`, `thread` and the constants are touched by other
/// threads; every other member belongs to the loop's thread, which `assertOnLoop` watches over.
final class LoopCore: @unchecked Sendable {
  enum State { case idle, starting, running, ended }

  /// What other threads hand over. `context` is here because waking the loop needs it, and it must
  /// not be freed meanwhile.
  struct Inbox {
    var state = State.idle
    var work: [@Sendable () -> Void] = []
    var wakeIsPending = false
    var context: OpaquePointer?
  }

  let configuration: SocketConfiguration
  let inbox = Locked(Inbox())
  let thread = Atomic<UInt>(0)
  /// Threads that are about to wake the loop: the context lives until they have.
  private let wakers = Atomic<Int>(0)

  var events: OpaquePointer?
  var context: OpaquePointer?
  var host: OpaquePointer?
  let protocols = ProtocolTable()
  var timers = TimerQueue()
  let timerAlarm = Alarm()
  private let turnAlarm = Alarm()
  private let neighbour = Watch()
  var attachments: [ObjectIdentifier: Attachment] = [:]
  var webSockets: [ConnectionID: WebSocketLink] = [:]
  var connecting: [ConnectionID: WebSocketClient] = [:]
  var exchanges: [RequestID: ServerExchange] = [:]
  var fetches: [RequestID: ClientExchange] = [:]
  var listeners: [ListenerID: Listener] = [:]
  /// Those with something to send when the loop is done with what it is doing.
  var dirtyLinks: [WebSocketLink] = []
  var encoder = FrameEncoder()
  var maskingKeys = MaskingKeys()
  var isStopping = false
  private var hasLeft = false
  /// Something happened in this turn.
  var hasWorked = false
  private var isWokenBeside = false
  private(set) var isLooking = false

  init(_ configuration: SocketConfiguration) {
    self.configuration = configuration
  }

  var isCurrent: Bool { thread.load(ordering: .relaxed) == currentThread() }

  func assertOnLoop() { assert(isCurrent, "only for the loop's thread") }

  // MARK: - Handing over

  /// False when the loop has ended, or never began; the work is dropped then.
  func post(_ work: @escaping @Sendable () -> Void) -> Bool {
    let (isAccepted, sleeper) = inbox.withLock { inbox -> (Bool, OpaquePointer?) in
      guard inbox.state == .running else { return (false, nil) }
      inbox.work.append(work)
      if inbox.wakeIsPending { return (true, nil) }
      inbox.wakeIsPending = true
      wakers.add(1, ordering: .relaxed)
      return (true, inbox.context)
    }
    if let sleeper {
      // After the unlock, so that the woken thread does not meet the lock. The one call of
      // libwebsockets that is made for other threads.
      lws_cancel_service(sleeper)
      wakers.subtract(1, ordering: .releasing)
    }
    return isAccepted
  }

  /// At once when called on the loop's thread, else as soon as the loop gets to it.
  func perform(_ work: @escaping @Sendable () -> Void) {
    if isCurrent { work() } else { _ = post(work) }
  }

  func drainInbox() {
    hasWorked = true
    let work = inbox.withLock { inbox in
      inbox.wakeIsPending = false
      return exchangeValue(&inbox.work, [])
    }
    for step in work {
      step()
      // At once: the next step may take its time.
      flushLinks()
    }
  }

  func flushLinks() {
    while !dirtyLinks.isEmpty {
      for link in exchangeValue(&dirtyLinks, []) { link.flush() }
    }
  }

  // MARK: - Life

  func run(_ started: Rendezvous<SocketsError?>) {
    let failure = begin()
    started.deliver(failure)
    if failure != nil { return }
    signalbox_ev_loop_run(events)
    finish()
  }

  /// Makes this thread the loop's.
  func begin() -> SocketsError? {
    thread.store(currentThread(), ordering: .relaxed)
    keepSignalsAway()
    LibraryLog.attach(configuration.onLibraryMessage)
    if let failure = open() {
      close()
      inbox.withLock { $0.state = .ended }
      return failure
    }
    inbox.withLock { inbox in
      inbox.state = .running
      inbox.context = context
    }
    return nil
  }

  /// - Parameter descriptor: ends the wait of a turn when it is readable.
  func watch(beside descriptor: Int32) {
    turnAlarm.open(events) {}
    neighbour.start(events, descriptor: descriptor, for: .reading) { [unowned self] in
      self.isWokenBeside = true
    }
  }

  /// Handles what is there; if that is nothing, waits for something first.
  func turn(waitUpTo limit: Duration?) {
    assertOnLoop()
    flushLinks()
    hasWorked = false
    isWokenBeside = false
    if limit == .zero {
      signalbox_ev_loop_turn(events, 0)
      return takeTheRest()
    }
    Patience.wait {
      signalbox_ev_loop_turn(events, 0)
      return hasWorked || isWokenBeside
    }
    if hasWorked || isWokenBeside { return takeTheRest() }
    if let limit { turnAlarm.arm(events, after: limit) }
    signalbox_ev_loop_turn(events, 1)
    turnAlarm.disarm(events)
    takeTheRest()
  }

  /// What came together is taken in one turn, within bounds, so that one commit may do for all of it.
  private func takeTheRest() {
    var looks = 0
    let end = ContinuousClock.now + Self.restOfTurn
    while hasWorked, looks < Self.looksOfTurn, looks == 0 || ContinuousClock.now < end {
      hasWorked = false
      looks += 1
      signalbox_ev_loop_turn(events, 0)
    }
  }

  /// Each reads up to `receiveBytes` of a connection.
  private static let looksOfTurn = 16
  /// Those who send without end must not hold up timers.
  private static let restOfTurn: Duration = .milliseconds(20)

  /// For an alarm, which libev may ring before it has handled what the sockets have, or has looked at
  /// them at all: of one priority the last to come is called first, and an interrupted epoll_wait(2)
  /// counts as one that found nothing. Once, and again while something comes, within bounds.
  func lookAtSockets() {
    isLooking = true
    hasWorked = true
    takeTheRest()
    isLooking = false
    // ev(3), ev_break: "this break state will be cleared on the next call to ev_run". That was ours.
    if hasLeft { leave() }
  }

  /// Turns until all peers are gone, or the grace is over.
  func stop(grace: Duration) {
    neighbour.stop()
    beginStop(grace: grace)
    flushLinks()
    while !hasLeft { signalbox_ev_loop_turn(events, 1) }
    finish()
  }

  private func finish() {
    let leftover = inbox.withLock { inbox in
      inbox.state = .ended
      inbox.context = nil
      return exchangeValue(&inbox.work, [])
    }
    while wakers.load(ordering: .acquiring) > 0 { sched_yield() }
    // What was handed over before the end still gets its turn, so that nobody waits for ever.
    for step in leftover { step() }
    close()
  }

  /// Ends new business, says goodbye to every peer, and leaves the loop when all are gone or the
  /// grace is over.
  func beginStop(grace: Duration) {
    assertOnLoop()
    guard !isStopping else { return }
    isStopping = true
    for listener in Array(listeners.values) { listener.close() }
    for link in Array(webSockets.values) { link.beginClose(code: 1001, reason: "going away") }
    for attachment in Array(attachments.values) { attachment.stopWhenIdle() }
    leaveIfDone()
    _ = after(grace) { [unowned self] in self.leave() }
  }

  func leaveIfDone() {
    if isStopping, attachments.isEmpty { leave() }
  }

  private func leave() {
    hasLeft = true
    signalbox_ev_loop_break(events)
  }

  private func open() -> SocketsError? {
    events = signalbox_ev_loop_new()
    guard events != nil else {
      return SocketsError(.cannotStart, "cannot create an event loop")
    }
    timerAlarm.open(events) { [unowned self] in self.fireTimers() }
    context = protocols.createContext(configuration, events: events, owner: self)
    guard let context else {
      return SocketsError(
        .cannotStart, "libwebsockets refused to start",
        remedy: "check that its libev plugin is installed (libwebsockets-evlib-ev)")
    }
    host = lws_get_vhost_by_name(context, "default")
    return nil
  }

  private func close() {
    for listener in Array(listeners.values) { listener.close() }
    // Closes every remaining connection through the callback, so `onClose` is still called.
    if let context { lws_context_destroy(context) }
    context = nil
    timerAlarm.close(events)
    turnAlarm.close(events)
    neighbour.stop()
    if let events { signalbox_ev_loop_free(events) }
    events = nil
    attachments.removeAll()
    dirtyLinks.removeAll()
    connecting.removeAll()
    webSockets.removeAll()
    exchanges.removeAll()
    for fetch in Array(fetches.values) { fetch.abandon() }
    fetches.removeAll()
    timers = TimerQueue()
    LibraryLog.detach()
  }
}

/// Signals are for the program's main thread.
private func keepSignalsAway() {
  var all = sigset_t()
  sigfillset(&all)
  pthread_sigmask(SIG_SETMASK, &all, nil)
}

func exchangeValue<Value>(_ place: inout Value, _ new: Value) -> Value {
  let old = place
  place = new
  return old
}
