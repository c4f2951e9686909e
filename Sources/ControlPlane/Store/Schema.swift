import SQLite

/// The tables of the control plane. A step, once released, is never edited: a change is a new step.
enum Tables {
  static let migrator = Migrator(
    name: "control plane store", applicationID: 0x5347_4258,
    steps: [first, second, third, fourth, fifth, sixth])

  /// Metadata and output are separate tables: `executions` says that and how a call ran,
  /// `output_chunks` what it printed. A call that ran and printed nothing has a row in the first and
  /// none in the second.
  private static let first = """
    CREATE TABLE endpoints (
      id TEXT PRIMARY KEY,
      name TEXT NOT NULL UNIQUE,
      joined_at INTEGER NOT NULL,
      credential_hash BLOB NOT NULL,
      epoch TEXT NOT NULL,
      seen_sequence INTEGER NOT NULL,
      seen_hash TEXT NOT NULL,
      runtime TEXT,
      last_contact INTEGER
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE definitions (
      digest TEXT PRIMARY KEY,
      text TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE calls (
      id TEXT PRIMARY KEY,
      endpoint TEXT NOT NULL,
      endpoint_name TEXT NOT NULL,
      tool TEXT NOT NULL,
      tool_version TEXT NOT NULL,
      digest TEXT NOT NULL,
      arguments TEXT NOT NULL,
      shown_arguments TEXT,
      idempotency_key TEXT,
      requested_by TEXT NOT NULL,
      accepted_at INTEGER NOT NULL,
      expires_at INTEGER NOT NULL,
      ack_within INTEGER NOT NULL,
      max_attempts INTEGER NOT NULL,
      idempotent INTEGER NOT NULL,
      delivery TEXT NOT NULL,
      execution TEXT NOT NULL,
      output TEXT NOT NULL,
      validity TEXT NOT NULL,
      outcome TEXT,
      reason TEXT NOT NULL,
      remedy TEXT,
      cancelled_by TEXT,
      started_at INTEGER,
      ended_at INTEGER,
      transitions INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX open_calls ON calls (id) WHERE outcome IS NULL;
    CREATE INDEX calls_by_key ON calls (idempotency_key) WHERE idempotency_key IS NOT NULL;
    CREATE TABLE attempts (
      call TEXT NOT NULL,
      number INTEGER NOT NULL,
      link INTEGER NOT NULL,
      offered_at INTEGER NOT NULL,
      result TEXT NOT NULL,
      answered_at INTEGER,
      PRIMARY KEY (call, number)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE transitions (
      call TEXT NOT NULL,
      sequence INTEGER NOT NULL,
      at INTEGER NOT NULL,
      kind TEXT NOT NULL,
      delivery TEXT NOT NULL,
      execution TEXT NOT NULL,
      output TEXT NOT NULL,
      evidence TEXT NOT NULL,
      PRIMARY KEY (call, sequence)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE executions (
      call TEXT PRIMARY KEY,
      report TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE results (
      call TEXT PRIMARY KEY,
      meaning TEXT NOT NULL,
      result TEXT,
      violations TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE output_chunks (
      call TEXT NOT NULL,
      stream TEXT NOT NULL,
      offset INTEGER NOT NULL,
      at INTEGER NOT NULL,
      bytes BLOB NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX output_by_offset ON output_chunks (call, stream, offset);
    """

  /// Which call does which ended one again.
  private static let second = """
    CREATE TABLE retries (
      call TEXT PRIMARY KEY,
      retry_of TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX retries_by_first ON retries (retry_of);
    """

  /// Calls that were asked for as one, and what shaped a call beside its tool.
  private static let third = """
    CREATE TABLE batches (
      id TEXT PRIMARY KEY,
      name TEXT,
      requested_by TEXT NOT NULL,
      accepted_at INTEGER NOT NULL,
      is_ordered INTEGER NOT NULL,
      refused TEXT NOT NULL,
      request_digest TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE batch_calls (
      batch TEXT NOT NULL,
      position INTEGER NOT NULL,
      call TEXT NOT NULL,
      PRIMARY KEY (batch, position)
    ) STRICT, WITHOUT ROWID;
    CREATE UNIQUE INDEX batch_calls_by_call ON batch_calls (call);
    CREATE TABLE shapes (
      call TEXT PRIMARY KEY,
      shape TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    """

  /// Who is to be told of calls that ended.
  private static let fourth = """
    CREATE TABLE notifications (
      id TEXT PRIMARY KEY,
      call TEXT NOT NULL,
      hook TEXT NOT NULL,
      state TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      attempts INTEGER NOT NULL,
      next_at INTEGER NOT NULL,
      give_up_at INTEGER NOT NULL,
      attempted_at INTEGER,
      ended_at INTEGER,
      error TEXT,
      body TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX notifications_due ON notifications (hook, next_at) WHERE state = 'pending';
    CREATE INDEX notifications_overdue ON notifications (give_up_at) WHERE state = 'pending';
    CREATE INDEX notifications_over ON notifications (ended_at) WHERE ended_at IS NOT NULL;
    CREATE INDEX notifications_by_call ON notifications (call);
    """

  /// Who was at work on which endpoint, and with which calls.
  private static let fifth = """
    CREATE TABLE sessions (
      id TEXT PRIMARY KEY,
      endpoint TEXT NOT NULL,
      endpoint_name TEXT NOT NULL,
      opened_by TEXT NOT NULL,
      note TEXT,
      opened_at INTEGER NOT NULL,
      opened_under TEXT NOT NULL,
      used_at INTEGER NOT NULL,
      closed_at INTEGER,
      closed_by TEXT,
      reason TEXT,
      closed_under TEXT
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX open_sessions ON sessions (id) WHERE closed_at IS NULL;
    CREATE TABLE session_calls (
      session TEXT NOT NULL,
      call TEXT NOT NULL,
      PRIMARY KEY (session, call)
    ) STRICT, WITHOUT ROWID;
    CREATE UNIQUE INDEX session_calls_by_call ON session_calls (call);
    """

  /// Where a call was offered, and why it was not taken there. There was the service only before.
  private static let sixth = """
    ALTER TABLE attempts ADD COLUMN runtime TEXT NOT NULL DEFAULT 'service';
    ALTER TABLE attempts ADD COLUMN refusal TEXT;
    """
}
