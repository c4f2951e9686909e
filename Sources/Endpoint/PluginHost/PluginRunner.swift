internal import JSON
package import Model
internal import Platform
package import PluginProtocol

/// One plugin: the machine that decides, the process if there is one, and what waits for it.
package final class PluginRunner {
  package let name: String
  private let path: String
  private let settings: PluginHost.Settings
  private let timers: any Timers
  private let open: OpenPlugin
  private let deliver: (PluginEvent) -> Void
  private let onChange: () -> Void

  /// An idle plugin that was asked to leave is gone long before this, or is killed.
  private static let leaveLimit: Duration = .seconds(10)

  private var machine = PluginMachine()
  private var deadline: EventLoop.Deadline?
  private var idleDeadline: EventLoop.Deadline?
  private var process: (any PluginChannel)?
  package private(set) var description: PluginDescription?
  /// Preparations that wait for the plugin to be ready.
  private var waiting: [Preparation] = []
  private var calls: [CallID: Stage] = [:]
  /// Asked whether it answers, and has not yet.
  private var isAsked = false
  private var lastFailure = ""

  /// How far a call has got with this plugin.
  private enum Stage {
    case waiting
    /// It may start as soon as the plugin is ready.
    case waitingToStart
    case preparing
    /// It was told to start before it answered the preparation.
    case startedAhead
    case prepared
    /// It was told to start: from here on only the spool knows.
    case started

    var isTold: Bool { self == .startedAhead || self == .started }
  }

  /// - Parameters:
  ///   - open: starts its process.
  ///   - onChange: what the plugin offers, or whether that is known, has changed.
  package init(
    name: String, path: String, settings: PluginHost.Settings, timers: any Timers,
    open: @escaping OpenPlugin,
    deliver: @escaping (PluginEvent) -> Void, onChange: @escaping () -> Void
  ) {
    self.name = name
    self.path = path
    self.settings = settings
    self.timers = timers
    self.open = open
    self.deliver = deliver
    self.onChange = onChange
  }

  /// It has been started for the first time and has not said what it offers.
  var isLearning: Bool { description == nil && machine.state == .starting }

  package func has(_ call: CallID) -> Bool { calls[call] != nil }

  private func isTold(_ call: CallID) -> Bool { calls[call]?.isTold ?? false }

  /// Starts the plugin if it does not run: to learn what it offers.
  package func probe() { step(.wanted) }

  package func prepare(_ preparation: Preparation) {
    let call = preparation.call
    guard calls[call] == nil else {
      return refuse(
        call, "call.known", "call \(call) is in the plugin's hands", "start or discard that one")
    }
    guard waiting.count < settings.maxWaiting else {
      return refuse(
        call, "plugin.full", "\(waiting.count) calls wait for the plugin \(name)",
        "try again when it answers")
    }
    calls[call] = .waiting
    waiting.append(preparation)
    step(.wanted)
  }

  /// A plugin takes requests in their order, so the answer to `prepare` need not be waited for: if
  /// that is refused, the start is too.
  package func start(_ call: CallID) {
    switch calls[call] {
    case .waiting: calls[call] = .waitingToStart
    case .preparing, .prepared:
      calls[call] = calls[call] == .preparing ? .startedAhead : .started
      process?.request(.start(call), about: call)
    case .waitingToStart, .startedAhead, .started, nil:
      refuse(call, "call.notPrepared", "call \(call) is not prepared", "prepare it, then start it")
    }
  }

  package func discard(_ call: CallID) {
    switch calls[call] {
    case .waiting, .waitingToStart: waiting.removeAll { $0.call == call }
    case .preparing, .prepared: process?.request(.discard(call), about: nil)
    case .startedAhead, .started, nil: return
    }
    refuse(call, "call.discarded", "call \(call) was dropped before its start", "call again")
    noteUse()
  }

  package func cancel(_ call: CallID) {
    if isTold(call) { process?.request(.cancel(call), about: nil) }
  }

  /// A request may stand in the pipe of a plugin that sleeps: it would begin the call when it wakes, and
  /// does not once nobody holds the other end.
  func giveUp(_ call: CallID) -> Bool {
    switch calls[call] {
    case .waiting, .waitingToStart:
      waiting.removeAll { $0.call == call }
      calls[call] = nil
      return false
    case .preparing, .startedAhead, .prepared, .started:
      step(.failed(why: "it has not begun call \(call) in its time"))
      return true
    case nil: return false
    }
  }

  /// Lets go of the process for good. With running calls it goes on to their end; without, nothing
  /// is lost with it.
  package func leave() {
    if calls.values.contains(where: \.isTold) { process?.close() } else { process?.kill() }
    process = nil
  }

  // MARK: Whether it answers

  /// Asks a plugin that runs; `answered` tells. One question at a time.
  package func ask() {
    guard case .ready = machine.state, let process, !isAsked else { return }
    isAsked = true
    process.request(.ping, about: nil)
  }

  /// What keeps a plugin that should run from answering; `nil` when it answers or rests.
  package var silence: String? {
    switch machine.state {
    case .stopped: nil
    case .starting: "plugin \(name) has not said hello" + lastWords
    case .waiting: "plugin \(name) does not work, and failed \(machine.failures) times" + lastWords
    case .ready:
      isAsked ? "plugin \(name) does not answer, and has \(calls.count) calls" : nil
    }
  }

  private var lastWords: String { lastFailure.isEmpty ? "" : ", at last because " + lastFailure }

  /// Starts a plugin anew that does not answer, if it has no call that would be lost with it.
  /// - Returns: what was done, in words; `nil` where there was no need.
  package func restartIfSilent() -> String? {
    guard case .ready = machine.state, isAsked else { return nil }
    guard calls.isEmpty else {
      return "plugin \(name) is left to its \(calls.count) calls"
    }
    step(.failed(why: "it does not answer"))
    return "plugin \(name) is started anew"
  }

  /// Its file is gone, and nothing of it runs.
  var isAbandoned: Bool {
    switch machine.state {
    case .stopped, .waiting: calls.isEmpty
    case .starting, .ready: false
    }
  }

  /// It is not used any more.
  func retire() {
    disarm()
    if let idleDeadline { timers.cancel(idleDeadline) }
    leave()
  }

  // MARK: Machine

  private func step(_ event: PluginMachine.Event) {
    for effect in machine.step(event, at: timers.now) {
      carryOut(effect)
    }
  }

  private func carryOut(_ effect: PluginMachine.Effect) {
    switch effect {
    case .spawn: spawn()
    case .arm(let delay):
      disarm()
      // What has to say hello may have slept with us.
      let arm = machine.state == .starting ? timers.afterAwake : timers.after
      deadline = arm(delay) { self.step(.timeUp) }
    case .disarm: disarm()
    case .announce:
      onChange()
      sendWaiting()
    case .abandon(let why): abandon(why)
    case .refuseWaiting(let why):
      defer { onChange() }
      let refused = waiting
      waiting = []
      for preparation in refused {
        refuse(
          preparation.call, "plugin.unavailable", "the plugin \(name) does not work: \(why)",
          "see the agent's log, and \(path)")
      }
    case .dismiss:
      isAsked = false
      process?.request(.shutdown, about: nil)
      process?.close(killAfter: Self.leaveLimit)
      process = nil
    }
  }

  private func disarm() {
    if let deadline { timers.cancel(deadline) }
    deadline = nil
  }

  private func spawn() {
    do throws(SystemError) {
      let process = try open()
      self.process = process
      process.onMessage = { [weak self, weak process] in
        guard let self, self.process === process else { return }
        take($0)
      }
      process.onFailure = { [weak self, weak process] in
        guard let self, self.process === process else { return }
        step(.failed(why: $0))
      }
      process.onLog = { [name, deliver] in deliver(.log(plugin: name, line: $0)) }
      process.request(
        .initialize(
          agentName: settings.agentName, agentVersion: settings.agentVersion,
          protocolVersion: PluginProtocol.version), about: nil)
    } catch {
      // Not within this step: the machine is in the middle of it.
      timers.after(.zero) { self.step(.failed(why: "\(error)")) }
    }
  }

  private func abandon(_ why: String) {
    isAsked = false
    lastFailure = why
    let mayRun = calls.values.contains(.started)
    let running = calls.filter { $0.value.isTold }.map(\.key).sorted()
    let unstarted = calls.filter { $0.value == .preparing || $0.value == .prepared }.map(\.key)
    for call in running { calls[call] = nil }
    // Without running calls nothing is lost by its end; with them, it may still bring them to
    // theirs. One that hangs before it has staged anything would hold its spool for ever.
    if mayRun { process?.close() } else { process?.kill() }
    process = nil
    deliver(.pluginDied(plugin: name, calls: running, why: why))
    for call in unstarted.sorted() {
      refuse(
        call, "plugin.died", "the plugin \(name) failed before the start: \(why)",
        "see the agent's log, and \(path)")
    }
  }

  private func sendWaiting() {
    guard let process else { return }
    let ready = waiting
    waiting = []
    for preparation in ready {
      let call = preparation.call
      let mayStart = calls[call] == .waitingToStart
      calls[call] = .preparing
      process.request(.prepare(preparation), about: call)
      // A request that is too long was refused at once.
      if mayStart, calls[call] == .preparing { start(call) }
    }
    noteUse()
  }

  // MARK: Messages

  private func take(_ message: PluginAnswer) {
    switch message {
    case .reply(let request, let call, .success(let result)):
      taken(request, call, result)
    case .reply(let request, let call, .failure(let fault)):
      refused(request, call, fault)
    case .progress(let call, let bytes):
      if isTold(call) { deliver(.progress(call, spoolBytes: bytes)) }
    case .ended(let call, let bytes):
      guard isTold(call) else { return }
      calls[call] = nil
      deliver(.ended(call, spoolBytes: bytes))
      noteUse()
    }
  }

  private func taken(_ method: String, _ call: CallID?, _ result: JSON) {
    switch (method, call) {
    case ("initialize", _):
      do throws(ShapeError) {
        description = try PluginDescription(result)
        if let description { step(.hello(description)) }
        deliver(.answered(plugin: name))
      } catch {
        step(.failed(why: "its handshake: \(error)"))
      }
    case ("ping", _): answered()
    case ("prepare", let call?) where calls[call] == .preparing:
      calls[call] = .prepared
      deliver(.prepared(call))
    case ("prepare", let call?) where calls[call] == .startedAhead:
      calls[call] = .started
    case ("start", let call?) where isTold(call):
      deliver(.started(call, process: result["pid"]?.int))
    default: break
    }
  }

  private func refused(_ method: String, _ call: CallID?, _ fault: PluginFault) {
    if method == "initialize" { return step(.failed(why: "it refused the handshake: \(fault)")) }
    // One that does not know the word answers all the same.
    if method == "ping" { return answered() }
    guard let call, calls[call] != nil else {
      // The start of a call whose preparation was refused, which has been told.
      if method == "start" { return }
      return deliver(.log(plugin: name, line: "\(method) refused: \(fault)"))
    }
    refuse(call, fault.reason, fault.message, fault.remedy)
    noteUse()
  }

  private func refuse(_ call: CallID, _ reason: String, _ message: String, _ remedy: String) {
    if reason != "call.known" { calls[call] = nil }
    deliver(.refused(call, reason: reason, message: message, remedy: remedy))
  }

  private func answered() {
    isAsked = false
    deliver(.answered(plugin: name))
  }

  /// An idle plugin leaves after a while, and is started again when it is wanted.
  private func noteUse() {
    if let idleDeadline { timers.cancel(idleDeadline) }
    idleDeadline = nil
    guard calls.isEmpty else { return }
    idleDeadline = timers.after(settings.idleLimit) {
      if self.calls.isEmpty { self.step(.idle) }
    }
  }
}
