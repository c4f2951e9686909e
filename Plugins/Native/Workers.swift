import Platform
import PluginKit
import PluginProtocol

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Processes that wait for a call each, and the nursery that forks them. Each serves one call and ends:
/// whatever a function does to its process, no other call is in it. Only where a section says that it
/// leaves nothing behind (`stateless`) do its calls share processes, one after the other.
final class Workers {
  /// How many wait ahead.
  static let ahead = 3
  /// How many are kept that have served calls.
  static let maxKept = 8
  /// How many calls one process serves at the most.
  static let maxServed = 1_000

  private let server: PluginServer
  private let program: String
  private var nursery: Connection?
  private var ready: [Worker] = []
  /// Those that can serve another call of their section, by its text; the one that came last is at the end.
  private var kept: [(plan: String, worker: Worker)] = []
  private var coming = 0
  private var waiting: [(Result<Worker, SystemError>) -> Void] = []
  /// By process id: those that wait, and those with a call.
  private var all: [Int: Worker] = [:]

  init(_ server: PluginServer) throws(SystemError) {
    self.server = server
    program = try Machine.executable()
  }

  /// Sees to it that workers wait.
  func prepare() {
    while ready.count + coming < Self.ahead + waiting.count, grow() {}
  }

  /// A worker that waits and has not served a call.
  func takeReady() -> Worker? { ready.popLast() }

  /// A worker that waits for another call of this section.
  func takeKept(for plan: String) -> Worker? {
    guard let index = kept.lastIndex(where: { $0.plan == plan }) else { return nil }
    return kept.remove(at: index).worker
  }

  /// Its call is over, and left nothing behind: as soon as it says so, it waits for another one.
  func keep(_ worker: Worker, for plan: String) {
    worker.served += 1
    guard worker.served < Self.maxServed else { return worker.close() }
    worker.rest { [weak self, weak worker] in
      guard let self, let worker, !worker.isOver else { return }
      // What was printed after the answer is no other call's.
      worker.readRest()
      if kept.count >= Self.maxKept { kept.removeFirst().worker.close() }
      kept.append((plan, worker))
    }
  }

  /// Gives a worker that has not served a call; at once, if one waits.
  func take(_ receive: @escaping (Result<Worker, SystemError>) -> Void) {
    if let worker = takeReady() { return receive(.success(worker)) }
    waiting.append(receive)
    prepare()
  }

  /// Asks a worker, or its kernel, to end it and what it started.
  func signal(_ worker: Worker, _ number: Int32) {
    guard let nursery, !worker.isOver else { return }
    do throws(SystemError) {
      try nursery.line.signal(worker.id, number)
    } catch {
      lose(error)
    }
  }

  /// Takes in what is there already of its answer, or of its end.
  func look(at worker: Worker) {
    worker.readAnswer()
    readLine()
  }

  private func grow() -> Bool {
    do throws(SystemError) {
      if nursery == nil { nursery = try start() }
      try nursery?.line.grow()
      coming += 1
      return true
    } catch {
      lose(error)
      return false
    }
  }

  private func start() throws(SystemError) -> Connection {
    let connection = try Connection(program)
    try server.loop.watch(connection.line.descriptor.number) { [weak self] in self?.readLine() }
    return connection
  }

  private func readLine() {
    do throws(SystemError) {
      while let note = try nursery?.line.next() { take(note) }
    } catch {
      lose(error)
    }
  }

  private func take(_ note: consuming NurseryLine.Note) {
    switch consume note {
    case .worker(let id, let channel, let stdout, let stderr):
      coming -= 1
      let worker = Worker(
        id: id, channel: channel, stdout: stdout, stderr: stderr, loop: server.loop)
      all[id] = worker
      if waiting.isEmpty {
        ready.insert(worker, at: 0)
      } else {
        waiting.removeFirst()(.success(worker))
      }
    case .failed(let error):
      coming -= 1
      server.log("no process for a native call: \(error)")
      if !waiting.isEmpty { waiting.removeFirst()(.failure(error)) }
    case .ended(let id, let exit, let escaped):
      guard let worker = all.removeValue(forKey: id) else { return }
      ready.removeAll { $0 === worker }
      kept.removeAll { $0.worker === worker }
      worker.end(exit, escaped: escaped)
    }
  }

  /// The nursery is gone or hangs, and its workers end with it.
  private func lose(_ error: SystemError) {
    server.log("the process that keeps native calls ready is lost: \(error)")
    var ends: [Int: (exit: ProcessExit, escaped: Int)] = [:]
    if let nursery {
      // What it told before stands.
      ends = nursery.toldEnds()
      server.unwatch(nursery.line.descriptor.number)
      try? nursery.child.signal(Signals.kill)
      _ = try? nursery.child.wait()
    }
    nursery = nil
    coming = 0
    ready = []
    kept = []
    let lost = all
    all = [:]
    for (id, worker) in lost { worker.end(ends[id]?.exit, escaped: ends[id]?.escaped ?? 0) }
    let disappointed = waiting
    waiting = []
    for receive in disappointed { receive(.failure(error)) }
  }

  private final class Connection {
    let line: NurseryLine
    let child: ChildProcess

