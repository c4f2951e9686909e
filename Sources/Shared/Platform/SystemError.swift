#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// A system call that failed: what was attempted, on what, and why. The only place that knows
/// `errno`.
package struct SystemError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The operation in words, such as `open`.
  package let operation: String
  /// The file it was about, where there is one.
  package let path: String?
  package let number: Int32

  package init(_ operation: String, path: String? = nil, number: Int32) {
    self.operation = operation
    self.path = path
    self.number = number
  }

  /// The error that the last call of this thread left. To be called straight after the call.
  package static func last(_ operation: String, path: String? = nil) -> SystemError {
    SystemError(operation, path: path, number: errno)
  }

  /// Stable: `system.ENOENT`, or `system.E123` for a number without a name here.
  package var code: String { "system." + (Self.names[number] ?? "E\(number)") }

  package var isNotFound: Bool { number == ENOENT || number == ENOTDIR }
  package var alreadyExists: Bool { number == EEXIST }
  package var isPermission: Bool { number == EACCES || number == EPERM || number == EROFS }
  /// No room: the disk, the quota or the file's own limit is full.
  package var isFull: Bool { number == ENOSPC || number == EDQUOT || number == EFBIG }
  /// The other end of the pipe or socket is gone.
  package var isBrokenPipe: Bool { number == EPIPE || number == ECONNRESET }
  package var isNoSuchProcess: Bool { number == ESRCH }

  /// The file system or the kernel has no such operation.
  package var isUnsupported: Bool { number == EOPNOTSUPP || number == ENOSYS || number == EINVAL }

  package static func busy(_ operation: String, path: String) -> SystemError {
    SystemError(operation, path: path, number: EBUSY)
  }

  package static func exists(_ operation: String, path: String) -> SystemError {
    SystemError(operation, path: path, number: EEXIST)
  }

  /// There is less than there was.
  package static func truncated(_ operation: String, path: String? = nil) -> SystemError {
    SystemError(operation, path: path, number: EIO)
  }

  package var description: String {
    let place = path.map { " \($0)" } ?? ""
    return "\(operation)\(place): \(reason)\(remedy.map { "; \($0)" } ?? "")"
  }

  private var reason: String {
    String(cString: strerror(number))
  }

  private var remedy: String? {
    switch number {
    case ENOENT: "check the path"
    case EACCES, EPERM: "check the owner and the permissions"
    case EROFS: "the file system is mounted read-only"
    case ENOSPC, EDQUOT: "free some space"
    case EMFILE, ENFILE: "raise the limit of open files"
    case EADDRINUSE: "another process is listening there"
    default: nil
    }
  }

  private static let names: [Int32: String] = [
    EACCES: "EACCES", EADDRINUSE: "EADDRINUSE", EAGAIN: "EAGAIN", EBADF: "EBADF", EBUSY: "EBUSY",
    ECHILD: "ECHILD", ECONNREFUSED: "ECONNREFUSED", ECONNRESET: "ECONNRESET", EDQUOT: "EDQUOT",
    EEXIST: "EEXIST", EFBIG: "EFBIG", EINTR: "EINTR", EINVAL: "EINVAL", EIO: "EIO",
    EISDIR: "EISDIR", ELOOP: "ELOOP", EMFILE: "EMFILE", ENAMETOOLONG: "ENAMETOOLONG",
    ENFILE: "ENFILE", ENOENT: "ENOENT", ENOEXEC: "ENOEXEC", ENOMEM: "ENOMEM", ENOSPC: "ENOSPC",
    ENOTDIR: "ENOTDIR", ENOTEMPTY: "ENOTEMPTY", EPERM: "EPERM", EPIPE: "EPIPE", EROFS: "EROFS",
    ESRCH: "ESRCH", ETIMEDOUT: "ETIMEDOUT", ETXTBSY: "ETXTBSY", EXDEV: "EXDEV", E2BIG: "E2BIG",
  ]
}

/// Repeats a call that a signal interrupted, and turns −1 into an error.
func retried<Number: FixedWidthInteger>(
  _ operation: @autoclosure () -> String, path: @autoclosure () -> String? = nil,
  _ call: () -> Number
) throws(SystemError) -> Number {
  while true {
    let result = call()
    if result != -1 { return result }
    if errno != EINTR { throw .last(operation(), path: path()) }
  }
}
