#include "CPlatform.h"

#include <string.h>
#include <utmpx.h>

size_t signalbox_login_bytes(void) { return sizeof(struct utmpx); }

pid_t signalbox_login(const void *record, char *name) {
  struct utmpx entry;
  // It may begin anywhere.
  memcpy(&entry, record, sizeof entry);
  if (entry.ut_type != USER_PROCESS) return 0;
  size_t length = sizeof entry.ut_user;
  if (length > signalbox_login_name_max) length = signalbox_login_name_max;
  // A name that fills its field has no NUL.
  memcpy(name, entry.ut_user, length);
  name[length] = 0;
  return entry.ut_pid;
}
