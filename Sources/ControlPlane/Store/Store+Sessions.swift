import Engine
import JSON
import Model
import SQLite

extension Store {
  func save(_ session: Session) throws(SQLiteError) {
    try begin()
    let row = try database.cached(
      """
      INSERT INTO sessions VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
      ON CONFLICT (id) DO UPDATE SET used_at = ?8, closed_at = ?9, closed_by = ?10, reason = ?11,
        closed_under = ?12
      """)
    try row.bind(1, session.id.text)
    try row.bind(2, session.endpoint.text)
    try row.bind(3, session.endpointName)
    try row.bind(4, session.by)
    try row.bind(5, session.note)
    try row.bind(6, session.openedAt.microseconds)
    try row.bind(7, session.openedUnder.compact)
    try row.bind(8, session.usedAt.microseconds)
    try row.bind(9, session.closing?.at.microseconds)
    try row.bind(10, session.closing?.by)
    try row.bind(11, session.closing?.reason)
    try row.bind(12, session.closing?.under.compact)
    try row.run()
  }

  /// Sessions that are open.
  func openSessions() throws -> [Session] {
    var open: [Session] = []
    try forEach(
      """
      SELECT id, endpoint, endpoint_name, opened_by, note, opened_at, opened_under, used_at
      FROM sessions INDEXED BY open_sessions WHERE closed_at IS NULL ORDER BY id
      """
    ) { row throws in
      open.append(
        Session(
          id: SessionID(row.text(0)), endpoint: EndpointID(row.text(1)), endpointName: row.text(2),
          by: row.text(3), note: row.optionalText(4),
          openedAt: Instant(microseconds: row.int64(5)),
          openedUnder: try JSON(parsing: row.text(6)),
          usedAt: Instant(microseconds: row.int64(7))))
    }
    return open
  }
}
