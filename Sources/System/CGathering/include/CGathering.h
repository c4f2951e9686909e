#pragma once

/// A VFS over the default one (https://sqlite.org/vfs.html) that gathers what is written to a write-ahead
/// log, and hands it on as one write: before a sync, and before whatever else is asked of the log.
///
/// SQLite writes each page of a commit in two calls, 24 bytes and the page. With `synchronous=FULL`,
/// which syncs a commit before it is shown to anybody, nobody can tell when they were written. A write that
/// fails, fails the call that hands it on, which is the commit's sync, with the code of the write.
///
/// - Returns: its name for `sqlite3_open_v2`, valid for ever; NULL without memory. Any thread may ask.
const char *signalbox_gathering_vfs(void);