    /// How workers ended, by what has not been read yet.
    func toldEnds() -> [Int: (exit: ProcessExit, escaped: Int)] {
      var ends: [Int: (exit: ProcessExit, escaped: Int)] = [:]
      while let note = (try? line.next()) ?? nil {
        if case .ended(let id, let exit, let escaped) = consume note { ends[id] = (exit, escaped) }
      }
      return ends
    }

    init(_ program: String) throws(SystemError) {
      let null = try Files.open("/dev/null", .readWrite)
      let launch = Launch(
        program, arguments: ["signalbox-native", "nursery"],
        environment: NativeProcess.environment, directory: "/", group: .ownSession)
      var started: ChildProcess?
      line = try NurseryLine { end throws(SystemError) in
        started = try ChildProcess.spawn(launch, stdin: end, stdout: null, stderr: null)
      }
      guard let started = started.take() else {
        preconditionFailure("a line that was made has given its other end")
      }
      child = started
    }
  }
}

/// One process, for one call at a time.
final class Worker {
  let id: Int
  /// Calls that it has served.
  fileprivate(set) var served = 0
  private let outputs: [CallStream: OutputPipe]
  private(set) var isOver = false
  /// Until it is closed, which lets the worker leave.
  private var channel: Descriptor?
  private let loop: EventLoop
  private var sender: LineSender?
  private var reply: [UInt8] = []
  private var hasReplied = false
  /// `nil` for the exit: the nursery was lost, and nobody saw how it ended.
  var onEnd: (ProcessExit?, _ escaped: Int) -> Void = { _, _ in }
  var onReply: (NativeReply) -> Void = { _ in }
  /// It answered with what cannot be.
  var onGarbage: () -> Void = {}
  /// What the function printed itself.
  var onOutput: (UnsafeRawBufferPointer, CallStream) -> Void = { _, _ in }

  private var onReady: () -> Void = {}

  private static let readBytes = 64 << 10

  init(
    id: Int, channel: consuming Descriptor, stdout: consuming Descriptor,
    stderr: consuming Descriptor, loop: EventLoop
  ) {
    self.id = id
    self.loop = loop
    // These fail only where the kernel has no memory left; then the worker's end is all that is seen.
    try? stdout.setNonblocking()
    try? stderr.setNonblocking()
    outputs = [.stdout: OutputPipe(stdout), .stderr: OutputPipe(stderr)]
    try? channel.setNonblocking()
    try? loop.watch(channel.number) { [weak self] in self?.readReply() }
    self.channel = consume channel
    for (stream, pipe) in outputs {
      try? loop.watch(pipe.number) { [weak self] in self?.readOutput(stream) }
    }
  }

  deinit { close() }

  func send(_ bytes: [UInt8]) throws(SystemError) {
    if let sender { return sender.send(bytes) }
    guard let sent = try channel?.writeIfReady(bytes) else {
      throw SystemError("send to a native process", number: EPIPE)
    }
    if sent == bytes.count { return }
    // More than the channel takes at once.
    guard let copy = try channel?.duplicate() else { return }
    let sender = try LineSender(copy, loop)
    sender.send(Array(bytes[sent...]))
    self.sender = sender
  }

  /// Nobody has a call in it.
  fileprivate func rest(_ onReady: @escaping () -> Void) {
    onEnd = { _, _ in }
    onReply = { _ in }
    onGarbage = { [weak self] in self?.close() }
    onOutput = { _, _ in }
    self.onReady = onReady
  }

  /// Listens to it no longer.
  func close() {
    sender?.close()
    sender = nil
    unwatchChannel()
    channel = nil
    for pipe in outputs.values { loop.unwatch(pipe.number) }
    onReady = {}
  }

  /// Takes in what it has printed until now.
  func readRest() {
    for (stream, pipe) in outputs { pipe.readRest { onOutput($0, stream) } }
  }

  private func readOutput(_ stream: CallStream) {
    guard let pipe = outputs[stream] else { return }
    if !pipe.read({ onOutput($0, stream) }) { loop.unwatch(pipe.number) }
  }

  func end(_ exit: ProcessExit?, escaped: Int) {
    isOver = true
    // What it answered before may still be on its way: the news of its end comes by another.
    readAnswer()
    onEnd(exit, escaped)
  }

  /// What its channel can hold is read with so many reads.
  private static let lastReads = 64

  fileprivate func readAnswer() {
    var reads = 0
    while reads < Self.lastReads, readReply() { reads += 1 }
  }

  /// - Returns: whether something came.
  @discardableResult
  private func readReply() -> Bool {
    var isOpen = true
    var hasCome = false
    withUnsafeTemporaryAllocation(byteCount: Self.readBytes, alignment: 16) { buffer in
      do throws(SystemError) {
        guard let count = try channel?.readIfReady(into: buffer) else { return }
        isOpen = count > 0
        hasCome = isOpen
        reply += UnsafeRawBufferPointer(rebasing: buffer[..<count])
      } catch {
        isOpen = false
      }
    }
    // Its end follows, with the nursery's word on how.
    if !isOpen { unwatchChannel() }
    switch NativeReply.read(reply) {
    case .whole(let whole, let isReady):
      if !hasReplied {
        hasReplied = true
        onReply(whole)
      }
      guard isReady else { break }
      reply = []
      hasReplied = false
      onReady()
    case .garbage:
      unwatchChannel()
      onGarbage()
    case .more: break
    }
    return hasCome
  }

  private func unwatchChannel() {
    if let number = channel?.number { loop.unwatch(number) }
  }
}
