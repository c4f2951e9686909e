/// Finds requests in what a peer sends, one after the other. Knows no sockets: bytes in, events out.
struct RequestParser {
  enum Event {
    case head(RequestHead)
    case body(ArraySlice<UInt8>)
    /// The request is complete; call `nextRequest()` to go on.
    case end
    /// The connection cannot go on after this.
    case refused(RequestHead.Refusal)
  }

  private enum State {
    case head(searched: Int)
    case body(BodyDecoder, received: Int)
    case complete
    case refused
  }

  private let maxHeaderBytes: Int
  private let maxBodyBytes: Int
  private var state = State.head(searched: 0)
  /// What has been received and not been understood yet.
  private var bytes: [UInt8] = []
  private var taken = 0

  init(maxHeaderBytes: Int, maxBodyBytes: Int) {
    self.maxHeaderBytes = maxHeaderBytes
    self.maxBodyBytes = maxBodyBytes
  }

  /// How much has been sent ahead.
  var waitingBytes: Int { bytes.count - taken }

  var isInBody: Bool {
    if case .body = state { true } else { false }
  }

  var isInsideRequest: Bool {
    switch state {
    case .head: waitingBytes > 0
    case .body: true
    case .complete, .refused: false
    }
  }

  mutating func append(_ piece: UnsafeRawBufferPointer) {
    if taken == bytes.count { dropTaken() }
    bytes.append(contentsOf: piece)
  }

  mutating func nextRequest() {
    guard case .complete = state else { return }
    dropTaken()
    state = .head(searched: 0)
  }

  /// What follows the head of a request that turned into something else.
  mutating func takeRest() -> [UInt8] {
    let rest = Array(bytes[taken...])
    bytes = []
    taken = 0
    return rest
  }

  mutating func next() -> Event? {
    switch state {
    case .head(let searched): return head(searched)
    case .body(var decoder, let received):
      var input = bytes[taken...]
      let event = decoder.next(&input)
      taken = input.startIndex
      return body(event, decoder, received)
    case .complete, .refused: return nil
    }
  }

  private mutating func head(_ searched: Int) -> Event? {
    // RFC 9112, 2.2: an empty line before the request line is to be ignored.
    if searched == 0, bytes.count - taken >= 2, bytes[taken] == 13, bytes[taken + 1] == 10 {
      taken += 2
    }
    guard let end = HeadFields.end(in: bytes, from: max(taken, searched)) else {
      guard waitingBytes <= maxHeaderBytes else { return refuse(431, "headers are too long") }
      state = .head(searched: max(taken, bytes.count - 3))
      return nil
    }
    guard end - taken <= maxHeaderBytes else { return refuse(431, "headers are too long") }
    let lines = bytes[taken..<end]
    taken = end + 4
    do throws(RequestHead.Refusal) {
      let head = try RequestHead(lines)
      if case .length(let length) = head.body, length > maxBodyBytes { return refuseBody() }
      state = .body(BodyDecoder(head.body), received: 0)
      return .head(head)
    } catch {
      return refuse(error.status, error.text)
    }
  }

  private mutating func body(
    _ event: BodyDecoder.Event?, _ decoder: BodyDecoder, _ received: Int
  ) -> Event? {
    switch event {
    case nil:
      state = .body(decoder, received: received)
      return nil
    case .data(let piece):
      guard received + piece.count <= maxBodyBytes else { return refuseBody() }
      state = .body(decoder, received: received + piece.count)
      return .body(piece)
    case .end:
      state = .complete
      return .end
    case .malformed(let what): return refuse(400, what)
    }
  }

  private mutating func refuseBody() -> Event {
    refuse(413, "request body longer than \(maxBodyBytes) bytes")
  }

  private mutating func refuse(_ status: Int, _ text: String) -> Event {
    state = .refused
    bytes = []
    taken = 0
    return .refused(RequestHead.Refusal(status, text))
  }

  private mutating func dropTaken() {
    bytes.removeFirst(taken)
    taken = 0
  }
}
