#pragma once

// System calls without the C library, for code that shares its memory with a thread of the library:
// nothing here touches errno or any other thread-local storage.

#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>

#if defined(__has_attribute) && __has_attribute(disable_sanitizer_instrumentation)
#define PLAIN \
  __attribute__((disable_sanitizer_instrumentation, no_stack_protector, noinline)) static
#else
#define PLAIN __attribute__((noinline)) static
#endif

// A system call that returns the negative error number and leaves errno alone.
#if defined(__x86_64__)
PLAIN long sys(long number, long a, long b, long c, long d, long e) {
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
                   : "rcx", "r11", "memory");
  return result;
}
#elif defined(__aarch64__)
PLAIN long sys(long number, long a, long b, long c, long d, long e) {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = e;
  __asm__ volatile("svc 0"
                   : "+r"(x0)
                   : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4)
                   : "memory");
  return x0;
}
#else
#error "Supervisor.c needs the system call instruction of this architecture"
#endif

// The system call `number`, which is clone or clone3, with these two arguments: the new process
// begins on the stack `prepared`, calls what stands there, and ends with its result. The C
// library's function of that name would set errno, and sanitizers would take the process for a
// fork.
PLAIN long start_by(long number, long a, long b) {
#if defined(__x86_64__)
  register long r10 __asm__("r10") = 0;
  register long r8 __asm__("r8") = 0;
  long result;
  __asm__ volatile(
      "syscall\n\t"
      "testq %%rax, %%rax\n\t"
      "jnz 1f\n\t"
      "xorl %%ebp, %%ebp\n\t"
      "popq %%rax\n\t"
      "popq %%rdi\n\t"
      "call *%%rax\n\t"
      "movl %%eax, %%edi\n\t"
      "movl %[exit], %%eax\n\t"
      "syscall\n\t"
      "hlt\n"
      "1:"
      : "=a"(result)
      : "a"(number), "D"(a), "S"(b), "d"(0L), "r"(r10), "r"(r8), [exit] "i"(SYS_exit)
      : "rcx", "r11", "memory", "cc");
  return result;
#else
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = 0;
  register long x3 __asm__("x3") = 0;
  register long x4 __asm__("x4") = 0;
  __asm__ volatile(
      "svc 0\n\t"
      "cbnz x0, 1f\n\t"
      "mov x29, xzr\n\t"
      "ldp x9, x0, [sp], #16\n\t"
      "blr x9\n\t"
      "mov x8, %[exit]\n\t"
      "svc 0\n\t"
      "brk 0\n"
      "1:"
      : "+r"(x0)
      : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), [exit] "i"(SYS_exit)
      : "x9", "x30", "memory", "cc");
  return x0;
#endif
}

// Puts down what a new process is to call.
PLAIN void **prepared(char *top, int (*body)(void *), void *argument) {
  void **stack = (void **)top;
  *--stack = argument;
  *--stack = (void *)body;
  return stack;
}

// clone(2) of a process that calls `body` on a stack of its own.
PLAIN long start_on_stack(unsigned long flags, char *top, int (*body)(void *), void *argument) {
  return start_by(SYS_clone, (long)flags, (long)prepared(top, body, argument));
}

// `struct clone_args` of clone3(2), as far as Linux 5.7 has it.
struct kernel_clone_args {
  uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid,
      set_tid_size, cgroup;
};

// CLONE_INTO_CGROUP, which older headers lack.
#define CLONE_INTO_CGROUP_FLAG 0x200000000ULL

// The same with the process in the cgroup of an open directory from its first moment on
// (CLONE_INTO_CGROUP), which costs less than to be moved there. `flags` has no signal.
PLAIN long start_in_cgroup(
    int cgroup, unsigned long flags, char *bottom, char *top, int (*body)(void *), void *argument) {
  struct kernel_clone_args request;
  uint64_t *words = (uint64_t *)&request;
  for (unsigned index = 0; index < sizeof request / sizeof *words; index++)
    __atomic_store_n(&words[index], 0, __ATOMIC_RELAXED);
  request.flags = flags | CLONE_INTO_CGROUP_FLAG;
  request.exit_signal = SIGCHLD;
  request.stack = (uint64_t)(uintptr_t)bottom;
  request.stack_size = (uint64_t)((char *)prepared(top, body, argument) - bottom);
  request.cgroup = (uint64_t)cgroup;
  return start_by(SYS_clone3, (long)&request, sizeof request);
}
