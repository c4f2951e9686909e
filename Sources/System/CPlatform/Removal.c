// Removing what somebody else made: names that are no text, directories that may not be entered,
// trees deeper than a path is long. So it goes by descriptors and the kernel's own names, and
// without recursion: what is below the second level is moved up to the first.

#define _GNU_SOURCE
#include "CPlatform.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// Only somebody who makes names as fast as we remove them can meet this.
enum { passes_max = 1 << 20 };

static int is_entry(const char *name) { return strcmp(name, ".") != 0 && strcmp(name, "..") != 0; }

// Lets us into a directory, and never into what a link in its place names: chmod(2) by name would follow
// one that somebody puts there now.
static int let_in(int parent, const char *name) {
#ifdef O_PATH
  int place = openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (place < 0) return -1;
  char path[40];
  snprintf(path, sizeof path, "/proc/self/fd/%d", place);
  int result = chmod(path, 0700);
  int error = errno;
  close(place);
  errno = error;
  return result;
#else
  return fchmodat(parent, name, 0700, AT_SYMLINK_NOFOLLOW);
#endif
}

// Opens a directory of which everything is to go, whatever its owner may do with it now.
static int open_whole(int parent, const char *name) {
  int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  int directory = openat(parent, name, flags);
  if (directory < 0 && errno == EACCES && let_in(parent, name) == 0)
    directory = openat(parent, name, flags);
  struct stat status;
  if (directory >= 0 && fstat(directory, &status) == 0 && (status.st_mode & 0700) != 0700)
    fchmod(directory, 0700);
  return directory;
}

// Returns 0 for what is gone or has become something else, 1 for a directory that has something in it,
// -1 on error.
static int remove_one(int directory, const char *name) {
  if (unlinkat(directory, name, 0) == 0 || errno == ENOENT) return 0;
  int error = errno;
  // Linux says EISDIR, POSIX says EPERM, which may mean something else.
  if (error != EISDIR && error != EPERM) return -1;
  if (unlinkat(directory, name, AT_REMOVEDIR) == 0 || errno == ENOENT) return 0;
  if (errno == ENOTEMPTY || errno == EEXIST) return 1;
  if (errno != ENOTDIR) return -1;
  // It was a directory a moment ago: the next pass meets it again.
  if (error == EISDIR) return 0;
  errno = error;
  return -1;
}

static int move_up(int from, const char *name, int top, unsigned long *number) {
  // rename(2): a directory that changes its parent must be writable itself.
  let_in(from, name);
  for (;;) {
    char fresh[40];
    snprintf(fresh, sizeof fresh, ".removed-%lu", ++*number);
    if (renameat(from, name, top, fresh) == 0 || errno == ENOENT) return 0;
    if (errno != EEXIST && errno != ENOTEMPTY && errno != ENOTDIR) return -1;
  }
}

// What one look at everything came to.
struct look {
  long met;
  long gone;
  // The first of what could not go.
  int error;
};

static void note_error(struct look *look) {
  if (look->error == 0) look->error = errno;
}

// Removes the entries of `directory`, and what is in those.
static void pass(int directory, int top, unsigned long *number, struct look *look);

static void remove_filled(int top, const char *name, unsigned long *number, struct look *look) {
  int directory = open_whole(top, name);
  if (directory < 0) {
    // Something else has its name by now: the next pass meets that.
    if (errno != ENOTDIR && errno != ELOOP && errno != ENOENT) note_error(look);
    return;
  }
  pass(directory, top, number, look);
  close(directory);
  int left = remove_one(top, name);
  if (left == 0) look->gone += 1;
  if (left < 0) note_error(look);
}

static void pass(int directory, int top, unsigned long *number, struct look *look) {
  // A descriptor of its own, whose position nobody else moves.
  int listing = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *stream = listing < 0 ? NULL : fdopendir(listing);
  if (stream == NULL) {
    note_error(look);
    if (listing >= 0) close(listing);
    return;
  }
  struct dirent *entry;
  while (errno = 0, entry = readdir(stream), entry != NULL) {
    if (!is_entry(entry->d_name)) continue;
    look->met += 1;
    int left = remove_one(directory, entry->d_name);
    if (left > 0 && directory == top) {
      remove_filled(top, entry->d_name, number, look);
      continue;
    }
    if (left > 0) left = move_up(directory, entry->d_name, top, number);
    if (left == 0) look->gone += 1;
    // What cannot go keeps nothing else from going.
    if (left < 0) note_error(look);
  }
  if (errno != 0) note_error(look);
  closedir(stream);
}

int signalbox_empty_directory(const char *path) {
  int top = open_whole(AT_FDCWD, path);
  if (top < 0) return -1;
  unsigned long number = 0;
  int error = EBUSY;
  // readdir(3) may miss what comes and goes meanwhile, so until there is nothing to see.
  for (int passes = 0; passes < passes_max; passes++) {
    struct look look = {0, 0, 0};
    pass(top, top, &number, &look);
    if (look.error == 0 && look.met == 0) {
      close(top);
      return 0;
    }
    if (look.error != 0) error = look.error;
    if (look.error != 0 && look.gone == 0) break;
  }
  close(top);
  errno = error;
  return -1;
}
