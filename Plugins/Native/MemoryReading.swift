import JSON
import NativeCalls

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// C's memory as JSON.
enum MemoryReading {
  static func shape(_ shape: NativeShape, _ bytes: UnsafeRawBufferPointer, at start: Int) -> JSON {
    switch shape {
    case .scalar(let type): return scalar(type, bytes, at: start)
    case .array(let type, let count):
      return .array((0..<count).map { scalar(type, bytes, at: start + $0 * type.byteCount) })
    case .text(let count):
      let field = bytes[start..<(start + count)].prefix { $0 != 0 }
      return .string(String(decoding: field, as: UTF8.self))
    case .structure(let members):
      var object = JSONObject()
      for member in members {
        object[member.name] = self.shape(member.shape, bytes, at: start + member.offset)
      }
      return .object(object)
    }
  }

  static func scalar(_ type: NativeType, _ bytes: UnsafeRawBufferPointer, at start: Int) -> JSON {
    func load<Value: BitwiseCopyable>(_: Value.Type) -> Value {
      bytes.loadUnaligned(fromByteOffset: start, as: Value.self)
    }
    switch type {
    case .int8: return .int(Int(load(Int8.self)))
    case .uint8: return .int(Int(load(UInt8.self)))
    case .int16: return .int(Int(load(Int16.self)))
    case .uint16: return .int(Int(load(UInt16.self)))
    case .int32: return .int(Int(load(Int32.self)))
    case .uint32: return .int(Int(load(UInt32.self)))
    case .int64: return .int(Int(load(Int64.self)))
    case .uint64: return number("\(load(UInt64.self))")
    case .float: return number("\(load(Float.self))")
    case .double: return number("\(load(Double.self))")
    case .bool: return .bool(load(UInt8.self) != 0)
    case .string:
      guard let pointer = UnsafeRawPointer(bitPattern: load(UInt.self)) else { return .null }
      return text(pointer, upTo: NativePlan.maxTextBytes)
    }
  }

  /// Text that ends with NUL, or is cut at the limit. What is no UTF-8 shows as U+FFFD.
  static func text(_ pointer: UnsafeRawPointer, upTo limit: Int) -> JSON {
    let count = strnlen(pointer.assumingMemoryBound(to: CChar.self), limit)
    let bytes = UnsafeRawBufferPointer(start: pointer, count: count)
    return .string(String(decoding: bytes, as: UTF8.self))
  }

  /// Infinities and what is not a number have no JSON.
  private static func number(_ text: String) -> JSON {
    JSONNumber(text).map(JSON.number) ?? .null
  }
}

/// The names of errno(3) that a definition can give exit codes to.
enum ErrorNames {
  static func name(_ number: Int32) -> String { names[number] ?? "E\(number)" }

  private static let names: [Int32: String] = [
    EPERM: "EPERM", ENOENT: "ENOENT", ESRCH: "ESRCH", EINTR: "EINTR", EIO: "EIO", ENXIO: "ENXIO",
    E2BIG: "E2BIG", EBADF: "EBADF", EAGAIN: "EAGAIN", ENOMEM: "ENOMEM", EACCES: "EACCES",
    EFAULT: "EFAULT", EBUSY: "EBUSY", EEXIST: "EEXIST", EXDEV: "EXDEV", ENODEV: "ENODEV",
    ENOTDIR: "ENOTDIR", EISDIR: "EISDIR", EINVAL: "EINVAL", ENFILE: "ENFILE", EMFILE: "EMFILE",
    ENOTTY: "ENOTTY", EFBIG: "EFBIG", ENOSPC: "ENOSPC", ESPIPE: "ESPIPE", EROFS: "EROFS",
    EPIPE: "EPIPE", EDOM: "EDOM", ERANGE: "ERANGE", ENOSYS: "ENOSYS", ELOOP: "ELOOP",
    ENAMETOOLONG: "ENAMETOOLONG", EOVERFLOW: "EOVERFLOW", EOPNOTSUPP: "EOPNOTSUPP",
    ETIMEDOUT: "ETIMEDOUT", ECONNREFUSED: "ECONNREFUSED", EADDRINUSE: "EADDRINUSE",
  ]
}
