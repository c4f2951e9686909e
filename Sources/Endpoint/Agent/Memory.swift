import Digest
import JSON
import Journal
import Model
import Platform
import Wire

/// The journal in the agent's words.
struct Memory {
  let journal: Journal

  init(path: String) throws {
    let limits = Journal.Limits()
    journal = try Journal.open(path: path, limits: limits)
    // SQLite begins its log again from the start when it was moved: it never grows beyond this.
    try Files.fill(path + "-wal", to: limits.walBytesMax + (1 << 20))
  }

  var head: JournalHead {
    let head = journal.head
    return JournalHead(sequence: head.sequence, hash: Hex.text(head.hash))
  }

  /// The row at `sequence`, if the journal still has it.
  func row(at sequence: Int) throws -> JournalHead? {
    try journal.hash(at: sequence).map { JournalHead(sequence: sequence, hash: Hex.text($0)) }
  }

  /// - Parameter directory: the name of the call's directory, once it has one.
  func append(
    _ entry: JournalEntry, of call: CallID, in directory: String?, at now: Instant
  ) throws {
    let (kind, body): (EntryKind, JSON) =
      switch entry {
      case .received(let offer):
        (
          .received,
          .object(
            JSONObject([
              ("offer", offer.json),
              ("expiresAtUs", .int(Int((now + offer.expiresIn).microseconds))),
            ]))
        )
      case .released:
        (
          .released,
          [
            "bootId": .string(Machine.bootID),
            "directory": directory.map(JSON.string) ?? .null,
          ]
        )
      case .started(let at, let pid):
        (
          .started,
          ["startedAtUs": .int(Int(at.microseconds)), "pid": pid.map(JSON.int) ?? .null]
        )
      case .ended(let report): (report.entryKind, report.json)
      // Only this kind may end a call from wherever it stands; the report in it says what is known.
      case .abandoned(let report): (.cancelled, report.json)
      }
    _ = try journal.append(call: call, kind: kind, at: now, body: body.bytes)
  }

  /// What the journal holds of each call that is not confirmed.
  func openCalls() throws -> [Recollection] {
    try journal.openCalls().map { open throws in try Recollection(open) }
  }
}

extension Report {
  /// How the journal files it: only `ended` may follow a process that began.
  fileprivate var entryKind: EntryKind {
    switch self {
    case .ended, .interrupted, .lost: .ended
    case .rejected: .rejected
    case .cancelled: .cancelled
    case .expired: .expired
    }
  }
}

/// A call as the journal of an agent that starts has it.
struct Recollection {
  let id: CallID
  private(set) var offer: Offer?
  private(set) var expiresAt = Instant(microseconds: 0)
  private(set) var phase = Phase.received
  /// The life of the machine in which it was released.
  private(set) var releasedIn: String?
  /// The name of its directory.
  private(set) var directory: String?
  private(set) var start: Start?

  init(_ open: OpenCall) throws {
    id = open.call
    for entry in open.entries {
      let body = try JSON(parsing: entry.body)
      switch entry.kind {
      case .received:
        offer = try Offer(body["offer"] ?? .null)
        expiresAt = try body.requiredInstant("expiresAtUs")
      case .released:
        phase = .released
        releasedIn = body["bootId"]?.string
        // Rows of earlier agents name none: there a call's directory had the name of the call.
        directory = body["directory"]?.string ?? open.call.text
      case .started:
        phase = .started
        // Rows of earlier agents have only their own time, which is a moment later.
        let at = try body["startedAtUs"].map { _ in try body.requiredInstant("startedAtUs") }
        start = Start(at: at ?? entry.at, pid: body["pid"]?.int)
      case .ended, .rejected, .cancelled, .expired: phase = .ended(try Report(body))
      case .confirmed: break
      }
    }
  }
}
