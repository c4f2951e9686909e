#pragma once

/// A VFS over the default one (https://sqlite.org/vfs.html) that gathers what is written to a write-ahead
/// log, and hands it on as one write: before a sync, and before whatever else is asked of the log.
///
/// SQLite writes each page of a commit in two calls, 24 bytes and the page. Nobody can tell when they are
/// written as long as the file has one writer, that writer syncs a commit before it shows it
/// (`synchronous=FULL`), and it writes nothing before the commit (`cache_spill=OFF`): a page that was written
/// ahead, and is handed on when it is read again, would fail the reading, and SQLite might go on to commit
/// without it. A write that fails, fails the commit, with its code.
///
/// - Returns: its name for `sqlite3_open_v2`, valid for ever; NULL without memory. Any thread may ask.
const char *signalbox_gathering_vfs(void);
