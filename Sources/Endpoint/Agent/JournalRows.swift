package import JSON
package import Journal
package import Model
import Mutants
package import PluginProtocol
package import Wire

extension JournalEntry {
  /// The journal's row of it.
  ///
  /// - Parameter output: all of an ended call's, if it is little; beside the report, which has none.
  package func row(
    bootID: String, directory: String?, output: [SpoolOutput] = [], at now: Instant
  ) -> (kind: EntryKind, body: JSON) {
    switch self {
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
        ["bootId": .string(bootID), "directory": directory.map(JSON.string) ?? .null]
      )
    case .started(let at, let pid):
      (
        .started,
        ["startedAtUs": .int(Int(at.microseconds)), "pid": pid.map(JSON.int) ?? .null]
      )
    case .ended(let report): (report.entryKind, report.json.with(output))
    // Only this kind may end a call from wherever it stands; the report in it says what is known.
    case .abandoned(let report): (.cancelled, report.json)
    }
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
package struct Recollection {
  package let id: CallID
  package private(set) var offer: Offer?
  package private(set) var expiresAt = Instant(microseconds: 0)
  package private(set) var phase = Phase.received
  /// The life of the machine in which it was released.
  package private(set) var releasedIn: String?
  /// The name of its directory.
  package private(set) var directory: String?
  package private(set) var start: Start?
  /// All of it, where the journal keeps it.
  package private(set) var output: [SpoolOutput]?

  package init(_ open: OpenCall) throws {
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
      case .ended, .rejected, .cancelled, .expired:
        phase = .ended(try Report(body))
        output = try body["output"]?.array?.map { piece throws in try SpoolOutput(journaled: piece)
        }
      case .confirmed: break
      }
    }
  }
}

extension JSON {
  fileprivate func with(_ output: [SpoolOutput]) -> JSON {
    guard !output.isEmpty, !Mutant.outputNotJournaled.isPlanted, var members = object else {
      return self
    }
    members["output"] = .array(output.map(\.journaled))
    return .object(members)
  }
}

extension SpoolOutput {
  fileprivate var journaled: JSON {
    [
      "stream": .string(stream.rawValue), "offset": .int(offset),
      "atUs": .int(Int(at.microseconds)), "base64": .string(Base64.text(bytes)),
    ]
  }

  fileprivate init(journaled json: JSON) throws {
    guard let stream = OutputStream(rawValue: try json.requiredString("stream")),
      let bytes = Base64.bytes(try json.requiredString("base64"))
    else { throw ShapeError(pointer: "/output", expected: "output of a call") }
    self.init(
      stream: stream, offset: try json.requiredCount("offset"),
      at: try json.requiredInstant("atUs"), bytes: bytes)
  }
}
