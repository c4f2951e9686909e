/// Functions whose manners are known: how much they write where, and those that are not called at
/// all. Sizes are those of 64-bit Linux, glibc.
enum KnownFunctions {
  /// How many bytes it writes at the least, by the parameter's place; man 2 and man 3.
  static let writes: [String: [Int: Int]] = [
    "clock_gettime": [1: 16], "clock_getres": [1: 16], "gettimeofday": [0: 16], "time": [0: 8],
    "statvfs": [1: 112], "fstatvfs": [1: 112], "statfs": [1: 120], "fstatfs": [1: 120],
    "sysinfo": [0: 112], "uname": [0: 390], "getrlimit": [1: 16], "getrusage": [1: 144],
    "times": [0: 32], "getcpu": [0: 4, 1: 4], "stat": [1: 144], "lstat": [1: 144],
    "sched_getparam": [1: 4], "timespec_get": [0: 16], "localtime_r": [1: 56], "gmtime_r": [1: 56],
    "getresuid": [0: 4, 1: 4, 2: 4], "getresgid": [0: 4, 1: 4, 2: 4],
  ]

  /// Which parameter bounds what is written to which: `gethostname(name, size)`.
  static let bounded: [String: [Int: Int]] = [
    "gethostname": [0: 1], "getdomainname": [0: 1], "getcwd": [0: 1], "readlink": [1: 2],
    "confstr": [1: 2], "getloadavg": [0: 1], "getgroups": [1: 0], "ttyname_r": [1: 2],
    "getlogin_r": [0: 1], "strerror_r": [1: 2], "getrandom": [0: 1], "getentropy": [0: 1],
    "if_indextoname": [:], "inet_ntop": [2: 3],
  ]

  /// They change their process, or remember where they were: a second call in it may find something else.
  static let stateful: Set<String> = [
    "getpwent", "setpwent", "endpwent", "getgrent", "setgrent", "endgrent", "getutent", "setutent",
    "endutent", "getutxent", "setutxent", "endutxent", "getutid", "getutxid", "getutline",
    "getutxline", "utmpname", "getservent", "setservent", "endservent", "getprotoent",
    "setprotoent", "endprotoent", "gethostent", "sethostent", "endhostent", "getnetent",
    "setnetent", "endnetent", "getmntent", "setmntent", "getspent", "setspent", "getfsent",
    "setfsent", "rand", "srand", "random", "srandom", "initstate", "setstate", "drand48", "lrand48",
    "mrand48", "srand48", "seed48", "lcong48", "setlocale", "uselocale", "bindtextdomain",
    "textdomain", "tzset", "setenv", "putenv", "unsetenv", "clearenv", "chdir", "fchdir", "chroot",
    "umask", "nice", "setpriority", "setrlimit", "prlimit", "alarm", "ualarm", "setitimer",
    "timer_create", "sigprocmask", "pthread_sigmask", "close", "dup", "dup2", "dup3", "pipe",
    "socket", "creat", "fopen", "freopen", "fdopen", "fclose", "opendir", "closedir", "setuid",
    "seteuid", "setreuid", "setresuid", "setgid", "setegid", "setregid", "setresgid", "setgroups",
    "initgroups", "setsid", "setpgid", "setlogmask", "openlog", "closelog", "mlock", "mlockall",
    "sched_setscheduler", "sched_setaffinity", "unshare", "setns", "personality", "hcreate",
    "hsearch",
    "hdestroy", "mblen", "mbtowc", "wctomb", "a64l", "lgamma", "strsignal", "getopt", "exit",
    "_exit",
    "abort", "raise", "kill", "setfsuid", "setfsgid", "sigset", "sighold", "sigrelse", "sigignore",
    "siginterrupt", "sigaltstack", "getusershell", "setusershell", "endusershell", "getrpcent",
    "setrpcent", "endrpcent", "setnetgrent", "getnetgrent", "endnetgrent", "getaliasent",
    "setaliasent",
    "endaliasent", "getpwent_r", "getgrent_r", "getspent_r", "getutent_r", "getservent_r",
    "getprotoent_r", "gethostent_r", "getnetent_r", "getrpcent_r", "getaliasent_r", "fesetround",
    "feenableexcept", "fedisableexcept", "feraiseexcept", "fesetenv", "fesetexceptflag",
    "feholdexcept", "feupdateenv", "shmat", "shmdt", "semop", "semtimedop", "lockf", "flock",
    "setpgrp", "mallopt", "memfd_create", "epoll_create", "epoll_create1", "inotify_init",
    "inotify_init1", "eventfd", "signalfd", "timerfd_create", "socketpair", "pipe2", "accept",
    "mkstemp", "tmpfile", "daemon", "vhangup", "acct", "res_init", "catopen", "iconv_open",
  ]

  /// No size can be given to them, or what they do cannot be undone in one process: memory,
  /// control flow, programs, other threads. And those with `...`, which need another way to call.
  static let refused: Set<String> = [
    "gets", "strcpy", "strcat", "stpcpy", "sprintf", "vsprintf", "scanf", "sscanf", "fscanf",
    "vscanf", "vsscanf", "wcscpy", "wcscat", "strtok", "strtok_r", "memcpy", "memmove", "memset",
    "memccpy", "mempcpy", "bcopy", "bzero", "strncpy", "strncat", "malloc", "calloc", "realloc",
    "free", "alloca", "mmap", "munmap", "mremap", "mprotect", "brk", "sbrk", "ptrace",
    "process_vm_readv", "process_vm_writev", "setjmp", "longjmp", "sigsetjmp", "siglongjmp",
    "signal", "sigaction", "atexit", "on_exit", "qsort", "bsearch", "pthread_create", "clone",
    "fork", "vfork", "execl", "execle", "execlp", "execv", "execve", "execvp", "execvpe", "fexecve",
    "posix_spawn", "posix_spawnp", "system", "popen", "dlopen", "dlsym", "dlclose", "syscall",
    "printf", "fprintf", "dprintf", "snprintf", "open", "openat", "ioctl", "fcntl", "prctl",
    "syslog", "realpath",
  ]
}
