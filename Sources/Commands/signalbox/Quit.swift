#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

func quit(_ status: Int32) -> Never { exit(status) }

/// Ends without running what is registered for the end: another thread may be in the middle of
/// anything.
func quitAtOnce(_ status: Int32) -> Never { _exit(status) }
