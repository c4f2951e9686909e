import Platform
import PluginKit

/// One call in a worker: started, limited, and over when the worker has answered or has ended.
final class NativeRun {
  private let call: PluginCall
  private let request: NativeRequest
  private let workers: Workers
  /// The section says that its functions leave nothing behind.
  private let isStateless: Bool
  private var machine: RunMachine
  private var timers: Timers<RunMachine.Timer>
  private var worker: Worker?
  /// How the worker ended the call, as a process that had served it by itself would have ended.
  private var end: ProcessExit.How?
  private var usage = CallUsage()

  /// A process that is made before its call is known is held to no limits of a tool's.
  static var held: CallConfinement {
    .standard(lacksControlGroup: "the processes of native calls are made ahead")
  }
  private static let isolation = held.isolation

  init(
    _ call: PluginCall, _ request: NativeRequest, isStateless: Bool, on server: PluginServer,
    _ workers: Workers
  ) {
    self.call = call
    self.request = request
    self.workers = workers
    self.isStateless = isStateless
    timers = Timers(server)
    machine = RunMachine(runLimit: call.limits.run, killGrace: call.limits.killGrace)
  }

  /// Gives the request to a worker that waits, if one does: it reads what it is asked, and calls
  /// nothing before the start.
  func stage() {
    let kept = isStateless ? workers.takeKept(for: request.plan) : nil
    guard let worker = kept ?? workers.takeReady() else { return }
    do throws(SystemError) {
      try worker.send(request.bytes)
    } catch {
      return worker.close()
    }
    // Another one serves the call then.
    worker.onEnd = { [weak self] _, _ in self?.worker = nil }
    worker.onGarbage = { [weak self, weak worker] in
      worker?.close()
      self?.worker = nil
    }
    self.worker = worker
  }

  func start() {
    if let worker, (try? begin(worker, with: [NativeRequest.go])) != nil { return }
    discard()
    workers.take { worker in
      do throws(SystemError) {
        try self.begin(try worker.get(), with: self.request.bytes + [NativeRequest.go])
      } catch {
        self.call.didNotStart(
          Refusal(
            reason: "process.notStarted", message: "\(error)",
            remedy: "see the message; nothing has run"))
      }
    }
  }

  /// Lets go of a worker that was not told to begin.
  func discard() {
    worker?.onEnd = { _, _ in }
    worker?.close()
    worker = nil
  }

  func cancel(because reason: CancelReason) {
    // What has ended by itself was not ended by this, whichever is heard of first.
    if let worker { workers.look(at: worker) }
    switch reason {
    case .requested: step(.stop(.cancel))
    case .shutdown: step(.stop(.limit("shutdown")))
    }
  }

  private func begin(_ worker: Worker, with bytes: [UInt8]) throws(SystemError) {
    // It works while the start is written down.
    try worker.send(bytes)
    self.worker = worker
    worker.onReply = { [weak self] in self?.take($0) }
    worker.onGarbage = { [weak self] in self?.step(.stop(.limit("supervisor"))) }
    worker.onOutput = { [weak self] in self?.call.write($0, to: $1) }
    worker.onEnd = { [weak self] in self?.takeEnd($0, escaped: $1) }
    usage.processID = worker.id
    usage.isolation = Self.isolation
    call.started(processID: worker.id)
    step(.started)
  }

  // MARK: The worker

  private func take(_ reply: NativeReply) {
    guard end == nil, let worker else { return }
    call.finished()
    worker.readRest()
    reply.output.withUnsafeBytes { call.write($0, to: .stdout) }
    Array(reply.message.utf8).withUnsafeBytes { call.write($0, to: .stderr) }
    usage.cpuUser = reply.cpuUser
    usage.cpuSystem = reply.cpuSystem
    // The kernel tells it of the process, with all that it has served.
    if worker.served == 0 { usage.peakMemoryBytes = reply.peakMemoryBytes }
    usage.escapedKilled = reply.escapedKilled
    settle(.exit(code: reply.code))
  }

  /// It ended without an answer.
  private func takeEnd(_ exit: ProcessExit?, escaped: Int) {
    guard end == nil, let worker else { return }
    call.finished()
    worker.readRest()
    if worker.served == 0 {
      usage.cpuUser = exit?.cpuUser
      usage.cpuSystem = exit?.cpuSystem
      usage.peakMemoryBytes = exit?.peakMemoryBytes
    }
    usage.escapedKilled = escaped
    // Otherwise the nursery was killed, and the worker with it.
    if exit == nil { step(.stop(.limit("supervisor"))) }
    settle(exit?.how ?? .signal(number: Int(Signals.kill), coreDumped: false))
  }

  private func settle(_ end: ProcessExit.How) {
    self.end = end
    for event: RunMachine.Event in [.ended, .treeGone, .outputClosed] { step(event) }
  }

  // MARK: Machine

  private func step(_ event: RunMachine.Event) {
    for effect in machine.step(event) { carryOut(effect) }
  }

  private func carryOut(_ effect: RunMachine.Effect) {
    switch effect {
    case .arm(let timer, let delay):
      timers.arm(timer, delay) { [weak self] in self?.step(.fired(timer)) }
    case .disarm(let timer): timers.disarm(timer)
    case .terminate: if let worker { workers.signal(worker, Signals.terminate) }
    case .kill: if let worker { workers.signal(worker, Signals.kill) }
    case .finish(let stop): finish(stop)
    }
  }

  private func finish(_ stop: RunMachine.Stop?) {
    call.ended(ProcessRun.end(end, stop), usage)
    // The agent has been told: nobody waits for what follows.
    timers.disarmAll()
    if let worker {
      if isStateless, stop == nil, case .exit(code: 0) = end {
        workers.keep(worker, for: request.plan)
      } else {
        worker.close()
      }
    }
    worker = nil
    workers.prepare()
  }
}
