import SQLite

/// The writer's statements, prepared once.
struct Statements {
  let insertCall: Statement
  let updateCall: Statement
  let scrubArguments: Statement
  let insertRetry: Statement
  let insertShape: Statement
  let insertBatch: Statement
  let insertBatchCall: Statement
  let insertSessionCall: Statement
  let insertTransition: Statement
  let insertAttempt: Statement
  let insertExecution: Statement
  let insertResult: Statement
  let insertOutput: Statement
  let insertDefinition: Statement
  let saveEndpoint: Statement
  let saveContact: Statement
  let deleteEndpoint: Statement
  let selectOutput: Statement
  let selectKey: Statement

  init(_ database: Database) throws(SQLiteError) {
    insertCall = try database.prepare(
      """
      INSERT INTO calls (id, endpoint, endpoint_name, tool, tool_version, digest, arguments,
        shown_arguments, idempotency_key, requested_by, accepted_at, expires_at, ack_within,
        max_attempts, idempotent, delivery, execution, output, validity, outcome, reason, remedy,
        cancelled_by, started_at, ended_at, transitions)
      VALUES (?1, ?2, coalesce((SELECT name FROM endpoints WHERE id = ?2), ''), ?3, ?4, ?5, ?6, ?7,
        ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25)
      """)
    updateCall = try database.prepare(
      """
      UPDATE calls SET delivery = ?1, execution = ?2, output = ?3, validity = ?4, outcome = ?5,
        reason = ?6, remedy = ?7, cancelled_by = ?8, started_at = ?9, ended_at = ?10,
        transitions = ?11
      WHERE id = ?12 AND outcome IS NULL
      """)
    scrubArguments = try database.prepare(
      "UPDATE calls SET arguments = shown_arguments WHERE id = ?1 AND shown_arguments IS NOT NULL")
    insertRetry = try database.prepare("INSERT INTO retries VALUES (?1, ?2)")
    insertShape = try database.prepare("INSERT INTO shapes VALUES (?1, ?2)")
    insertBatch = try database.prepare("INSERT INTO batches VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
    insertBatchCall = try database.prepare("INSERT INTO batch_calls VALUES (?1, ?2, ?3)")
    insertSessionCall = try database.prepare("INSERT INTO session_calls VALUES (?1, ?2)")
    insertTransition = try database.prepare(
      "INSERT INTO transitions VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")
    insertAttempt = try database.prepare(
      "INSERT OR REPLACE INTO attempts VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")
    insertExecution = try database.prepare("INSERT OR REPLACE INTO executions VALUES (?1, ?2)")
    insertResult = try database.prepare("INSERT OR REPLACE INTO results VALUES (?1, ?2, ?3, ?4)")
    insertOutput = try database.prepare("INSERT INTO output_chunks VALUES (?1, ?2, ?3, ?4, ?5)")
    insertDefinition = try database.prepare(
      "INSERT INTO definitions VALUES (?1, ?2) ON CONFLICT DO NOTHING")
    saveEndpoint = try database.prepare(
      "INSERT OR REPLACE INTO endpoints VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")
    saveContact = try database.prepare(
      "UPDATE endpoints SET seen_sequence = ?, seen_hash = ?, last_contact = ? WHERE id = ?")
    deleteEndpoint = try database.prepare("DELETE FROM endpoints WHERE id = ?1")
    selectOutput = try database.prepare(
      "SELECT bytes FROM output_chunks WHERE call = ?1 AND stream = ?2 ORDER BY offset")
    selectKey = try database.prepare(
      """
      SELECT calls.id, endpoint, digest, coalesce(shown_arguments, arguments), batches.id,
        request_digest, json_extract(shape, '$.runtime'), session FROM calls
        LEFT JOIN batch_calls ON batch_calls.call = calls.id
        LEFT JOIN batches ON batches.id = batch_calls.batch
        LEFT JOIN shapes ON shapes.call = calls.id
        LEFT JOIN session_calls ON session_calls.call = calls.id
      WHERE idempotency_key = ?1
      """)
  }
}
