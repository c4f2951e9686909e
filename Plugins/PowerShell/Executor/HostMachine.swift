package import PluginKit

/// Decides what a PowerShell host is asked, what its words mean for the call that it has, and when it
/// is not to be used any more. Pure: `HostProcess` feeds it and does what it says.
///
/// A call of which the host said `running` has begun, and only the sentinel ends it well. A call of
/// which it did not has not run, whatever became of the host.
package struct HostMachine {
  package enum State: Equatable, Sendable {
    /// The process was started, and has not introduced itself. Then `idle`, or `asked`.
    case starting
    /// Then `asked`.
    case idle
    /// It has a call, and may look at its script. Then `running`, or `idle`.
    case asked
    /// Then `cleaning`.
    case running
    /// The call is over, and what it left behind is cleared away. Then `idle`.
    case cleaning
    /// It will take no call any more. Then `gone`.
    case leaving
    /// Its process and its channel are no more.
    case gone
  }

  package enum Stop: Equatable, Sendable {
    case limit(String)
    case cancel
  }

  package enum Timer: Hashable, Sendable {
    /// From the start of the process to its first word.
    case launch
    /// From the request to the beginning of the script.
    case begin
    /// The tool's own limit.
    case run
    /// Between the polite request to end and the kill.
    case grace
    /// For what a host does without a call or a channel: clearing away, leaving, ending.
    case tidy
  }

  /// What the machine has to know of a call.
  package struct Work: Equatable, Sendable {
    package var call: String
    package var nonce: String
    package var runLimit: Duration
    package var killGrace: Duration

    package init(call: String, nonce: String, runLimit: Duration, killGrace: Duration) {
      self.call = call
      self.nonce = nonce
      self.runLimit = runLimit
      self.killGrace = killGrace
    }
  }

  package enum Event: Equatable, Sendable {
    /// A call for this host; only when it `isFree`.
    case take(Work)
    case message(HostMessage)
    /// A line that is no message.
    case garbage(String)
    /// The channel is at its end, and everything that was sent has been fed. The process is mostly
    /// about to end too, and how it does tells more.
    case hungUp
    case stop(Stop)
    case fired(Timer)
    /// Process and channel are at their end, and everything that was sent has been fed; with the signal
    /// that ended the process, if one did.
    case died(String, of: CallEnd?)
  }

  package enum Effect: Equatable, Sendable {
    case arm(Timer, Duration)
    case disarm(Timer)
    /// Send the request for the call that was taken.
    case ask(Work)
    case askToStop(Work)
    case askToLeave
    /// The call runs.
    case began
    case write(ScriptRecord)
    /// Nothing of the call has run.
    case refuse(Refusal)
    /// The call is over; take in what is left in the console first.
    case end(CallEnd, Sentinel)
    /// The call was ended by a signal, and this is how.
    case endByForce(CallEnd)
    /// The call began, and its end is not known.
    case interrupt(String)
    case kill
    /// It may take a call.
    case free
    case gone
  }

  /// Windows PowerShell takes seconds on a machine that just came up. Less than the 30 s that the
  /// agent gives a plugin for an answer, together with `beginLimit`.
  package static let launchLimit: Duration = .seconds(18)
  /// To parse a script and to open a runspace for it.
  package static let beginLimit: Duration = .seconds(10)
  package static let tidyLimit: Duration = .seconds(5)
  /// From the end of the channel to that of the process.
  package static let endLimit: Duration = .seconds(1)

  package private(set) var state = State.starting
  package private(set) var retirement: Retirement.Reason?
  private let token: String
  private var rule: Retirement
  private let isForOneCall: Bool
  private var work: Work?
  private var stop: Stop?
  private var isKilled = false
  private var isCut = false
  /// Why it was killed, or what it said wrong.
  private var fault: String?
  private var records = 0
  private var served = 0
  private var firstBytes = 0

  /// - Parameters:
  ///   - token: what the host has to say, to be taken for ours.
  ///   - isForOneCall: its process is held to what one call may take, so a signal that ends it is that
  ///     call's end. Otherwise whose fault it was is not known.
  package init(token: String, rule: Retirement = Retirement(), isForOneCall: Bool = false) {
    self.token = token
    self.rule = rule
    self.isForOneCall = isForOneCall
    if isForOneCall { self.rule.maxCalls = 1 }
  }

  /// Whether it can take a call now.
  package var isFree: Bool {
    work == nil && !isKilled && !isCut && (state == .idle || state == .starting)
  }

  /// Whether it is on its way out.
  package var isRetiring: Bool { isKilled || isCut || state == .leaving || state == .gone }

  package mutating func start() -> [Effect] { [.arm(.launch, Self.launchLimit)] }

  package mutating func step(_ event: Event) -> [Effect] {
    if state == .gone { return [] }
    switch event {
    case .take(let work): return take(work)
    case .message(let message): return isKilled && !isReport(message) ? [] : read(message)
    case .garbage(let what): return giveUp(what)
    case .hungUp: return hungUp()
    case .stop(let reason): return stopped(reason)
    case .fired(let timer): return fired(timer)
    case .died(let why, let end): return died(why, end)
    }
  }

  /// Asks an idle host to leave, because nobody needs it.
  package mutating func dismiss() -> [Effect] {
    guard isFree, state == .idle else { return [] }
    return leave()
  }

  // MARK: Calls

  private mutating func take(_ work: Work) -> [Effect] {
    precondition(isFree, "a host has one call at a time")
    self.work = work
    (stop, records) = (nil, 0)
    // One that is still starting is asked when it has introduced itself.
    if state == .starting { return [] }
    return ask(work)
  }

  private mutating func ask(_ work: Work) -> [Effect] {
    state = .asked
    return [.ask(work), .arm(.begin, Self.beginLimit)]
  }

  private mutating func stopped(_ reason: Stop) -> [Effect] {
    // One that is ending already was not ended by this.
    guard let work, stop == nil, !isKilled, !isCut else { return [] }
    stop = reason
    // Before it runs there is nothing to end: that comes right after it began.
    return state == .running ? askToStop(work) : []
  }

  private mutating func askToStop(_ work: Work) -> [Effect] {
    if work.killGrace > .zero { return [.askToStop(work), .arm(.grace, work.killGrace)] }
    return kill("it was ended")
  }

  // MARK: Messages

  /// What was on its way when the host was killed still tells whether its call had begun.
  private func isReport(_ message: HostMessage) -> Bool {
    switch message {
    case .running, .record, .ended: true
    case .hello, .refused, .idle: false
    }
  }

  private mutating func read(_ message: HostMessage) -> [Effect] {
    switch (message, state) {
    case (.hello(let facts), .starting): return introduced(facts)
    case (.refused(let refusal), .asked) where refusal.call == work?.call:
      return refused(refusal)
    case (.running(let call), .asked) where call == work?.call: return began()
    case (.record(let record), .running):
      guard record.number == records + 1 else {
        return giveUp("record \(record.number) came after \(records)")
      }
      records = record.number
      return [.write(record)]
    case (.ended(let sentinel), .running): return ended(sentinel)
    case (.idle(let bytes), .cleaning): return cleaned(bytes)
    case (.hello, _), (.refused, _), (.running, _), (.record, _), (.ended, _), (.idle, _):
      return giveUp("\(Self.name(message)) came while the host was \(state)")
    }
  }

  private mutating func introduced(_ facts: HostFacts) -> [Effect] {
    guard facts.token == token, facts.protocolVersion == HostProtocol.version else {
      return giveUp("what connected is not the host that was started")
    }
    firstBytes = facts.workingSetBytes
    guard let work else {
      state = .idle
      return [.disarm(.launch), .free]
    }
    return [.disarm(.launch)] + ask(work)
  }

  private mutating func refused(_ refusal: ScriptRefusal) -> [Effect] {
    work = nil
    let place = "line \(refusal.line), column \(refusal.column)"
    let (what, remedy) = Self.told(refusal.reason)
    let refused: [Effect] = [
      .disarm(.begin),
      .refuse(
        Refusal(
          reason: refusal.reason, message: "\(what): \(place): \(refusal.text)", remedy: remedy)),
    ]
    // Nobody else may have it.
    if isForOneCall { return refused + leave() }
    state = .idle
    return refused + [.free]
  }

  private static func told(_ reason: String) -> (what: String, remedy: String) {
    switch reason {
    case "script.syntax":
      (
        "the script cannot be parsed",
        "correct the script of the tool there; nothing of it has run"
      )
    case "script.requires":
      (
        "the script requires what is not there",
        "install it on the endpoint, or add a variant to the tool that does without; nothing has run"
      )
    case _:
      ("the script", "declare the argument in the tool, or give the parameter a default")
    }
  }

  private mutating func began() -> [Effect] {
    guard let work else { preconditionFailure("a host that was asked has a call") }
    state = .running
    let limits: [Effect] = [.disarm(.begin), .began, .arm(.run, work.runLimit)]
    return stop == nil || isKilled ? limits : limits + askToStop(work)
  }

  private mutating func ended(_ sentinel: Sentinel) -> [Effect] {
    guard let work, sentinel.call == work.call, sentinel.nonce == work.nonce else {
      return giveUp("the end of another call came")
    }
    guard sentinel.records == records else {
      return giveUp("\(sentinel.records) records were sent, and \(records) came")
    }
    self.work = nil
    state = .cleaning
    served += 1
    let end: Effect =
      switch stop {
      case nil: .end(.exit(code: ScriptEnd.code(of: sentinel)), sentinel)
      case .limit(let name): .end(.limit(name, signal: nil), sentinel)
      case .cancel: .end(.cancelled(signal: nil), sentinel)
      }
    return [.disarm(.run), .disarm(.grace), end, .arm(.tidy, Self.tidyLimit)]
  }

  private mutating func cleaned(_ bytes: Int) -> [Effect] {
    // A script that was stopped may have left anything half done.
    retirement = rule.reason(
      served: served, wasStopped: stop != nil, bytes: bytes, firstBytes: firstBytes)
    if retirement != nil { return leave() }
    state = .idle
    return [.disarm(.tidy), .free]
  }

  private mutating func leave() -> [Effect] {
    state = .leaving
    return [.askToLeave, .arm(.tidy, Self.tidyLimit)]
  }

  // MARK: Ends of the host

  private mutating func fired(_ timer: Timer) -> [Effect] {
    switch timer {
    case .launch: return state == .starting ? kill("it did not come up in time") : []
    // Whether the script began after all is known when the channel is at its end.
    case .begin: return state == .asked ? kill("it did not begin with the script in time") : []
    case .run: return stopped(.limit("run"))
    case .grace: return state == .running ? kill("it was ended") : []
    case .tidy: return kill(fault ?? "it did not clear away or leave in time")
    }
  }

  private mutating func hungUp() -> [Effect] {
    if isCut || isKilled { return [] }
    isCut = true
    fault = "it closed its channel"
    return [.arm(.tidy, Self.endLimit)]
  }

  private mutating func giveUp(_ what: String) -> [Effect] {
    isKilled ? [] : kill(what)
  }

  private mutating func kill(_ why: String) -> [Effect] {
    if isKilled { return [] }
    isKilled = true
    fault = why
    return [.kill]
  }

  private mutating func died(_ why: String, _ end: CallEnd?) -> [Effect] {
    let before = state
    state = .gone
    let timers: [Effect] = [.launch, .begin, .run, .grace, .tidy].map { .disarm($0) }
    let reason = [fault, why].compactMap { $0 }.joined(separator: "; ")
    defer { work = nil }
    guard work != nil else { return timers + [.gone] }
    if before != .running {
      return timers + [.refuse(Self.neverBegan(reason)), .gone]
    }
    guard let end = endBySignal(end) else {
      return timers + [.interrupt("the PowerShell host is gone: \(reason)"), .gone]
    }
    return timers + [.endByForce(end), .gone]
  }

  /// What ended the call, where a signal did: ours, or one that the process of this call alone met.
  private func endBySignal(_ end: CallEnd?) -> CallEnd? {
    let number: Int
    switch end {
    // A kill that followed on the cut came after the end, if it was not by that signal.
    case .signal(let signal, _)? where isForOneCall && (!isKilled || isCut && signal != 9):
      number = signal
    case _ where isKilled && stop != nil: number = 9
    case .signal, .exit, .limit, .cancelled, nil: return nil
    }
    return switch stop {
    case .limit(let name): .limit(name, signal: number)
    case .cancel: .cancelled(signal: number)
    case nil: end
    }
  }

  private static func neverBegan(_ why: String) -> Refusal {
    Refusal(
      reason: "powershell.host", message: "no PowerShell host could take the call: \(why)",
      remedy: "nothing has run; if the text tells of an execution policy, allow our host script by"
        + " it, else call again")
  }

  private static func name(_ message: HostMessage) -> String {
    switch message {
    case .hello: "\"hello\""
    case .refused: "\"refused\""
    case .running: "\"running\""
    case .record: "\"record\""
    case .ended: "\"ended\""
    case .idle: "\"idle\""
    }
  }
}
