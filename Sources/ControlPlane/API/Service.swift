import Bridge
package import Catalog
import ControlPlane
import Digest
package import Engine
import JSON
import Model
import Notifications
import Platform
package import Sockets
import Store
import Synchronization
import Wire

/// The control plane as a whole: engine, store, bridge and HTTP API on one port.
///
/// Four threads: the socket loop answers and writes, the engine's thread decides and commits, the
/// reading thread looks up what is committed, and the notifier tells others of calls that ended. None
/// waits for another.
package final class Service: Sendable {
  package struct Settings: Sendable {
    package var dataDirectory: String
    /// Where tool definitions are; without one there is nothing to call.
    package var toolsDirectory: String?
    /// The clients' policy; without one the tools' rules stand alone.
    package var policyFile: String?
    package var address = "127.0.0.1"
    /// 0 picks a free one.
    package var port: UInt16 = 7_070
    package var version: String
    package var engine = EngineSettings()
    package var limits = Limits()

    package init(dataDirectory: String, toolsDirectory: String? = nil, version: String) {
      self.dataDirectory = dataDirectory
      self.toolsDirectory = toolsDirectory
      self.version = version
    }
  }

  /// The named limits of the API.
  package struct Limits: Sendable, Hashable {
    /// `limit.body`
    package var bodyBytes = 2 << 20
    /// `limit.arguments`: an offer carries them within one message of the bridge.
    package var argumentsBytes = 1 << 20
    /// `limit.watchers`: requests that follow or wait for a call at a time.
    package var watchers = 10_000
    /// The longest `waitMs`.
    package var waitMilliseconds = 600_000
    package var callsPerPage = 500
    /// Calls of one batch, and steps of one that is ordered.
    package var batchCalls = 10_000
    package var batchSteps = 256

    package init() {}
  }

  package let settings: Settings
  package let loop: SocketLoop
  let plane: ControlPlane
  let toolbox: Toolbox
  let policies: Policies
  let watchers: Watchers
  let startedAt: Instant
  let lowWaterBytes: Int
  private let directory: DataDirectory
  private let reading: ReadingThread
  private let notifier: Notifier
  private let token: [UInt8]
  private let listening = Locked<SocketLoop.Listening?>(nil)
  private let isTicking = Atomic<Bool>(false)

  /// Prepares the data directory, loads the tools and takes up what the store holds. Nothing is
  /// reachable before `start`.
  /// - Parameter fatal: told why before the process must stop, because what is on disk is not known.
  package init(_ settings: Settings, fatal: @escaping @Sendable (String) -> Never) throws {
    let directory = try DataDirectory(settings.dataDirectory)
    var configuration = SocketConfiguration()
    // Longer bodies than the API takes are still read, so that they get an answer in JSON.
    configuration.maxBodyBytes = 16 << 20
    let loop = SocketLoop(configuration)
    try loop.start()
    do {
      let stored = StoredDefinitions(directory.storePath)
      let toolbox = Toolbox(directory: settings.toolsDirectory) { stored.text(digest: $0) }
      toolbox.reload()
      let policies = Policies(file: settings.policyFile)
      policies.reload()
      let watchers = Watchers()
      let late = Late()
      let bridge = BridgeServer(loop: loop) { late.post($0) }
      // Made before the engine's thread, which may end calls at once, and started after it.
      let notifier = Notifier(storePath: directory.storePath, policy: { policies.book }) {
        change, done in late.plane?.change(change) { _ in done() }
      }
      let plane = try ControlPlane(
        storePath: directory.storePath, settings: settings.engine,
        joinTokenHash: SHA256.digest(of: Array(directory.joinToken.utf8)),
        judge: { toolbox.judge($0, $1) },
        visible: { bridge.perform($0) },
        changed: { changed, stored in
          let (open, ended) = watchers.followed(changed)
          if !open.isEmpty { loop.post { watchers.changed(open) } }
          let tell: @Sendable (CallID, Result<JSON, any Error>) -> Void = { call, document in
            loop.post {
              watchers.changed([call])
              watchers.ended(call, document)
            }
          }
          // One that waits is told at once; a crowd must not hold up the engine.
          if ended.count == 1, let call = stored(ended[0]) {
            return tell(call.id, .success(Service.document(of: call)))
          }
          for call in ended {
            late.reading?.perform { tell(call, Service.document(of: call, $0)) }
          }
        },
        notices: NoticeRules(
          select: { call in
            let book = policies.book
            let hooks = book.hooks.filter { $0.wants(call) }
            if hooks.isEmpty { return nil }
            return { stored, now in
              Notice.all(
                of: stored, call, ran: stored.ran.rawValue, to: hooks, by: book.outbox, at: now)
            }
          },
          limits: { policies.book.outbox.limits }, wake: { notifier.wake() }),
        fatal: fatal)
      late.plane = plane
      reading = try ReadingThread(storePath: directory.storePath)
      late.reading = reading
      self.settings = settings
      self.loop = loop
      self.plane = plane
      self.toolbox = toolbox
      self.policies = policies
      self.watchers = watchers
      self.notifier = notifier
      bridgeHandlers = bridge.handlers
      lowWaterBytes = configuration.lowWaterBytes
      startedAt = Instant(microseconds: Clock.now())
      token = Array(directory.apiToken.utf8)
      self.directory = directory
    } catch {
      loop.stop()
      throw error
    }
  }

  private let bridgeHandlers: WebSocketHandlers

  /// Listens, and tells commands on this machine where.
  /// - Returns: the port.
  package func start() throws -> UInt16 {
    let handlers = ServerHandlers(
      webSocket: bridgeHandlers,
      onUpgrade: { request in
        request.path == BridgePath.path
          ? .accept : .refuse(status: 404, body: "the bridge is at \(BridgePath.path)\n")
      },
      onRequest: { [unowned self] request in handle(request) },
      onRequestGone: { [unowned self] id in watchers.gone(id) },
      onRequestDrained: { [unowned self] id in watchers.drained(id) })
    let place = try loop.listen(
      address: settings.address, port: settings.port, handlers: handlers)
    listening.withLock { $0 = place }
    try notifier.start()
    try directory.announce(address: settings.address, port: place.port)
    return place.port
  }

  /// Reads the tool definitions and the policy again.
  /// - Returns: what is wrong with them.
  package func reloadTools() -> [DefinitionError] {
    let errors = toolbox.reload() + policies.reload()
    notifier.policyChanged()
    return errors
  }

  package var policyErrors: [DefinitionError] { policies.errors }

  package var toolCount: Int { toolbox.tools.count }
  package var toolErrors: [DefinitionError] { toolbox.errors }
  package var apiToken: String { directory.apiToken }

  /// Stops listening, finishes what was begun, and closes the store.
  package func stop() throws {
    let place = listening.withLock { place in
      defer { place = nil }
      return place
    }
    if let place {
      loop.close(place.id)
      try directory.withdraw()
    }
    // What still gets through is written.
    notifier.stop()
    reading.stop()
    plane.stop()
    loop.stop()
    directory.release()
  }

  // MARK: Between the threads

  /// Does `work` on the reading thread.
  func read(_ work: @escaping @Sendable (Reader) -> Void) { reading.perform(work) }

  func isAuthorised(_ request: HTTPRequest) -> Bool {
    guard let header = request.headers["authorization"] else { return false }
    let parts = header.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "bearer" else { return false }
    // Digests have one length, so that the time tells nothing of the token's.
    return constantTimeEqual(
      SHA256.digest(of: Array(parts[1].utf8)), SHA256.digest(of: token))
  }

  /// Soon tells those who want to know what their call waits for; once a second while there are any.
  func tickSoon() {
    guard !isTicking.exchange(true, ordering: .relaxed) else { return }
    tellWaits()
  }

  private func tellWaits() {
    let calls = watchers.waiting
    guard !calls.isEmpty else { return isTicking.store(false, ordering: .relaxed) }
    plane.inspect { [self] engine, now in
      var texts: [CallID: String] = [:]
      for id in calls {
        if let call = engine.calls[id] { texts[id] = Words.wait(of: call, in: engine, at: now) }
      }
      let found = texts
      loop.post { self.watchers.waits(found) }
    }
    loop.after(.seconds(1)) { [weak self] in self?.tellWaits() }
  }
}

