/// Brings a database to the latest version of its schema, one step per version.
///
/// `PRAGMA application_id` says whose file it is and `PRAGMA user_version` how many steps it has
/// taken (https://sqlite.org/pragma.html#pragma_application_id). Each step commits together with
/// its version, so a process killed in between carries on where it was.
package struct Migrator: Sendable {
  /// What the file is, for messages: "journal".
  package let name: String
  package let applicationID: Int32
  package let steps: [String]

  /// - Parameter steps: SQL of each version, in order. Released steps are never edited.
  package init(name: String, applicationID: Int32, steps: [String]) {
    precondition(applicationID > 0, "an application id is a positive number")
    self.name = name
    self.applicationID = applicationID
    self.steps = steps
  }

  package func migrate(_ database: Database) throws(MigrationError) {
    while try version(of: database) < steps.count { try takeNextStep(in: database) }
  }

  /// Refuses a file of another program or of a later version, before anything is written to it.
  private func version(of database: Database) throws(MigrationError) -> Int {
    let owner = try number("PRAGMA application_id", in: database)
    let version = try number("PRAGMA user_version", in: database)
    let tables = try number("SELECT count(*) FROM sqlite_schema", in: database)
    let isNew = owner == 0 && version == 0 && tables == 0
    guard owner == applicationID || isNew else {
      throw error(.foreign(applicationID: owner), database)
    }
    guard (0...steps.count).contains(version) else {
      throw error(.newer(version: version, known: steps.count), database)
    }
    return version
  }

  private func takeNextStep(in database: Database) throws(MigrationError) {
    do throws(SQLiteError) {
      try database.begin()
      // Read again under the write lock: another process may just have taken the step.
      let version = Int(try database.integer("PRAGMA user_version") ?? 0)
      if version < steps.count {
        try database.execute(steps[version])
        try database.execute(
          "PRAGMA application_id = \(applicationID); PRAGMA user_version = \(version + 1)")
      }
      try database.commit()
    } catch {
      // The step's error is the one to report; the file is as it was before the step.
      try? database.rollback()
      throw self.error(.failed(error), database)
    }
  }

  private func number(_ sql: String, in database: Database) throws(MigrationError) -> Int {
    do throws(SQLiteError) {
      return Int(try database.integer(sql) ?? 0)
    } catch {
      throw self.error(.failed(error), database)
    }
  }

  private func error(_ reason: MigrationError.Reason, _ database: Database) -> MigrationError {
    MigrationError(reason: reason, name: name, path: database.path)
  }
}

/// Why a file cannot be used with this version of the program.
package struct MigrationError: Error, Sendable, Hashable {
  package enum Reason: Sendable, Hashable {
    /// Another program's file.
    case foreign(applicationID: Int)
    /// A later version of this program has written it.
    case newer(version: Int, known: Int)
    case failed(SQLiteError)
  }

  package let reason: Reason
  package let name: String
  package let path: String

  /// Stable.
  package var code: String {
    switch reason {
    case .foreign: "migration.foreign"
    case .newer: "migration.newer"
    case .failed: "migration.failed"
    }
  }
}

extension MigrationError: CustomStringConvertible {
  package var description: String {
    switch reason {
    case .foreign(let id):
      "\(path) is no \(name): it belongs to another program (application id \(id)); "
        + "give the path of a \(name), or of a file that does not exist yet"
    case .newer(let version, let known):
      "\(path) is a \(name) of version \(version), this program knows up to \(known); "
        + "start the later version of the program again"
    case .failed(let error): "cannot bring the \(name) up to date: \(error)"
    }
  }
}
