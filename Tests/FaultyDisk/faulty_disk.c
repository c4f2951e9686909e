#include "faulty_disk.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

// https://sqlite.org/vfs.html, https://sqlite.org/c3ref/io_methods.html

enum { files_max = 16, regions_max = 8, sector = 512 };

typedef struct {
  unsigned char *bytes;
  size_t length, capacity;
} buffer;

/// What was done to a file and not synced: bytes written, or, without bytes, a new length.
typedef struct change {
  size_t offset, length;
  unsigned char *bytes;
  struct change *next;
} change;

typedef struct {
  char *path;
  bool exists, existence_is_synced;
  buffer now, durable, saved;
  bool was_saved;
  change *first, *last;
  void *regions[regions_max];
  int handles;
} file;

typedef struct {
  sqlite3_file base;
  file *file;
  /// Of the life in which it was opened.
  unsigned life;
  /// Its first sync is also one of the directory, as the unix VFS does for logs and journals.
  bool syncs_names;
} handle;

static char directory[1024];
static file files[files_max];
static unsigned life = 1;
static bool has_power = true;
static enum faulty_disk_fault fault;
static long fault_at, operations, reads, flip_at;
static uint32_t flip_bit;
static uint64_t dice;
static sqlite3_vfs *usual;

static uint64_t roll(void) {  // SplitMix64
  uint64_t word = dice += 0x9E3779B97F4A7C15u;
  word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9u;
  word = (word ^ word >> 27) * 0x94D049BB133111EBu;
  return word ^ word >> 31;
}

// Buffers.

static void resize(buffer *buffer, size_t length) {
  if (length > buffer->capacity) {
    size_t capacity = length * 2;
    buffer->bytes = realloc(buffer->bytes, capacity);
    if (!buffer->bytes) abort();
    buffer->capacity = capacity;
  }
  if (length > buffer->length) memset(buffer->bytes + buffer->length, 0, length - buffer->length);
  buffer->length = length;
}

static void put(buffer *buffer, size_t offset, const void *bytes, size_t length) {
  if (offset + length > buffer->length) resize(buffer, offset + length);
  memcpy(buffer->bytes + offset, bytes, length);
}

static void copy(buffer *target, const buffer *source) {
  resize(target, source->length);
  if (source->length) memcpy(target->bytes, source->bytes, source->length);
}

// Files.

static bool is_ours(const char *path) {
  size_t length = strlen(directory);
  return path && length && strncmp(path, directory, length) == 0 && path[length] == '/';
}

static file *find(const char *path) {
  for (int i = 0; i < files_max; i++)
    if (files[i].path && strcmp(files[i].path, path) == 0) return &files[i];
  for (int i = 0; i < files_max; i++)
    if (!files[i].path) {
      files[i].path = strdup(path);
      return &files[i];
    }
  abort();
}

static void forget_changes(file *file) {
  while (file->first) {
    change *next = file->first->next;
    free(file->first->bytes);
    free(file->first);
    file->first = next;
  }
  file->last = NULL;
}

static void note(file *file, size_t offset, const void *bytes, size_t length) {
  change *change = calloc(1, sizeof *change);
  if (!change) abort();
  change->offset = offset;
  change->length = length;
  if (bytes) {
    change->bytes = malloc(length ? length : 1);
    if (!change->bytes) abort();
    memcpy(change->bytes, bytes, length);
  }
  if (file->last) file->last->next = change; else file->first = change;
  file->last = change;
}

static void apply(buffer *buffer, const change *change) {
  if (change->bytes) put(buffer, change->offset, change->bytes, change->length);
  else resize(buffer, change->offset);
}

/// Each of its sectors may have come to the disk, or not.
static void apply_torn(buffer *buffer, const change *change) {
  if (!change->bytes) {
    if (roll() & 1) apply(buffer, change);
    return;
  }
  for (size_t done = 0; done < change->length;) {
    size_t end = (change->offset + done) / sector * sector + sector - change->offset;
    if (end > change->length) end = change->length;
    if (roll() & 1) put(buffer, change->offset + done, change->bytes + done, end - done);
    done = end;
  }
}

static void drop_memory(file *file) {
  for (int i = 0; i < regions_max; i++) {
    free(file->regions[i]);
    file->regions[i] = NULL;
  }
}

