#pragma once

/// The least that a call in a process of its own takes, for the benchmark to hold the native plugin
/// against: a client writes a request to a host, which writes a few frames to a file and passes the request
/// on to a process that was forked ahead for this call; its answer goes back the same way. Linux only.
///
/// Each figure is one call in microseconds. Calls come `pause_us` after the one before. `path` is of a file
/// to write over.
///
/// Returns 0, or the error's number.
int signalbox_floor_of_native_calls(const char *path, int calls, unsigned pause_us, double *figures);
