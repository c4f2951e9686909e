package import Model
import SQLite

extension Reader {
  package func notification(_ id: String) throws -> StoredNotification? {
    let row = try database.cached(
      "SELECT \(StoredNotification.columns) FROM notifications WHERE id = ?")
    try row.bind(1, id)
    defer { row.reset() }
    return try row.step() ? StoredNotification(row: row) : nil
  }

  package func notifications(_ filter: NotificationFilter) throws -> [StoredNotification] {
    var sql = "SELECT \(StoredNotification.columns) FROM notifications WHERE id < ?"
    var texts = [filter.before ?? CallFilter.afterAll]
    for (column, text) in [
      ("state", filter.state?.rawValue), ("hook", filter.hook), ("call", filter.call?.text),
    ] {
      guard let text else { continue }
      sql += " AND \(column) = ?"
      texts.append(text)
    }
    let row = try database.cached(sql + " ORDER BY id DESC LIMIT ?")
    for (index, text) in texts.enumerated() { try row.bind(index + 1, text) }
    try row.bind(texts.count + 1, filter.limit)
    return try all(row)
  }

  /// Those of a hook that may be tried now, the longest due first.
  package func dueNotifications(
    of hook: String, at now: Instant, limit: Int
  ) throws -> [StoredNotification] {
    let row = try database.cached(
      """
      SELECT \(StoredNotification.columns) FROM notifications
      WHERE state = 'pending' AND hook = ? AND next_at <= ? ORDER BY next_at LIMIT ?
      """)
    try row.bind(1, hook)
    try row.bind(2, now.microseconds)
    try row.bind(3, limit)
    return try all(row)
  }

  /// Those that are pending beyond their time, whatever their hook.
  package func overdueNotifications(
    at now: Instant, limit: Int
  ) throws -> [StoredNotification] {
    let row = try database.cached(
      """
      SELECT \(StoredNotification.columns) FROM notifications
      WHERE state = 'pending' AND give_up_at <= ? ORDER BY give_up_at LIMIT ?
      """)
    try row.bind(1, now.microseconds)
    try row.bind(2, limit)
    return try all(row)
  }

  /// When there is something to do next, as far as it is not due already.
  package func nextNotification(of hooks: [String], after now: Instant) throws -> Instant? {
    var times: [Int64] = []
    let due = try database.cached(
      """
      SELECT min(next_at) FROM notifications
      WHERE state = 'pending' AND hook = ? AND next_at > ?
      """)
    for hook in hooks {
      try due.bind(1, hook)
      try due.bind(2, now.microseconds)
      if try due.step(), let time = due.optionalInt64(0) { times.append(time) }
      due.reset()
    }
    let overdue = try database.cached(
      "SELECT min(give_up_at) FROM notifications WHERE state = 'pending' AND give_up_at > ?")
    try overdue.bind(1, now.microseconds)
    if try overdue.step(), let time = overdue.optionalInt64(0) { times.append(time) }
    overdue.reset()
    return times.min().map { Instant(microseconds: $0) }
  }

  /// How many are pending, and since when the oldest of them is.
  package func pendingNotifications() throws -> (count: Int, oldest: Instant?) {
    let row = try database.cached(
      "SELECT count(*), min(created_at) FROM notifications WHERE state = 'pending'")
    defer { row.reset() }
    guard try row.step() else { return (0, nil) }
    return (row.int(0), row.optionalInt64(1).map { Instant(microseconds: $0) })
  }

  private func all(_ row: Statement) throws -> [StoredNotification] {
    defer { row.reset() }
    var found: [StoredNotification] = []
    while try row.step() { found.append(try StoredNotification(row: row)) }
    return found
  }
}
