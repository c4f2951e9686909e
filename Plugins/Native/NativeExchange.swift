import JSON
import Model
import Platform

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What a worker is asked: a header with the lengths of the three texts, and the texts. It reads
/// them, and calls nothing before one more byte has come.
struct NativeRequest {
  var plan: String
  var input: String
  var directory: String

  private static let headerWords = 3
  /// Any byte would do.
  static let go: UInt8 = 1

  var bytes: [UInt8] {
    Words.bytes([plan.utf8.count, input.utf8.count, directory.utf8.count])
      + Array(plan.utf8) + Array(input.utf8) + Array(directory.utf8)
  }

  /// - Throws: also at the end, when nobody asked.
  static func read(from channel: borrowing Descriptor) throws -> NativeRequest {
    let lengths = Words.read(try channel.readExactly(headerWords * Words.width))
    guard lengths.allSatisfy({ (0...NativeReply.maxBytes).contains($0) }) else {
      throw SystemError("read a request", number: EFBIG)
    }
    var rest = try channel.readExactly(lengths.reduce(0, +))[...]
    func next(_ length: Int) -> String {
      defer { rest = rest.dropFirst(length) }
      return String(decoding: rest.prefix(length), as: UTF8.self)
    }
    return NativeRequest(
      plan: next(lengths[0]), input: next(lengths[1]), directory: next(lengths[2]))
  }
}

extension NativeRequest {
  /// The same for a process that begins in its directory.
  var text: String { JSON.array([.string(plan), .string(input)]).compact }

  init(text: [UInt8]) throws {
    let parts = try JSON(parsing: text).array?.compactMap(\.string) ?? []
    guard parts.count == 2 else { throw SystemError("read a request", number: EPROTO) }
    self.init(plan: parts[0], input: parts[1], directory: ".")
  }
}

/// What a worker answers. One more byte follows where it can serve another call.
struct NativeReply {
  /// As the exit code of a process.
  var code: Int
  /// The result, for standard output.
  var output: [UInt8] = []
  /// Why there is none, for standard error.
  var message = ""
  var escapedKilled = 0
  var cpuUser: Duration = .zero
  var cpuSystem: Duration = .zero
  var peakMemoryBytes = 0

  private static let headerWords = 7
  static let ready: UInt8 = 2
  /// More comes only from a worker whose memory was written over.
  static let maxBytes = 64 << 20

  init(code: Int, output: [UInt8] = [], message: String = "") {
    self.code = code
    self.output = output
    self.message = message.isEmpty ? "" : message + "\n"
  }

  var bytes: [UInt8] {
    Words.bytes([
      code, escapedKilled, Int(cpuUser.wholeMicroseconds), Int(cpuSystem.wholeMicroseconds),
      peakMemoryBytes, output.count, message.utf8.count,
    ]) + output + Array(message.utf8)
  }

  enum Reading {
    case more
    case garbage
    case whole(NativeReply, isReady: Bool)
  }

  static func read(_ bytes: [UInt8]) -> Reading {
    let header = headerWords * Words.width
    guard bytes.count >= header else { return .more }
    let words = Words.read(Array(bytes[..<header]))
    guard words.allSatisfy({ $0 >= 0 }), words[0] <= 255, words[5] <= maxBytes, words[6] <= maxBytes
    else { return .garbage }
    let end = header + words[5] + words[6]
    guard bytes.count >= end else { return .more }
    let isReady = bytes.count == end + 1 && bytes[end] == ready
    guard bytes.count == end || isReady else { return .garbage }
    var reply = NativeReply(code: words[0], output: Array(bytes[header..<(header + words[5])]))
    reply.message = String(decoding: bytes[(header + words[5])..<end], as: UTF8.self)
    reply.escapedKilled = words[1]
    reply.cpuUser = .microseconds(words[2])
    reply.cpuSystem = .microseconds(words[3])
    reply.peakMemoryBytes = words[4]
    return .whole(reply, isReady: isReady)
  }
}

/// Whole numbers of eight bytes, for two processes of the same program.
private enum Words {
  static let width = MemoryLayout<Int>.size

  static func bytes(_ words: [Int]) -> [UInt8] { words.withUnsafeBytes { Array($0) } }

  static func read(_ bytes: [UInt8]) -> [Int] {
    bytes.withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count, by: width).map {
        bytes.loadUnaligned(fromByteOffset: $0, as: Int.self)
      }
    }
  }
}

extension Descriptor {
  /// - Throws: `EPIPE` when it ends before.
  borrowing func readExactly(_ count: Int) throws(SystemError) -> [UInt8] {
    guard count >= 0, count <= NativeReply.maxBytes else {
      throw SystemError("read a request", number: EFBIG)
    }
    var bytes = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
      let got = try bytes.withUnsafeMutableBytes { buffer in
        Result { () throws(SystemError) in
          try read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
        }
      }.get()
      if got == 0 { throw SystemError("read a request", number: EPIPE) }
      filled += got
    }
    return bytes
  }
}
