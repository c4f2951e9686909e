package import Catalog
import Model
import Platform
package import Store
import Synchronization

/// Delivers what is in the outbox: one thread looks and decides, and each attempt has a thread of its
/// own, of which there are few. Nothing else ever waits for a receiver.
package final class Notifier: Sendable {
  /// Has a change written, and calls back when it is on disk.
  package typealias Write = @Sendable (NotificationChange, @escaping @Sendable () -> Void) -> Void

  private enum Input: Sendable {
    case stirred
    case policy
    /// `nil`: it was cancelled.
    case tried(String, AttemptResult?)
    case written(String)
    case stop
  }

  /// How long `stop` waits for attempts that it has cancelled.
  static let stopGrace: Duration = .seconds(4)
  /// After the outbox could not be read.
  static let troublePause: Duration = .seconds(1)
  /// Rows beyond their time that are looked at together.
  static let overdueRows = 100
  /// No longer asleep than this, whatever the outbox says.
  static let longestSleep: Duration = .seconds(3_600)

  private let storePath: String
  private let policy: @Sendable () -> PolicyBook
  private let write: Write
  private let mailbox = Mailbox<Input>()
  private let isStopping = Atomic<Bool>(false)
  private let thread = Locked<WorkerThread?>(nil)

  /// - Parameter policy: as it is now.
  package init(
    storePath: String, policy: @escaping @Sendable () -> PolicyBook, write: @escaping Write
  ) {
    self.storePath = storePath
    self.policy = policy
    self.write = write
  }

  package func start() throws {
    // A receiver that closes early must not end the control plane.
    Signals.ignoreBrokenPipe()
    let reader = Handover(try Reader(path: storePath))
    let worker = try WorkerThread(name: "notifier") { [self] in run(reader.value) }
    thread.withLock { $0 = worker }
  }

  /// There is something new in the outbox.
  package func wake() { mailbox.post(.stirred) }

  package func policyChanged() { mailbox.post(.policy) }

  /// Cancels what is under way; it is tried again after the next start.
  package func stop() {
    let worker = thread.withLock { worker in
      defer { worker = nil }
      return worker
    }
    isStopping.store(true, ordering: .relaxed)
    mailbox.post(.stop)
    worker?.join()
  }

  // MARK: The notifier's thread

  private func run(_ reader: Reader) {
    var machine = NotificationMachine()
    var random = SystemRandomNumberGenerator()
    var running = 0
    var inputs: [Input] = [.policy]
    var sleep: Duration? = .zero
    repeat {
      _ = mailbox.drain(into: &inputs, waitUpTo: sleep)
      let effects = inputs.flatMap { input in
        if case .tried = input { running -= 1 }
        return event(of: input).map { machine.step($0, at: now, random: &random) } ?? []
      }
      inputs.removeAll(keepingCapacity: true)
      running += perform(effects)
      guard !isStopping.load(ordering: .relaxed) else { break }
      do {
        running += perform(try look(reader, &machine, &random))
        sleep = try untilNext(reader, machine)
      } catch {
        sleep = Self.troublePause
      }
    } while true
    finish(machine, running)
    try? reader.close()
  }

  private var now: Instant { Instant(microseconds: Clock.now()) }

  private func event(of input: Input) -> NotificationMachine.Event? {
    switch input {
    case .stirred, .stop, .tried(_, nil): return nil
    case .policy:
      let book = policy()
      return .policy(book.hooks, book.outbox)
    case .tried(let id, let result?): return .tried(id, result)
    case .written(let id): return .written(id)
    }
  }

  private func look(
    _ reader: Reader, _ machine: inout NotificationMachine,
    _ random: inout some RandomNumberGenerator
  ) throws -> [NotificationMachine.Effect] {
    let now = now
    let due = try machine.wanted.flatMap {
      try reader.dueNotifications(of: $0.hook, at: now, limit: $0.limit)
    }
    let overdue = try reader.overdueNotifications(at: now, limit: Self.overdueRows)
    let sorted = due.sorted { ($0.nextAt, $0.id) < ($1.nextAt, $1.id) }
    return machine.step(.due(sorted), at: now, random: &random)
      + machine.step(.overdue(overdue), at: now, random: &random)
  }

  private func untilNext(_ reader: Reader, _ machine: NotificationMachine) throws -> Duration {
    let now = now
    guard let next = try reader.nextNotification(of: machine.hookNames, after: now) else {
      return Self.longestSleep
    }
    return min(next - now, Self.longestSleep)
  }

  /// - Returns: how many attempts were begun.
  private func perform(_ effects: [NotificationMachine.Effect]) -> Int {
    var begun = 0
    let book = policy()
    for effect in effects {
      switch effect {
      case .write(let change):
        write(change) { [mailbox] in mailbox.post(.written(change.id)) }
      case .attempt(let notification, let hook):
        begun += 1
        attempt(notification, hook, book.outbox)
      }
    }
    return begun
  }

  private func attempt(
    _ notification: StoredNotification, _ hook: PolicyBook.Hook, _ outbox: PolicyBook.Outbox
  ) {
    do throws(SystemError) {
      _ = try WorkerThread(name: "notification") { [self] in
        let limit = TimeLimit(hook.timeout) { self.isStopping.load(ordering: .relaxed) }
        let result =
          switch hook.action {
          case .webhook(let receiver):
            Webhook(
              notification: notification, receiver: receiver, responseBytes: outbox.responseBytes,
              limit: limit
            ).send()
          case .command(let argv):
            CommandHook(notification: notification, argv: argv, limit: limit).run()
          }
        mailbox.post(.tried(notification.id, result))
      }
    } catch {
      mailbox.post(.tried(notification.id, .failed("\(error)")))
    }
  }

  /// Waits a moment for what was cancelled, and still writes what did get through.
  private func finish(_ machine: NotificationMachine, _ running: Int) {
    var machine = machine
    var random = SystemRandomNumberGenerator()
    var running = running
    let end = ContinuousClock.now + Self.stopGrace
    while running > 0, ContinuousClock.now < end {
      var inputs: [Input] = []
      _ = mailbox.drain(into: &inputs, waitUpTo: end - ContinuousClock.now)
      for input in inputs {
        guard case .tried(let id, let result) = input else { continue }
        running -= 1
        guard let result else { continue }
        for case .write(let change) in machine.step(.tried(id, result), at: now, random: &random) {
          write(change) {}
        }
      }
    }
    mailbox.close()
  }
}

/// Moves the reader to the one thread that uses it from then on.
private struct Handover: @unchecked Sendable {
  // Safe because whoever made it gives it up.
  let value: Reader

  init(_ value: Reader) { self.value = value }
}
