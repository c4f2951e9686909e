import CSQLite

extension Statement {
  package func bind(_ index: Int, _ value: Int64) throws(SQLiteError) {
    try connection.check("bind", sql: sql)
    try bound(sqlite3_bind_int64(handle, Int32(index), value))
  }

  package func bind(_ index: Int, _ value: Int) throws(SQLiteError) {
    try bind(index, Int64(value))
  }

  package func bind(_ index: Int, _ value: Bool) throws(SQLiteError) {
    try bind(index, value ? 1 : 0 as Int64)
  }

  package func bind(_ index: Int, _ value: Double) throws(SQLiteError) {
    try connection.check("bind", sql: sql)
    try bound(sqlite3_bind_double(handle, Int32(index), value))
  }

  package func bind(_ index: Int, _ value: String) throws(SQLiteError) {
    try connection.check("bind", sql: sql)
    var value = value
    // The length is given, so a NUL inside the text is a character like any other.
    let code = value.withUTF8 { text in
      signalbox_sqlite_bind_text(handle, Int32(index), Self.address(text), UInt64(text.count))
    }
    try bound(code)
  }

  package func bind(_ index: Int, _ value: [UInt8]) throws(SQLiteError) {
    try connection.check("bind", sql: sql)
    let code = value.withUnsafeBytes { bytes in
      signalbox_sqlite_bind_blob(handle, Int32(index), Self.address(bytes), UInt64(bytes.count))
    }
    try bound(code)
  }

  package func bind(_ index: Int, _ value: UnsafeRawBufferPointer) throws(SQLiteError) {
    try connection.check("bind", sql: sql)
    try bound(
      signalbox_sqlite_bind_blob(handle, Int32(index), Self.address(value), UInt64(value.count)))
  }

  /// Binds a blob without a copy: the bytes must stay until the parameter is bound anew or
  /// `clearBindings()`, so run the statement inside `withUnsafeBytes`.
  package func bind(_ index: Int, borrowing value: UnsafeRawBufferPointer) throws(SQLiteError) {
    try connection.check("bind", sql: sql)
    try bound(
      signalbox_sqlite_borrow_blob(handle, Int32(index), Self.address(value), UInt64(value.count)))
  }

  /// Binds UTF-8 text without a copy, under the same promise as the blob above.
  package func bind(
    _ index: Int, borrowingText value: UnsafeRawBufferPointer
  ) throws(SQLiteError) {
    try connection.check("bind", sql: sql)
    try bound(
      signalbox_sqlite_borrow_text(handle, Int32(index), Self.address(value), UInt64(value.count)))
  }

  package func bindNull(_ index: Int) throws(SQLiteError) {
    try connection.check("bind", sql: sql)
    try bound(sqlite3_bind_null(handle, Int32(index)))
  }

  package func bind(_ index: Int, _ value: Int64?) throws(SQLiteError) {
    if let value { try bind(index, value) } else { try bindNull(index) }
  }

  package func bind(_ index: Int, _ value: Int?) throws(SQLiteError) {
    if let value { try bind(index, value) } else { try bindNull(index) }
  }

  package func bind(_ index: Int, _ value: Double?) throws(SQLiteError) {
    if let value { try bind(index, value) } else { try bindNull(index) }
  }

  package func bind(_ index: Int, _ value: String?) throws(SQLiteError) {
    if let value { try bind(index, value) } else { try bindNull(index) }
  }

  package func bind(_ index: Int, _ value: [UInt8]?) throws(SQLiteError) {
    if let value { try bind(index, value) } else { try bindNull(index) }
  }

  /// A null address would bind NULL, not an empty value
  /// (https://sqlite.org/c3ref/bind_blob.html: "If the third parameter is a NULL pointer").
  private static func address(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawPointer {
    bytes.baseAddress ?? empty
  }

  private static func address(_ bytes: UnsafeBufferPointer<UInt8>) -> UnsafeRawPointer {
    bytes.baseAddress.map { UnsafeRawPointer($0) } ?? empty
  }

  /// Never read, for it stands for 0 bytes.
  private static var empty: UnsafeRawPointer {
    UnsafeRawPointer(bitPattern: 1).unsafelyUnwrapped
  }

  @inline(__always)
  private func bound(_ code: Int32) throws(SQLiteError) {
    if code == SQLITE_OK { return }
    try refused(code)
  }

  @inline(never)
  private func refused(_ code: Int32) throws(SQLiteError) {
    precondition(code != SQLITE_RANGE, "cannot bind: no such parameter in \"\(sql)\"")
    precondition(code != SQLITE_MISUSE, "cannot bind: not reset: \"\(sql)\"")
    throw connection.error("bind", sql: sql)
  }
}
