/// The lines of an HTTP/1.1 head (RFC 9112, 2 to 5), read strictly: what two readers could
/// understand differently is refused.
enum HeadFields {
  struct Malformed: Error {
    let what: String
    init(_ what: String) { self.what = what }
  }

  static let maxCount = 128

  /// Where the head ends: the index of the empty line's "\r\n\r\n", looking from `start` on.
  static func end(in bytes: [UInt8], from start: Int) -> Int? {
    var index = start
    while index + 3 < bytes.count {
      // Most bytes are neither; this looks at every fourth of them.
      switch bytes[index + 3] {
      case 10:
        if bytes[index] == 13, bytes[index + 1] == 10, bytes[index + 2] == 13 { return index }
        index += 2
      case 13: index += 1
      default: index += 4
      }
    }
    return nil
  }

  /// The first line, and the fields after it. `head` is without its empty line.
  static func parse(
    _ head: ArraySlice<UInt8>
  ) throws(Malformed) -> (start: ArraySlice<UInt8>, fields: HTTPHeaders) {
    var rest = head
    let start = try takeLine(&rest)
    var fields = HTTPHeaders()
    while !rest.isEmpty {
      try fields.append(field(takeLine(&rest)))
      guard fields.all.count <= maxCount else { throw Malformed("too many headers") }
    }
    return (start, fields)
  }

  private static func takeLine(_ rest: inout ArraySlice<UInt8>) throws(Malformed)
    -> ArraySlice<UInt8>
  {
    let end = rest.firstIndex { $0 == 13 || $0 == 10 } ?? rest.endIndex
    let line = rest[..<end]
    guard end < rest.endIndex else {
      rest = rest[end...]
      return line
    }
    guard rest[end] == 13, end + 1 < rest.endIndex, rest[end + 1] == 10 else {
      throw Malformed("a line that does not end in CR LF")
    }
    rest = rest[(end + 2)...]
    return line
  }

  private static func field(_ line: ArraySlice<UInt8>) throws(Malformed) -> HTTPHeader {
    guard let colon = line.firstIndex(of: 0x3A), colon > line.startIndex,
      line[..<colon].allSatisfy(isTokenByte)
    else { throw Malformed("a header without a proper name") }
    var value = line[(colon + 1)...]
    while let first = value.first, first == 0x20 || first == 0x09 { value.removeFirst() }
    while let last = value.last, last == 0x20 || last == 0x09 { value.removeLast() }
    guard value.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
      throw Malformed("a control character in a header")
    }
    let name = String(decoding: line[..<colon].map(lowercased), as: UTF8.self)
    return HTTPHeader(name, String(decoding: value, as: UTF8.self))
  }

  /// RFC 9110, 5.6.2.
  static func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E, 0x5F, 0x60, 0x7C, 0x7E: true
    default: false
    }
  }

  private static func lowercased(_ byte: UInt8) -> UInt8 {
    byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
  }
}

/// How the body of a message is delimited (RFC 9112, 6).
enum BodyFraming: Equatable {
  case none
  case length(Int)
  case chunked
  /// Responses only.
  case untilClose

  /// What the fields say; nil when they say nothing. Anything ambiguous is refused, because that is
  /// how requests are smuggled past a proxy.
  static func announced(by fields: HTTPHeaders) throws(HeadFields.Malformed) -> BodyFraming? {
    let lengths = fields.values("content-length")
    let codings = fields.values("transfer-encoding")
    guard codings.isEmpty || lengths.isEmpty else {
      throw HeadFields.Malformed("both content-length and transfer-encoding")
    }
    if !codings.isEmpty {
      guard codings.count == 1, codings[0].lowercased() == "chunked" else {
        throw HeadFields.Malformed("a transfer-encoding other than chunked")
      }
      return .chunked
    }
    guard let text = lengths.first else { return nil }
    guard lengths.count == 1, !text.isEmpty, text.utf8.count <= 18,
      text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let length = Int(text)
    else { throw HeadFields.Malformed("a content-length that is not one number") }
    return length == 0 ? BodyFraming.none : .length(length)
  }
}

/// Takes a body out of its framing, whatever pieces it arrives in.
struct BodyDecoder {
  enum Event {
    case data(ArraySlice<UInt8>)
    case end
    case malformed(String)
  }

