package import JSON
package import Model

/// Somebody's engagement with an endpoint: calls belong to it, and updates wait for it.
package struct Session: Sendable, Hashable {
  package let id: SessionID
  package let endpoint: EndpointID
  /// Kept, because a session is told of when its endpoint is no more.
  package let endpointName: String
  package let by: String
  package let note: String?
  package let openedAt: Instant
  /// How the bridge stood then.
  package let openedUnder: JSON
  /// When it was opened, or a call of it was accepted or ended last.
  package internal(set) var usedAt: Instant
  package internal(set) var closing: Closing?

  package struct Closing: Sendable, Hashable {
    package let at: Instant
    package let by: String
    package let reason: String
    package let under: JSON

    package init(at: Instant, by: String, reason: String, under: JSON) {
      self.at = at
      self.by = by
      self.reason = reason
      self.under = under
    }
  }

  package init(
    id: SessionID, endpoint: EndpointID, endpointName: String, by: String, note: String?,
    openedAt: Instant, openedUnder: JSON, usedAt: Instant
  ) {
    self.id = id
    self.endpoint = endpoint
    self.endpointName = endpointName
    self.by = by
    self.note = note
    self.openedAt = openedAt
    self.openedUnder = openedUnder
    self.usedAt = usedAt
  }
}

/// A request for a session.
package struct SessionRequest: Sendable {
  package var endpoint: EndpointID
  package var by: String
  package var note: String?

  package init(endpoint: EndpointID, by: String, note: String?) {
    self.endpoint = endpoint
    self.by = by
    self.note = note
  }
}

/// The sessions that are open, and when each has been left alone for too long. One that has an open call
/// is in use.
struct Sessions: Sendable {
  private(set) var open: [SessionID: Session] = [:]
  private var openCalls: [SessionID: Int] = [:]
  private var byEndpoint: [EndpointID: Set<SessionID>] = [:]
  private var deadlines = Deadlines<SessionID>()
  private let idle: Duration

  init(idle: Duration) { self.idle = idle }

  var nextDeadline: Instant? { deadlines.earliest }

  func sessions(with endpoint: EndpointID) -> [SessionID] {
    byEndpoint[endpoint, default: []].sorted()
  }

  /// When it ends if it is left alone; nil while it has an open call.
  func idleAt(_ session: Session) -> Instant? {
    openCalls[session.id] == nil ? session.usedAt + idle : nil
  }

  /// How long there is a session with the endpoint at least, if nobody closes it. Its open calls do not
  /// make that longer: the endpoint knows of those that it has, and those that are held until it works
  /// again must not keep it from that.
  func lasting(with endpoint: EndpointID, at now: Instant) -> Duration? {
    byEndpoint[endpoint]?.compactMap { open[$0] }.map { max(.zero, $0.usedAt + idle - now) }.max()
  }

  mutating func add(_ session: Session) {
    open[session.id] = session
    byEndpoint[session.endpoint, default: []].insert(session.id)
    deadlines.set(session.id, idleAt(session))
  }

  mutating func remove(_ id: SessionID) -> Session? {
    guard let session = open.removeValue(forKey: id) else { return nil }
    openCalls[id] = nil
    byEndpoint[session.endpoint]?.remove(id)
    if byEndpoint[session.endpoint]?.isEmpty == true { byEndpoint[session.endpoint] = nil }
    deadlines.set(id, nil)
    return session
  }

  /// Counts a call of a session, or takes it from the count.
  /// - Parameter now: when the session was used by that; nil for what the store tells.
  /// - Returns: nil for a session that is not open.
  mutating func count(_ calls: Int, of id: SessionID, at now: Instant?) -> Session? {
    guard var session = open[id] else { return nil }
    let count = openCalls[id, default: 0] + calls
    openCalls[id] = count > 0 ? count : nil
    if let now { session.usedAt = now }
    open[id] = session
    deadlines.set(id, idleAt(session))
    return session
  }

  mutating func popIdle(at now: Instant) -> SessionID? { deadlines.popDue(at: now) }
}
