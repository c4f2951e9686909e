import SQLite

extension Journal {
  /// "SBJ1".
  static let migrator = Migrator(
    name: "journal", applicationID: 0x5342_4A31,
    steps: [
      """
      CREATE TABLE entries (
        sequence INTEGER PRIMARY KEY,
        call TEXT NOT NULL,
        kind TEXT NOT NULL,
        at INTEGER NOT NULL,
        digest BLOB NOT NULL,
        hash BLOB NOT NULL,
        body BLOB
      ) STRICT;
      CREATE TABLE head (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        sequence INTEGER NOT NULL,
        hash BLOB NOT NULL
      ) STRICT;
      CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
      INSERT INTO head VALUES (1, 0, zeroblob(32));
      """,
      // Version 2 says in its `released` rows which directory a call has. The tables are the same, but
      // an agent of version 1 would look for the call in another place, find nothing there, and run
      // it again: it has to refuse the file.
      "UPDATE head SET id = 1",
      // Version 3 says in its `received` rows in which runtime a call runs. An agent of version 2 would
      // run a call of a user's session in the service: it has to refuse the file.
      "UPDATE head SET id = 1",
    ])
}

/// The statements of a journal, prepared once.
struct JournalStatements {
  let insert: Statement
  let claimHead: Statement
  let dropBody: Statement
  let select: Statement
  let inspect: Statement
  let claimedHead: Statement
  let hash: Statement
  let prune: Statement
  let putMeta: Statement
  let removeMeta: Statement

  init(_ database: Database) throws(SQLiteError) {
    insert = try database.prepare(
      """
      INSERT INTO entries (sequence, call, kind, at, digest, hash, body)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
      """)
    claimHead = try database.prepare("UPDATE head SET sequence = ?1, hash = ?2 WHERE id = 1")
    dropBody = try database.prepare("UPDATE entries SET body = NULL WHERE sequence = ?1")
    select = try database.prepare(
      "SELECT sequence, call, kind, at, digest, hash, body FROM entries WHERE sequence = ?1")
    inspect = try database.prepare(
      """
      SELECT sequence, call, kind, at, digest, hash, body FROM entries
      WHERE sequence > ?1 AND sequence <= ?2 ORDER BY sequence LIMIT ?3
      """)
    claimedHead = try database.prepare("SELECT sequence, hash FROM head WHERE id = 1")
    hash = try database.prepare("SELECT hash FROM entries WHERE sequence = ?1")
    prune = try database.prepare("DELETE FROM entries WHERE sequence <= ?1")
    putMeta = try database.prepare("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)")
    removeMeta = try database.prepare("DELETE FROM meta WHERE key = ?1")
  }
}
