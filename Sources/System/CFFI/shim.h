#pragma once

// libffi, calls of functions whose types are known at run time only: https://sourceware.org/libffi/
#include <errno.h>
#include <ffi.h>

// The types are globals of C, which Swift takes for mutable variables of its own.
static inline ffi_type *signalbox_ffi_void(void) { return &ffi_type_void; }
static inline ffi_type *signalbox_ffi_int8(void) { return &ffi_type_sint8; }
static inline ffi_type *signalbox_ffi_uint8(void) { return &ffi_type_uint8; }
static inline ffi_type *signalbox_ffi_int16(void) { return &ffi_type_sint16; }
static inline ffi_type *signalbox_ffi_uint16(void) { return &ffi_type_uint16; }
static inline ffi_type *signalbox_ffi_int32(void) { return &ffi_type_sint32; }
static inline ffi_type *signalbox_ffi_uint32(void) { return &ffi_type_uint32; }
static inline ffi_type *signalbox_ffi_int64(void) { return &ffi_type_sint64; }
static inline ffi_type *signalbox_ffi_uint64(void) { return &ffi_type_uint64; }
static inline ffi_type *signalbox_ffi_float(void) { return &ffi_type_float; }
static inline ffi_type *signalbox_ffi_double(void) { return &ffi_type_double; }
static inline ffi_type *signalbox_ffi_pointer(void) { return &ffi_type_pointer; }

// Calls, and tells errno before anything else of ours can set it. FFI_FN is a macro.
static inline int signalbox_ffi_call(ffi_cif *cif, void *function, void *result, void **values) {
  errno = 0;
  ffi_call(cif, FFI_FN(function), result, values);
  return errno;
}
