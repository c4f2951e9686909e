import Bridge
import JSON
import Journal
import Model
import Mutants
import Platform
import Wire

extension Core {
  // MARK: The link

  mutating func stepLink(_ event: LinkMachine.Event) {
    let before = link.state
    for effect in link.step(event, at: now, random: surroundings.randomWord()) {
      switch effect {
      case .dial:
        dials += 1
        connection = dials
        dialer.dial(connection)
      case .sayHello: sayHello(proving: nil)
      case .close(let reason): dialer.close(connection, reason: reason)
      }
    }
    if case .waiting(let until, _, let reason) = link.state, link.state != before {
      // What goes on for the same reason is said once.
      guard reason != toldReason else { return }
      toldReason = reason
      let wait = (until - now).wholeMilliseconds
      configuration.log("link: \(reason); next try in \(max(0, wait)) ms, then ever more slowly")
    }
  }

  mutating func take(_ event: BridgeEvent) throws {
    guard event.connection == connection else { return }
    switch event {
    case .opened: stepLink(.socketOpened)
    case .message(_, let message):
      stepLink(.received)
      try take(message)
    case .closed(_, let reason): stepLink(.closed(reason: reason))
    }
  }

  private func isOpen() -> Bool {
    if case .open = link.state { return true }
    return false
  }

  /// Sends a message, and before it what has waited. Without a link nothing is lost: the next hello says
  /// it all again.
  mutating func send(_ message: Message) {
    guard isOpen() else { return }
    held.add(message, to: connection)
    sendHeld()
  }

  /// Sends a message that nobody waits for: with the next one, if that comes soon. The acknowledgement
  /// and the end of a short call then wake the control plane once.
  mutating func sendSoon(_ message: Message) {
    guard isOpen() else { return }
    held.add(message, to: connection)
    if held.due == nil { held.due = now + HeldMessages.patience }
  }

  mutating func sendHeld() {
    let messages = held.take(for: connection)
    if isOpen(), !messages.isEmpty { dialer.send(messages, on: connection) }
  }

  // MARK: Hello

  private mutating func sayHello(proving row: JournalHead?) {
    guard let proof = proof() else {
      dialer.close(connection, reason: "no credential and no join token")
      return
    }
    helloID += 1
    lookForSessions()
    let hello = Hello(
      name: configuration.name, proof: proof,
      runtime: runtimeInfo,
      epoch: journal.epoch, head: journal.head, provenRow: row,
      capacity: configuration.machine.capacity, calls: machine.held)
    helloHead = hello.head.sequence
    toldRuntimes = hello.runtime.runtimes
    dialer.send([.hello(id: helloID, hello)], on: connection)
  }

  private func proof() -> Proof? {
    if let identity { return .credential(identity.endpoint, secret: identity.credential) }
    do {
      if let token = try surroundings.joinToken() { return .joinToken(token) }
      configuration.log("this endpoint has not joined: give --join-token-file")
      return nil
    } catch {
      configuration.log("cannot read the join token: \(error)")
      return nil
    }
  }

  private mutating func welcomed(_ welcome: Welcome) throws {
    if let credential = welcome.credential {
      let joined = Identity(endpoint: welcome.endpoint, credential: credential)
      try surroundings.keep(joined)
      identity = joined
    }
    if journal.epoch != welcome.epoch {
      beginBatch()
      try journal.setEpoch(welcome.epoch)
      try step(.memoryReplaced)
    }
    retirement.seen(helloHead)
    link.settings.heartbeat = welcome.heartbeat
    credit = welcome.creditBytes
    stepLink(.welcomed)
    restartOutput(welcome.outputs)
    if !welcome.started.isEmpty || !welcome.closed.isEmpty {
      try step(.mustNotBegin(started: welcome.started, closed: welcome.closed))
    }
    try step(.welcomed)
    if let mark = welcome.lowWater { try step(.confirmed([], lowWater: mark)) }
    toldReason = nil
    stepSelfCheck(.changed(.controlPlane))
    configuration.log("link: open as \(welcome.endpoint), epoch \(welcome.epoch)")
  }

  // MARK: Messages

  mutating func answerHeartbeats() {
    for id in heartbeats {
      let health = selfCheck.health(at: now)
      send(
        .reply(id: id, .alive(journal.head, health: health, runtimes: untoldRuntimes())))
    }
    heartbeats.removeAll(keepingCapacity: true)
  }

  private mutating func take(_ message: Message) throws {
    switch message {
    case .offer(let offer): try offered(offer)
    case .cancel(let cancel): try step(.cancel(cancel.call))
    case .confirm(let confirm):
      credit += confirm.creditBytes
      for call in confirm.finished { retirement.seen(outflows[call]?.reportedHead ?? 0) }
      if !confirm.finished.isEmpty || confirm.lowWater != nil {
        try step(.confirmed(confirm.finished, lowWater: confirm.lowWater))
      }
    case .probe(let id, let call): try step(.probed(request: id, call))
    case .heartbeat(let id, let session):
      heartbeats.append(id)
      sessionUntil = session.map { now + $0 }
      if Mutant.heartbeatBeforeSync.isPlanted { answerHeartbeats() }
    case .reply(let id, .welcome(let welcome)) where id == helloID: try welcomed(welcome)
    case .reply(let id, .prove(let sequence)) where id == helloID:
      sayHello(proving: try journal.row(at: sequence) ?? .empty)
    case .refusal(_, let refusal):
      configuration.log("link: refused (\(refusal.code)): \(refusal.message)")
      dialer.close(connection, reason: "refused: \(refusal.code)")
    case .hello, .acknowledge, .refused, .released, .output, .finished, .reply:
      dialer.close(connection, reason: "this method does not go from a control plane to a runtime")
    }
  }
}
