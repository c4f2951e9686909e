import Digest
import Journal
import Model

/// What a journal should be, as simply as it can be said: a list of entries that are all kept.
/// A value, so that a crash is an assignment.
struct ModelJournal {
  private(set) var entries: [Entry] = []
  private(set) var hashes = [Head.none.hash]
  private(set) var lowWater = ""
  private(set) var base = 0
  var epoch: EpochID?
  var note: [UInt8]?

  /// Every way a call may go, a letter for each entry.
  private static let courses = [
    "rlsec", "rlec", "rljc", "rlkc", "rjc", "rkc", "rxc", "jc", "kc", "xc",
  ]

  private static func letter(_ kind: EntryKind) -> Character {
    switch kind {
    case .received: "r"
    case .released: "l"
    case .started: "s"
    case .ended: "e"
    case .rejected: "j"
    case .cancelled: "k"
    case .expired: "x"
    case .confirmed: "c"
    }
  }

  var head: Head { Head(sequence: entries.count, hash: hashes[entries.count]) }

  func course(of call: CallID) -> String {
    String(entries.filter { $0.call == call }.map { Self.letter($0.kind) })
  }

  func isConfirmed(_ call: CallID) -> Bool { course(of: call).hasSuffix("c") }

  func allows(_ kind: EntryKind, for call: CallID) -> Bool {
    let course = course(of: call)
    if course.isEmpty && call.text < lowWater { return false }
    return Self.courses.contains { $0.hasPrefix(course + String(Self.letter(kind))) }
  }

  mutating func append(_ call: CallID, _ kind: EntryKind, _ at: Instant, _ body: [UInt8]) {
    let sequence = entries.count + 1
    entries.append(Entry(sequence: sequence, call: call, kind: kind, at: at, body: body))
    var message = hashes[sequence - 1]
    for number in [UInt64(sequence), UInt64(bitPattern: at.microseconds)] {
      message += (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) }
    }
    message += Array(kind.rawValue.utf8) + [0] + Array(call.text.utf8) + [0]
    hashes.append(SHA256.digest(of: message + SHA256.digest(of: body)))
  }

  mutating func prune(before lowWater: String) {
    if lowWater < self.lowWater { return }
    self.lowWater = lowWater
    while base < entries.count {
      let call = entries[base].call
      guard call.text < lowWater, isConfirmed(call) else { return }
      base += 1
    }
  }

  var openCalls: [OpenCall] {
    var order: [CallID] = []
    for entry in entries where !order.contains(entry.call) { order.append(entry.call) }
    return order.filter { !isConfirmed($0) }.map { call in
      OpenCall(call: call, entries: entries.filter { $0.call == call })
    }
  }

  func standing(of call: CallID) -> Journal.Standing {
    let course = course(of: call)
    guard let last = entries.last(where: { $0.call == call }), last.kind != .confirmed else {
      return course.isEmpty && call.text >= lowWater ? .unknown : .tombstone
    }
    return .open(last: last.kind, isReleased: course.contains("l"))
  }
}
