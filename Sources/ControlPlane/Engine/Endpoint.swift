package import Model
import Mutants
package import Wire

/// An enrolled machine, with what was proved of its reachability.
package struct Endpoint: Sendable {
  package let id: EndpointID
  package let name: String
  package let joinedAt: Instant
  /// SHA-256 of the credential; the credential itself is not kept.
  package let credentialHash: [UInt8]
  package internal(set) var epoch: EpochID
  /// The newest journal row that the control plane knows of under this epoch.
  package internal(set) var seen: JournalHead = .empty
  package internal(set) var runtime: RuntimeInfo?
  /// When the endpoint was last heard.
  package internal(set) var lastContact: Instant?
  package internal(set) var link: LinkID?
  /// The newest link that it was welcomed on. What an older one says has been on the way for too long.
  var newestLink: LinkID?
  package internal(set) var capacity = 0
  package internal(set) var waiting = WaitingLine()
  /// Calls that the runtime was handed.
  package internal(set) var handed: Set<CallID> = []
  /// Bytes of the offers that the runtime has not answered, by call and together.
  private var unanswered: [CallID: Int] = [:]
  package private(set) var unansweredBytes = 0
  /// Steps of batches that wait for the step before.
  package internal(set) var held = WaitingLine()
  var pace: Pace?
  package internal(set) var newestCall: CallID?
  var confirms = 0

  package init(
    id: EndpointID, name: String, joinedAt: Instant, credentialHash: [UInt8], epoch: EpochID,
    seen: JournalHead = .empty, runtime: RuntimeInfo? = nil, lastContact: Instant? = nil
  ) {
    self.id = id
    self.name = name
    self.joinedAt = joinedAt
    self.credentialHash = credentialHash
    self.epoch = epoch
    self.seen = seen
    self.runtime = runtime
    self.lastContact = lastContact
  }

  /// What the store keeps of it. Without the books of its calls: whoever held them, too, would have each
  /// change of them copy them all.
  var stored: Endpoint {
    Endpoint(
      id: id, name: name, joinedAt: joinedAt, credentialHash: credentialHash, epoch: epoch,
      seen: seen, runtime: runtime, lastContact: lastContact)
  }

  /// Keeps the books: a call waits, is handed, or is neither.
  ///
  /// - Parameter offerBytes: of an offer of it.
  mutating func place(_ call: Call, offerBytes: () -> Int) {
    let priority = call.request.shape.priority
    if call.isHanded {
      if handed.insert(call.id).inserted { waiting.remove(call.id, priority: priority) }
    } else {
      handed.remove(call.id)
      if call.isOpen, call.delivery == .held {
        held.insert(call.id)
      } else {
        if call.request.batch?.after != nil { held.remove(call.id) }
        if call.isOpen {
          waiting.insert(call.id, priority: priority)
        } else {
          waiting.remove(call.id, priority: priority)
        }
      }
    }
    if call.isOpen, call.delivery == .offered {
      awaitAnswer(to: call.id, bytes: offerBytes())
    } else {
      answered(call.id)
    }
  }

  private mutating func awaitAnswer(to call: CallID, bytes: Int) {
    guard unanswered[call] == nil else { return }
    unanswered[call] = bytes
    unansweredBytes += bytes
  }

  private mutating func answered(_ call: CallID) {
    if let bytes = unanswered.removeValue(forKey: call) { unansweredBytes -= bytes }
  }

  /// No call of this endpoint below it is ever offered again.
  package var lowWater: CallID? {
    if Mutant.lowWaterTooHigh.isPlanted { return newestCall }
    return [waiting.oldest, handed.min(), held.oldest].compactMap { $0 }.min() ?? newestCall
  }
}

/// Whether a call would reach the endpoint now: what the last round trip proved, and how old that
/// proof is. There is no green dot.
package enum Reachability: Sendable, Hashable {
  case reachable(roundTrip: Duration, provenAgo: Duration)
  /// A connection is there, and no round trip has proved it yet.
  case connecting
  /// A connection is there, but it missed its heartbeats.
  case silent(since: Duration)
  case lastContact(ago: Duration)
  case never
}

/// A connection, from socket to hello to its end.
struct Link: Sendable {
  let id: LinkID
  let openedAt: Instant
  var endpoint: EndpointID?
  var nextRequest = 1
  var heartbeatSent: (id: Int, at: Instant)?
  var roundTrip: Duration?
  var provenAt: Instant?
  /// A heartbeat is due as soon as the last one is answered: it was sent before there was a session.
  var hasMoreToTell = false
}
