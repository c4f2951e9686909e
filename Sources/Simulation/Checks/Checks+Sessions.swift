import Engine
import Model

// A session is on disk before anyone is told of it, and takes calls only while it is open.

extension Checks {
  func opened(_ id: SessionID) {
    world.mark("session")
    if rows.sessions[id] == nil { violate("a session was opened and is not on disk") }
  }

  /// Before the rows change.
  func committing(_ session: Session) {
    if rows.sessions[session.id]?.closing != nil { violate("a closed session was changed") }
    guard let closing = session.closing else { return }
    world.mark(closing.by == "technician" ? "session closed" : "session closed by itself")
  }

  /// Before the rows change.
  func committing(_ call: Call) {
    guard let id = call.request.session else { return }
    world.mark("call of a session")
    guard let session = rows.sessions[id] else {
      return violate("a call belongs to a session that is not on disk", call.id)
    }
    if session.closing != nil { violate("a call was accepted in a closed session", call.id) }
    if session.endpoint != call.endpoint {
      violate("a call was accepted in a session with another endpoint", call.id)
    }
  }
}
