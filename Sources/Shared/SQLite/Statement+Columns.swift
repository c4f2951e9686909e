import CSQLite

/// Reading the current row. Valid after a `step()` that returned true, until the next one.
extension Statement {
  package enum ColumnType: Sendable, Hashable {
    case integer
    case real
    case text
    case blob
    case null
  }

  package func type(_ column: Int) -> ColumnType {
    switch sqlite3_column_type(handle, checked(column)) {
    case SQLITE_INTEGER: .integer
    case SQLITE_FLOAT: .real
    case SQLITE_TEXT: .text
    case SQLITE_BLOB: .blob
    default: .null
    }
  }

  package func isNull(_ column: Int) -> Bool {
    sqlite3_column_type(handle, checked(column)) == SQLITE_NULL
  }

  package func int64(_ column: Int) -> Int64 { sqlite3_column_int64(handle, checked(column)) }

  package func int(_ column: Int) -> Int { Int(int64(column)) }

  package func bool(_ column: Int) -> Bool { int64(column) != 0 }

  package func double(_ column: Int) -> Double { sqlite3_column_double(handle, checked(column)) }

  /// Bytes that are no UTF-8 come out as U+FFFD. A reader that must tell asks for `bytes`.
  package func text(_ column: Int) -> String { String(decoding: bytes(column), as: UTF8.self) }

  package func blob(_ column: Int) -> [UInt8] { [UInt8](bytes(column)) }

  /// The bytes of a text or a blob where SQLite has them: gone at the next `step()`, `reset()` or
  /// conversion of the column.
  package func bytes(_ column: Int) -> UnsafeRawBufferPointer {
    // Asked for as a blob, a text is given without the NUL that would make SQLite copy it.
    // https://sqlite.org/c3ref/column_blob.html: the address first, then the count.
    guard let address = sqlite3_column_blob(handle, checked(column)) else {
      return UnsafeRawBufferPointer(start: nil, count: 0)
    }
    return UnsafeRawBufferPointer(
      start: address, count: Int(sqlite3_column_bytes(handle, Int32(column))))
  }

  package func optionalInt64(_ column: Int) -> Int64? { isNull(column) ? nil : int64(column) }

  package func optionalInt(_ column: Int) -> Int? { isNull(column) ? nil : int(column) }

  package func optionalDouble(_ column: Int) -> Double? { isNull(column) ? nil : double(column) }

  package func optionalText(_ column: Int) -> String? { isNull(column) ? nil : text(column) }

  package func optionalBlob(_ column: Int) -> [UInt8]? { isNull(column) ? nil : blob(column) }

  @inline(__always)
  private func checked(_ column: Int) -> Int32 {
    precondition(
      column >= 0 && column < columnCount && connection.state != .closed,
      "cannot read a column: it is out of range, or the database is closed")
    return Int32(truncatingIfNeeded: column)
  }
}