/// Counts an operation. - Returns: what is wrong with it.
static enum faulty_disk_fault begin(void) {
  operations++;
  if (fault == faulty_disk_full) return operations >= fault_at ? fault : faulty_disk_none;
  if (fault == faulty_disk_none || operations != fault_at) return faulty_disk_none;
  if (fault == faulty_disk_power_cut) has_power = false;
  return fault;
}

static bool is_dead(const handle *handle) { return !has_power || handle->life != life; }

// What SQLite asks of a file.

static int file_close(sqlite3_file *base) {
  handle *handle = (void *)base;
  if (handle->life == life) handle->file->handles--;
  return SQLITE_OK;
}

static int file_read(sqlite3_file *base, void *bytes, int count, sqlite3_int64 offset) {
  handle *handle = (void *)base;
  if (is_dead(handle)) return SQLITE_IOERR_READ;
  buffer *now = &handle->file->now;
  size_t start = (size_t)offset, wanted = (size_t)count;
  size_t there = start >= now->length ? 0 : now->length - start;
  if (there > wanted) there = wanted;
  if (there) memcpy(bytes, now->bytes + start, there);
  memset((char *)bytes + there, 0, wanted - there);
  if (++reads == flip_at && there) {
    uint32_t bit = flip_bit % (uint32_t)(there * 8);
    ((unsigned char *)bytes)[bit / 8] ^= (unsigned char)(1u << bit % 8);
  }
  return there == wanted ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int file_write(sqlite3_file *base, const void *bytes, int count, sqlite3_int64 offset) {
  handle *handle = (void *)base;
  file *file = handle->file;
  if (is_dead(handle)) return SQLITE_IOERR_WRITE;
  switch (begin()) {
  case faulty_disk_error: return SQLITE_IOERR_WRITE;
  case faulty_disk_full:
    if ((size_t)offset + (size_t)count > file->now.length) return SQLITE_FULL;
    break;
  case faulty_disk_power_cut:
    note(file, (size_t)offset, bytes, (size_t)count);
    return SQLITE_IOERR_WRITE;
  case faulty_disk_none: break;
  }
  put(&file->now, (size_t)offset, bytes, (size_t)count);
  note(file, (size_t)offset, bytes, (size_t)count);
  return SQLITE_OK;
}

static int file_truncate(sqlite3_file *base, sqlite3_int64 size) {
  handle *handle = (void *)base;
  if (is_dead(handle)) return SQLITE_IOERR_TRUNCATE;
  enum faulty_disk_fault wrong = begin();
  if (wrong == faulty_disk_power_cut) note(handle->file, (size_t)size, NULL, 0);
  if (wrong == faulty_disk_error || wrong == faulty_disk_power_cut) return SQLITE_IOERR_TRUNCATE;
  resize(&handle->file->now, (size_t)size);
  note(handle->file, (size_t)size, NULL, 0);
  return SQLITE_OK;
}

static int file_sync(sqlite3_file *base, int flags) {
  (void)flags;
  handle *handle = (void *)base;
  file *file = handle->file;
  if (is_dead(handle)) return SQLITE_IOERR_FSYNC;
  enum faulty_disk_fault wrong = begin();
  if (wrong == faulty_disk_error) forget_changes(file);
  if (wrong == faulty_disk_error || wrong == faulty_disk_power_cut) return SQLITE_IOERR_FSYNC;
  for (change *change = file->first; change; change = change->next) apply(&file->durable, change);
  forget_changes(file);
  if (handle->syncs_names)
    for (int i = 0; i < files_max; i++) files[i].existence_is_synced = files[i].exists;
  handle->syncs_names = false;
  return SQLITE_OK;
}

static int file_size(sqlite3_file *base, sqlite3_int64 *size) {
  handle *handle = (void *)base;
  if (is_dead(handle)) return SQLITE_IOERR_FSTAT;
  *size = (sqlite3_int64)handle->file->now.length;
  return SQLITE_OK;
}

// One thread, and never two transactions at once, so locks have nobody to keep out. But whoever closes
// while another has the file open is not the last.
static int file_lock(sqlite3_file *base, int level) {
  handle *handle = (void *)base;
  return level == SQLITE_LOCK_EXCLUSIVE && handle->file->handles > 1 ? SQLITE_BUSY : SQLITE_OK;
}

static int file_unlock(sqlite3_file *base, int level) { (void)base; (void)level; return SQLITE_OK; }

static int file_is_reserved(sqlite3_file *base, int *is_reserved) {
  (void)base;
  *is_reserved = 0;
  return SQLITE_OK;
}

static int file_control(sqlite3_file *base, int operation, void *argument) {
  (void)base; (void)operation; (void)argument;
  return SQLITE_NOTFOUND;
}

static int file_sector(sqlite3_file *base) { (void)base; return 4096; }

// As the unix VFS says of every disk unless it is told otherwise (https://sqlite.org/psow.html).
static int file_traits(sqlite3_file *base) {
  (void)base;
  return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static int file_map(sqlite3_file *base, int region, int size, int extend, void volatile **at) {
  handle *handle = (void *)base;
  *at = NULL;
  if (is_dead(handle) || region >= regions_max) return SQLITE_IOERR_SHMMAP;
  void **place = &handle->file->regions[region];
  if (!*place && extend) *place = calloc(1, (size_t)size);
  *at = *place;
  return SQLITE_OK;
}

static int file_map_lock(sqlite3_file *base, int offset, int count, int flags) {
  (void)base; (void)offset; (void)count; (void)flags;
  return SQLITE_OK;
}

static void file_barrier(sqlite3_file *base) { (void)base; }

static int file_unmap(sqlite3_file *base, int removes) {
  handle *handle = (void *)base;
  if (removes && !is_dead(handle) && handle->file->handles <= 1) drop_memory(handle->file);
  return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
  .iVersion = 2, .xClose = file_close, .xRead = file_read, .xWrite = file_write,
  .xTruncate = file_truncate, .xSync = file_sync, .xFileSize = file_size, .xLock = file_lock,
  .xUnlock = file_unlock, .xCheckReservedLock = file_is_reserved, .xFileControl = file_control,
  .xSectorSize = file_sector, .xDeviceCharacteristics = file_traits, .xShmMap = file_map,
  .xShmLock = file_map_lock, .xShmBarrier = file_barrier, .xShmUnmap = file_unmap,
};

// What SQLite asks of a disk.

static int disk_open(
    sqlite3_vfs *vfs, const char *path, sqlite3_file *base, int flags, int *given) {
  (void)vfs;
  if (!is_ours(path)) return usual->xOpen(usual, path, base, flags, given);
  handle *handle = (void *)base;
  handle->base.pMethods = NULL;
  if (!has_power) return SQLITE_CANTOPEN;
  file *file = find(path);
  if (!file->exists) {
    if (!(flags & SQLITE_OPEN_CREATE)) return SQLITE_CANTOPEN;
    // Another file than the one that may have been removed under this name.
    file->exists = true;
    file->existence_is_synced = false;
    forget_changes(file);
    resize(&file->now, 0);
    resize(&file->durable, 0);
  }
  handle->file = file;
  handle->life = life;
  handle->syncs_names =
    flags & SQLITE_OPEN_CREATE && flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL);
  file->handles++;
  handle->base.pMethods = &methods;
  if (given) *given = flags;
  return SQLITE_OK;
}

static int disk_delete(sqlite3_vfs *vfs, const char *path, int syncs) {
  (void)vfs;
  if (!is_ours(path)) return usual->xDelete(usual, path, syncs);
  file *file = find(path);
  if (!has_power) return SQLITE_IOERR_DELETE;
  if (!file->exists) return SQLITE_IOERR_DELETE_NOENT;
  enum faulty_disk_fault wrong = begin();
  if (wrong == faulty_disk_error || wrong == faulty_disk_power_cut) return SQLITE_IOERR_DELETE;
  file->exists = false;
  if (!syncs) return SQLITE_OK;
  file->existence_is_synced = false;
  forget_changes(file);
  resize(&file->now, 0);
  resize(&file->durable, 0);
  return SQLITE_OK;
}

static int disk_access(sqlite3_vfs *vfs, const char *path, int flags, int *result) {
  (void)vfs;
  if (!is_ours(path)) return usual->xAccess(usual, path, flags, result);
  *result = find(path)->exists;
  // As the unix VFS: an empty file counts as none.
  if (flags == SQLITE_ACCESS_EXISTS && find(path)->now.length == 0) *result = 0;
  return SQLITE_OK;
}

// Everything else is the system's.

static int disk_path(sqlite3_vfs *vfs, const char *path, int size, char *full) {
  (void)vfs;
  return usual->xFullPathname(usual, path, size, full);
}

static int disk_random(sqlite3_vfs *vfs, int size, char *bytes) {
  (void)vfs;
  return usual->xRandomness(usual, size, bytes);
}

static int disk_sleep(sqlite3_vfs *vfs, int microseconds) {
  (void)vfs;
  return usual->xSleep(usual, microseconds);
}

static int disk_time(sqlite3_vfs *vfs, double *now) {
  (void)vfs;
  return usual->xCurrentTime(usual, now);
}

static int disk_time64(sqlite3_vfs *vfs, sqlite3_int64 *now) {
  (void)vfs;
  return usual->xCurrentTimeInt64(usual, now);
}

static int disk_error(sqlite3_vfs *vfs, int size, char *text) {
  (void)vfs;
  return usual->xGetLastError ? usual->xGetLastError(usual, size, text) : 0;
}

static sqlite3_vfs disk = {
  .iVersion = 2, .mxPathname = 1024, .zName = "faulty-disk", .xOpen = disk_open,
  .xDelete = disk_delete, .xAccess = disk_access, .xFullPathname = disk_path,
  .xRandomness = disk_random, .xSleep = disk_sleep, .xCurrentTime = disk_time,
  .xCurrentTimeInt64 = disk_time64, .xGetLastError = disk_error,
};

// What tests ask for.

void faulty_disk_install(const char *path) {
  if (!usual) {
    usual = sqlite3_vfs_find(NULL);
    if (!usual) abort();
    disk.szOsFile = (int)sizeof(handle) > usual->szOsFile ? (int)sizeof(handle) : usual->szOsFile;
    if (sqlite3_vfs_register(&disk, 1) != SQLITE_OK) abort();
  }
  strncpy(directory, path, sizeof directory - 1);
  faulty_disk_format();
}

static void start_life(void) {
  life++;
  has_power = true;
  for (int i = 0; i < files_max; i++) {
    drop_memory(&files[i]);
    files[i].handles = 0;
  }
  faulty_disk_plan(faulty_disk_none, 0);
}

void faulty_disk_format(void) {
  start_life();
  for (int i = 0; i < files_max; i++) {
    file *file = &files[i];
    forget_changes(file);
    free(file->path);
    free(file->now.bytes);
    free(file->durable.bytes);
    free(file->saved.bytes);
    memset(file, 0, sizeof *file);
  }
}

void faulty_disk_plan(enum faulty_disk_fault what, long operation) {
  fault = what;
  fault_at = operation;
  operations = reads = flip_at = 0;
}

long faulty_disk_operations(void) { return operations; }
long faulty_disk_reads(void) { return reads; }

void faulty_disk_plan_read_flip(long read, uint32_t bit) {
  faulty_disk_plan(faulty_disk_none, 0);
  flip_at = read;
  flip_bit = bit;
}

void faulty_disk_cut_power(enum faulty_disk_remains remains, uint64_t seed) {
  dice = seed;
  for (int i = 0; i < files_max; i++) {
    file *file = &files[i];
    long count = 0;
    for (change *change = file->first; change; change = change->next) count++;
    long kept = remains == faulty_disk_everything ? count
      : remains == faulty_disk_prefix             ? (long)(roll() % (uint64_t)(count + 1))
                                                  : 0;
    for (change *change = file->first; change; change = change->next) {
      if (remains == faulty_disk_sectors) apply_torn(&file->durable, change);
      else if (kept-- > 0) apply(&file->durable, change);
    }
    forget_changes(file);
    // A name that was made or removed, and not synced, may be there or not.
    if (file->exists != file->existence_is_synced && remains != faulty_disk_everything
        && (remains == faulty_disk_nothing || roll() & 1))
      file->exists = file->existence_is_synced;
    if (!file->exists) resize(&file->durable, 0);
    file->existence_is_synced = file->exists;
    copy(&file->now, &file->durable);
  }
  start_life();
}

void faulty_disk_save(void) {
  for (int i = 0; i < files_max; i++) {
    copy(&files[i].saved, &files[i].now);
    files[i].was_saved = files[i].exists;
  }
}

void faulty_disk_restore(void) {
  start_life();
  for (int i = 0; i < files_max; i++) {
    file *file = &files[i];
    forget_changes(file);
    copy(&file->now, &file->saved);
    copy(&file->durable, &file->saved);
    file->exists = file->existence_is_synced = file->was_saved;
  }
}

unsigned char *faulty_disk_bytes(const char *path, size_t *length) {
  file *file = find(path);
  *length = file->exists ? file->now.length : 0;
  return file->exists ? file->now.bytes : NULL;
}
