/// The statements that `Database.cached` keeps, the least recently used one leaving first.
struct StatementCache {
  static let statementsMax = 128

  private var statements: [String: Statement] = [:]
  private var clock = 0

  mutating func statement(
    for sql: String, preparing prepare: () throws(SQLiteError) -> Statement
  ) throws(SQLiteError) -> Statement {
    clock += 1
    if let known = statements[sql] {
      // Someone is still reading its rows: a second reader gets its own.
      guard !known.isBusy else { return try prepare() }
      known.lastUse = clock
      return known
    }
    let statement = try prepare()
    statement.lastUse = clock
    if statements.count >= Self.statementsMax { removeOldest() }
    statements[sql] = statement
    return statement
  }

  mutating func removeAll() { statements.removeAll() }

  private mutating func removeOldest() {
    let oldest = statements.values.min { $0.lastUse < $1.lastUse }
    if let oldest { statements[oldest.sql] = nil }
  }
}

extension Database {
  /// A statement prepared once and kept, for SQL that is used now and then; a hot path holds on to
  /// its own from `prepare`. Earlier bindings are cleared.
  package func cached(_ sql: String) throws(SQLiteError) -> Statement {
    let connection = connection
    let statement = try cache.statement(for: sql) { () throws(SQLiteError) in
      try Statement(sql, on: connection)
    }
    statement.clearBindings()
    return statement
  }
}
