#pragma once
#include <stddef.h>
#include <stdint.h>

// A disk in memory, for SQLite, that fails when it is told to. There is one; its files are those of one
// directory, and every other file goes to the system as before. For one thread.

/// What goes wrong, with the operation of the number that it is planned for. Operations are writes,
/// truncations, syncs and removals.
enum faulty_disk_fault {
  faulty_disk_none,
  /// That operation fails, and those after it do not. A sync that failed has lost what it was for, as a
  /// kernel drops pages that it could not write.
  faulty_disk_error,
  /// No write that makes a file longer succeeds from there on.
  faulty_disk_full,
  /// The power goes in the middle of it: nothing works any more.
  faulty_disk_power_cut,
};

/// What a power cut leaves of that which was not synced.
enum faulty_disk_remains {
  faulty_disk_nothing,
  faulty_disk_everything,
  /// All operations on a file up to one of them.
  faulty_disk_prefix,
  /// Any of its sectors, in any order.
  faulty_disk_sectors,
};

/// Takes over the files of `directory`, and empties the disk.
void faulty_disk_install(const char *directory);
/// An empty disk, without a plan.
void faulty_disk_format(void);
/// Counts operations from 1 again, and plans a fault for the one of this number.
void faulty_disk_plan(enum faulty_disk_fault fault, long operation);
/// Since the plan was made.
long faulty_disk_operations(void);
long faulty_disk_reads(void);
/// One bit of this read (counted from the plan on) comes out wrong, once.
void faulty_disk_plan_read_flip(long read, uint32_t bit);
/// Whatever has a file open now is dead. The plan is dropped.
void faulty_disk_cut_power(enum faulty_disk_remains remains, uint64_t seed);

/// Keeps what the files contain now, as if all was synced, and takes it back.
void faulty_disk_save(void);
void faulty_disk_restore(void);
/// The bytes of a file; null where there is none.
unsigned char *faulty_disk_bytes(const char *path, size_t *length);
