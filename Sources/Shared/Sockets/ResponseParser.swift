/// Understands one response (RFC 9112, 4 and 6.3). Knows no sockets: bytes in, events out.
package struct ResponseParser {
  package enum Event {
    case head(status: Int, HTTPHeaders)
    case body(ArraySlice<UInt8>)
    case end
    case malformed(String)
  }

  private enum State {
    case head(searched: Int)
    case body(BodyDecoder)
    case over
  }

  private let maxHeaderBytes: Int
  private var state = State.head(searched: 0)
  private var bytes: [UInt8] = []
  private var taken = 0

  package init(maxHeaderBytes: Int) { self.maxHeaderBytes = maxHeaderBytes }

  package mutating func append(_ piece: UnsafeRawBufferPointer) {
    bytes.removeFirst(taken)
    if case .head(let searched) = state { state = .head(searched: max(0, searched - taken)) }
    taken = 0
    bytes.append(contentsOf: piece)
  }

  /// What follows the head of a response that begins something else.
  mutating func takeRest() -> [UInt8] {
    let rest = Array(bytes[taken...])
    bytes = []
    taken = 0
    return rest
  }

  /// The connection has ended: is the response complete?
  var isCompleteAtEnd: Bool {
    switch state {
    case .head: false
    case .body(let decoder): decoder.endsWithConnection
    case .over: true
    }
  }

  package mutating func next() -> Event? {
    switch state {
    case .head(let searched): return head(searched)
    case .body(var decoder):
      var input = bytes[taken...]
      let event = decoder.next(&input)
      taken = input.startIndex
      state = .body(decoder)
      switch event {
      case nil: return nil
      case .data(let piece): return .body(piece)
      case .end:
        state = .over
        return .end
      case .malformed(let what): return fail(what)
      }
    case .over: return nil
    }
  }

  private mutating func head(_ searched: Int) -> Event? {
    guard let end = HeadFields.end(in: bytes, from: max(taken, searched)) else {
      guard bytes.count - taken <= maxHeaderBytes else {
        return fail("response head longer than \(maxHeaderBytes) bytes")
      }
      state = .head(searched: max(taken, bytes.count - 3))
      return nil
    }
    let lines = bytes[taken..<end]
    taken = end + 4
    do throws(HeadFields.Malformed) {
      let (start, fields) = try HeadFields.parse(lines)
      let parts = start.split(separator: 0x20, maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count >= 2, parts[0].starts(with: "HTTP/1.".utf8), parts[1].count == 3,
        let status = Int(String(decoding: parts[1], as: UTF8.self)), status >= 100
      else { return fail("not an HTTP response") }
      if status < 200, status != 101 {
        // Interim, e.g. 100 Continue: the response is still to come.
        state = .head(searched: taken)
        return head(taken)
      }
      let hasBody = status != 101 && status != 204 && status != 304
      let framing = try BodyFraming.announced(by: fields) ?? .untilClose
      state = .body(BodyDecoder(hasBody ? framing : .none))
      return .head(status: status, fields)
    } catch {
      return fail(error.what)
    }
  }

  private mutating func fail(_ what: String) -> Event {
    state = .over
    return .malformed(what)
  }
}