/// The bridge is made before the control plane that it tells of its events, and that before the
/// thread which reads its store.
///
/// `@unchecked Sendable`: set before the listener exists, and so before anyone follows a call; only
/// read from then on.
private final class Late: @unchecked Sendable {
  var plane: ControlPlane?
  var reading: ReadingThread?

  func post(_ event: BridgeEvent) {
    switch event {
    case .opened(let number): plane?.post(.linkOpened(LinkID(number)))
    case .message(let number, let message): plane?.post(.message(LinkID(number), message))
    case .closed(let number, let reason): plane?.post(.linkClosed(LinkID(number), reason: reason))
    }
  }
}

extension BridgeServer {
  /// Sends and closes in the order of the effects.
  func perform(_ effects: [VisibleEffect]) {
    var messages: [(connection: UInt64, message: Message)] = []
    for effect in effects {
      switch effect {
      case .send(let link, let message): messages.append((link.number, message))
      case .close(let link, let reason):
        if !messages.isEmpty { send(messages) }
        messages.removeAll()
        close(link.number, reason: reason)
      }
    }
    if !messages.isEmpty { send(messages) }
  }
}

/// Definitions in the store, for the engine's thread: read only when a tool is in no directory any
/// more.
private final class StoredDefinitions: Sendable {
  private let path: String

  init(_ path: String) { self.path = path }

  func text(digest: String) -> String? {
    guard let reader = try? Reader(path: path) else { return nil }
    defer { try? reader.close() }
    return try? reader.definition(digest)
  }
}
