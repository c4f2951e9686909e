#pragma once
#include <sqlite3.h>

// Swift cannot call variadic C functions, nor see macros that cast, so these few are wrapped here.

/// https://sqlite.org/c3ref/c_config_covering_index_scan.html#sqliteconfigmemstatus
static inline int signalbox_sqlite_memory_statistics(int enabled) {
  return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, enabled);
}

/// https://sqlite.org/c3ref/db_config.html, for the options that take an int and report an int.
static inline int signalbox_sqlite_db_option(sqlite3 *db, int option, int value) {
  int now = -1;
  int code = sqlite3_db_config(db, option, value, &now);
  return code != SQLITE_OK ? code : now == value ? SQLITE_OK : SQLITE_ERROR;
}

/// SQLITE_TRANSIENT: SQLite takes its own copy before this returns.
static inline int signalbox_sqlite_bind_text(
    sqlite3_stmt *statement, int index, const void *bytes, sqlite3_uint64 count) {
  return sqlite3_bind_text64(
      statement, index, (const char *)bytes, count, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static inline int signalbox_sqlite_bind_blob(
    sqlite3_stmt *statement, int index, const void *bytes, sqlite3_uint64 count) {
  return sqlite3_bind_blob64(statement, index, bytes, count, SQLITE_TRANSIENT);
}

/// SQLITE_STATIC: the caller keeps the bytes until the binding is replaced or cleared.
static inline int signalbox_sqlite_borrow_blob(
    sqlite3_stmt *statement, int index, const void *bytes, sqlite3_uint64 count) {
  return sqlite3_bind_blob64(statement, index, bytes, count, SQLITE_STATIC);
}

static inline int signalbox_sqlite_borrow_text(
    sqlite3_stmt *statement, int index, const void *bytes, sqlite3_uint64 count) {
  return sqlite3_bind_text64(
      statement, index, (const char *)bytes, count, SQLITE_STATIC, SQLITE_UTF8);
}
