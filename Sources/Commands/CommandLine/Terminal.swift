internal import Platform

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// One of the process's output streams, with what a person sees of it.
package struct Terminal: Sendable {
  package enum Stream: Int32, Sendable {
    case output = 1
    case error = 2
  }

  package let stream: Stream
  package let isTerminal: Bool
  package let hasColour: Bool

  package init(_ stream: Stream) {
    self.stream = stream
    isTerminal = isatty(stream.rawValue) == 1
    // https://no-color.org: set and not empty means no colours.
    let refuses = Machine.environment("NO_COLOR").map { !$0.isEmpty } ?? false
    hasColour = isTerminal && !refuses && Machine.environment("TERM") != "dumb"
  }

  /// - Parameter stream: where `write` goes.
  package init(_ stream: Stream, isTerminal: Bool, hasColour: Bool) {
    self.stream = stream
    self.isTerminal = isTerminal
    self.hasColour = hasColour
  }

  /// Columns; 80 where nothing says.
  package var width: Int {
    var size = winsize()
    if ioctl(stream.rawValue, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 {
      return Int(size.ws_col)
    }
    return Machine.environment("COLUMNS").flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil } ?? 80
  }

  package enum Colour: String, Sendable {
    case red = "31"
    case green = "32"
    case yellow = "33"
    case cyan = "36"
    case bold = "1"
    case dim = "2"
  }

  package func paint(_ text: String, _ colour: Colour) -> String {
    hasColour ? "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m" : text
  }

  /// Whether the reader is still there.
  @discardableResult
  package func write(_ bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBytes { buffer in
      var rest = buffer[...]
      while !rest.isEmpty {
        let piece = UnsafeRawBufferPointer(rebasing: rest)
        let count = platformWrite(stream.rawValue, piece)
        if count < 0, errno == EAGAIN {
          // Someone else's end of the terminal made it non-blocking: wait until it takes more.
          var wanted = pollfd(fd: stream.rawValue, events: Int16(POLLOUT), revents: 0)
          _ = poll(&wanted, 1, -1)
          continue
        }
        if count < 0, errno != EINTR { return false }
        if count > 0 { rest = rest.dropFirst(count) }
      }
      return true
    }
  }

  @discardableResult
  package func write(_ text: String) -> Bool { write(Array(text.utf8)) }

  @discardableResult
  package func line(_ text: String = "") -> Bool { write(text + "\n") }
}

private func platformWrite(_ number: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
  #if canImport(Glibc)
    Glibc.write(number, bytes.baseAddress, bytes.count)
  #elseif canImport(Musl)
    Musl.write(number, bytes.baseAddress, bytes.count)
  #else
    Darwin.write(number, bytes.baseAddress, bytes.count)
  #endif
}

/// Standard input, for arguments that are read from it.
package enum StandardInput {
  /// Reads to the end.
  /// - Parameter limit: more is refused.
  package static func read(limit: Int) throws -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = chunk.withUnsafeMutableBytes { buffer in
        #if canImport(Glibc)
          Glibc.read(0, buffer.baseAddress, buffer.count)
        #elseif canImport(Musl)
          Musl.read(0, buffer.baseAddress, buffer.count)
        #else
          Darwin.read(0, buffer.baseAddress, buffer.count)
        #endif
      }
      if count == 0 { return bytes }
      if count < 0, errno == EINTR { continue }
      if count < 0 { throw SystemError.last("read", path: "standard input") }
      bytes.append(contentsOf: chunk[..<count])
      guard bytes.count <= limit else {
        throw Failure(
          "limit.input", "standard input is longer than \(limit) bytes",
          remedy: "give less", exit: .invalidData)
      }
    }
  }

  package static var isTerminal: Bool { isatty(0) == 1 }
}
