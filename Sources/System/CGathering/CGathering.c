#include "CGathering.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

// Fifteen pages; what is more is handed on in several writes.
enum { gathered_max = 64 << 10 };

typedef struct {
  sqlite3_vfs vfs;
  sqlite3_vfs *below;
} gathering_vfs;

// The file of the VFS below comes right behind it.
typedef struct {
  sqlite3_file file;
  // Writes of which each begins where the one before ends.
  unsigned char *bytes;
  int length;
  sqlite3_int64 offset;
} log_file;

static sqlite3_file *below(sqlite3_file *file) { return (sqlite3_file *)((log_file *)file + 1); }

static int hand_on(sqlite3_file *file) {
  log_file *log = (log_file *)file;
  int length = log->length;
  // A write that failed is not tried again: the transaction it was of has failed.
  log->length = 0;
  if (length == 0) return SQLITE_OK;
  return below(file)->pMethods->xWrite(below(file), log->bytes, length, log->offset);
}

static int log_write(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset) {
  log_file *log = (log_file *)file;
  if (log->offset + log->length != offset || count > gathered_max - log->length) {
    int code = hand_on(file);
    if (code != SQLITE_OK) return code;
  }
  if (count > gathered_max) return below(file)->pMethods->xWrite(below(file), bytes, count, offset);
  // Not before it is needed: who only reads has no use for it.
  if (!log->bytes) log->bytes = malloc(gathered_max);
  if (!log->bytes) return below(file)->pMethods->xWrite(below(file), bytes, count, offset);
  if (log->length == 0) log->offset = offset;
  memcpy(log->bytes + log->length, bytes, (size_t)count);
  log->length += count;
  return SQLITE_OK;
}

static int log_sync(sqlite3_file *file, int flags) {
  int code = hand_on(file);
  return code != SQLITE_OK ? code : below(file)->pMethods->xSync(below(file), flags);
}

static int log_read(sqlite3_file *file, void *bytes, int count, sqlite3_int64 offset) {
  int code = hand_on(file);
  return code != SQLITE_OK
    ? code : below(file)->pMethods->xRead(below(file), bytes, count, offset);
}

static int log_truncate(sqlite3_file *file, sqlite3_int64 size) {
  int code = hand_on(file);
  return code != SQLITE_OK ? code : below(file)->pMethods->xTruncate(below(file), size);
}

static int log_size(sqlite3_file *file, sqlite3_int64 *size) {
  int code = hand_on(file);
  return code != SQLITE_OK ? code : below(file)->pMethods->xFileSize(below(file), size);
}

// What was not synced was of no commit, and may stand where another writer's commits do by now.
static int log_close(sqlite3_file *file) {
  free(((log_file *)file)->bytes);
  return below(file)->pMethods->xClose(below(file));
}

static int log_control(sqlite3_file *file, int operation, void *argument) {
  return below(file)->pMethods->xFileControl(below(file), operation, argument);
}

static int log_sector(sqlite3_file *file) {
  return below(file)->pMethods->xSectorSize(below(file));
}

static int log_traits(sqlite3_file *file) {
  return below(file)->pMethods->xDeviceCharacteristics(below(file));
}

// A log is never locked: its database is.

static int log_lock(sqlite3_file *file, int level) {
  return below(file)->pMethods->xLock(below(file), level);
}

static int log_unlock(sqlite3_file *file, int level) {
  return below(file)->pMethods->xUnlock(below(file), level);
}

static int log_is_reserved(sqlite3_file *file, int *is_reserved) {
  return below(file)->pMethods->xCheckReservedLock(below(file), is_reserved);
}

static const sqlite3_io_methods log_methods = {
  .iVersion = 1, .xClose = log_close, .xRead = log_read, .xWrite = log_write,
  .xTruncate = log_truncate, .xSync = log_sync, .xFileSize = log_size, .xLock = log_lock,
  .xUnlock = log_unlock, .xCheckReservedLock = log_is_reserved, .xFileControl = log_control,
  .xSectorSize = log_sector, .xDeviceCharacteristics = log_traits,
};

// Elsewhere a commit is filled up to a sector's end, and some of that is written after its sync
// (https://sqlite.org/psow.html).
static int is_synced_last(const char *log) {
  sqlite3_file *database = sqlite3_database_file_object(log);
  return database->pMethods
    && database->pMethods->xDeviceCharacteristics(database) & SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static int open_file(
    sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *given) {
  sqlite3_vfs *usual = ((gathering_vfs *)vfs)->below;
  if (!(flags & SQLITE_OPEN_WAL) || !is_synced_last(path))
    return usual->xOpen(usual, path, file, flags, given);
  *(log_file *)file = (log_file){0};
  int code = usual->xOpen(usual, path, below(file), flags, given);
  // Where it has methods, SQLite closes the file, also one that did not open.
  if (below(file)->pMethods) file->pMethods = &log_methods;
  return code;
}

const char *signalbox_gathering_vfs(void) {
  static const char prefix[] = "gathering-";
  if (sqlite3_initialize() != SQLITE_OK) return NULL;
  sqlite3_mutex *mutex = sqlite3_mutex_alloc(SQLITE_MUTEX_STATIC_APP1);
  sqlite3_mutex_enter(mutex);
  // One for each VFS that has been the default; the other methods are those of the one below.
  sqlite3_vfs *usual = sqlite3_vfs_find(NULL);
  const char *result = NULL;
  char *name = usual ? malloc(sizeof prefix + strlen(usual->zName)) : NULL;
  if (name) {
    strcpy(name, prefix);
    strcat(name, usual->zName);
    sqlite3_vfs *known = sqlite3_vfs_find(name);
    gathering_vfs *made = known ? NULL : malloc(sizeof *made);
    if (known) {
      result = known->zName;
    } else if (made) {
      *made = (gathering_vfs){.vfs = *usual, .below = usual};
      made->vfs.pNext = NULL;
      // The last one that is known here: what a later one adds was not copied.
      if (made->vfs.iVersion > 3) made->vfs.iVersion = 3;
      made->vfs.zName = name;
      made->vfs.szOsFile += (int)sizeof(log_file);
      made->vfs.xOpen = open_file;
      if (sqlite3_vfs_register(&made->vfs, 0) == SQLITE_OK) result = name; else free(made);
    }
    if (result != name) free(name);
  }
  sqlite3_mutex_leave(mutex);
  return result;
}