  private enum State: Equatable {
    case counted(left: Int)
    case untilClose
    case chunkSize(digits: Int, value: Int)
    case chunkExtension(length: Int, value: Int)
    case chunkSizeLF(value: Int)
    case chunkData(left: Int)
    case chunkEnd(sawCR: Bool)
    /// After the last chunk; `line` counts what the line at hand holds.
    case trailer(line: Int, total: Int, sawCR: Bool)
    case ended
  }

  private var state: State

  init(_ framing: BodyFraming) {
    switch framing {
    case .none: state = .ended
    case .length(let count): state = .counted(left: count)
    case .chunked: state = .chunkSize(digits: 0, value: 0)
    case .untilClose: state = .untilClose
    }
  }

  var endsWithConnection: Bool { state == .untilClose }

  /// The next event in `input`, from which its bytes are taken off; nil when more are needed.
  mutating func next(_ input: inout ArraySlice<UInt8>) -> Event? {
    while true {
      switch state {
      case .ended: return .end
      case .untilClose: return input.isEmpty ? nil : .data(take(&input, input.count))
      case .counted(let left):
        if left == 0 {
          state = .ended
          continue
        }
        guard !input.isEmpty else { return nil }
        let piece = take(&input, left)
        state = .counted(left: left - piece.count)
        return .data(piece)
      case .chunkData(let left):
        guard !input.isEmpty else { return nil }
        let piece = take(&input, left)
        state =
          piece.count == left ? .chunkEnd(sawCR: false) : .chunkData(left: left - piece.count)
        return .data(piece)
      default:
        guard let byte = input.popFirst() else { return nil }
        if let problem = step(byte) { return .malformed(problem) }
      }
    }
  }

  private func take(_ input: inout ArraySlice<UInt8>, _ limit: Int) -> ArraySlice<UInt8> {
    let piece = input.prefix(limit)
    input = input.dropFirst(limit)
    return piece
  }

  private mutating func step(_ byte: UInt8) -> String? {
    switch state {
    case .chunkSize(let digits, let value):
      if let digit = hexDigit(byte) {
        guard digits < 15 else { return "a chunk that is too large" }
        state = .chunkSize(digits: digits + 1, value: value << 4 | digit)
      } else if digits == 0 {
        return "a chunk without a size"
      } else if byte == 13 {
        state = .chunkSizeLF(value: value)
      } else if byte == 0x3B || byte == 0x20 || byte == 0x09 {
        state = .chunkExtension(length: 0, value: value)
      } else {
        return "a chunk size that is not a number"
      }
    case .chunkExtension(let length, let value):
      guard length < 256, byte != 10 else { return "a chunk extension that is too long" }
      state =
        byte == 13 ? .chunkSizeLF(value: value) : .chunkExtension(length: length + 1, value: value)
    case .chunkSizeLF(let value):
      guard byte == 10 else { return "a chunk size that does not end in CR LF" }
      state = value == 0 ? .trailer(line: 0, total: 0, sawCR: false) : .chunkData(left: value)
    case .chunkEnd(let sawCR):
      guard byte == (sawCR ? 10 : 13) else { return "a chunk longer than its size" }
      state = sawCR ? .chunkSize(digits: 0, value: 0) : .chunkEnd(sawCR: true)
    case .trailer(let line, let total, let sawCR):
      return trailerStep(byte, line: line, total: total, sawCR: sawCR)
    case .counted, .untilClose, .chunkData, .ended: break
    }
    return nil
  }

  private mutating func trailerStep(
    _ byte: UInt8, line: Int, total: Int, sawCR: Bool
  ) -> String? {
    guard total < 4096 else { return "trailers that are too long" }
    switch (sawCR, byte) {
    case (true, 10):
      state = line == 0 ? .ended : .trailer(line: 0, total: total + 1, sawCR: false)
    case (true, _): return "a trailer that does not end in CR LF"
    case (false, 13): state = .trailer(line: line, total: total + 1, sawCR: true)
    case (false, 10): return "a trailer that does not end in CR LF"
    case (false, _): state = .trailer(line: line + 1, total: total + 1, sawCR: false)
    }
    return nil
  }
}

func hexDigit(_ byte: UInt8) -> Int? {
  switch byte {
  case 0x30...0x39: Int(byte) - 0x30
  case 0x41...0x46: Int(byte) - 0x41 + 10
  case 0x61...0x66: Int(byte) - 0x61 + 10
  default: nil
  }
}
