import JSON
import Model
import Store

/// How far a follower of a call's events has got.
struct EventCursor: Sendable, Hashable {
  var transition = 0
  var stdout = 0
  var stderr = 0
}

/// The next part of a call's events, as lines of JSON.
///
/// The order is: transitions as they come, output in the order of arrival, and the transitions that
/// end the call only after the last byte of output. It is bounded, and says whether more is there.
struct EventPage: Sendable {
  static let maxBytes = 256 << 10

  private(set) var bytes: [UInt8] = []
  private(set) var cursor: EventCursor
  private(set) var hasMore = false
  private(set) var isEnd = false
  /// Whether the call has neither begun to run nor ended.
  private(set) var isWaiting = false

  init(of call: CallID, after cursor: EventCursor, _ reader: Reader) throws {
    self.cursor = cursor
    // Read before the output: whatever precedes an end in time is then seen before it.
    let transitions = try reader.transitions(of: call, after: cursor.transition)
    let ending = transitions.firstIndex { $0.kind == "finished" || $0.kind == "ended" }
    for transition in transitions[..<(ending ?? transitions.count)] { add(transition) }
    guard try addOutput(of: call, reader) else { return }
    guard let ending else {
      hasMore = transitions.count == 1_000
      isWaiting = try reader.standing(of: call)?.isOpen ?? false
      return
    }
    for transition in transitions[ending...] { add(transition) }
    guard transitions.last?.kind == "ended", let whole = try reader.call(call) else { return }
    add("end", [("call", whole.json(waitsFor: nil))])
    isEnd = true
  }

  private mutating func add(_ transition: StoredTransition) {
    cursor.transition = transition.sequence
    add("transition", transition.members)
  }

  /// - Returns: whether all output there is was added.
  private mutating func addOutput(of call: CallID, _ reader: Reader) throws -> Bool {
    let room = max(1, Self.maxBytes - bytes.count)
    let out = try reader.output(of: call, .stdout, from: cursor.stdout, maxBytes: room)
    let err = try reader.output(of: call, .stderr, from: cursor.stderr, maxBytes: room)
    // Of a stream that was cut off, later chunks may belong before the other's.
    let horizon = min(
      out.hasMore ? out.chunks.last?.order ?? .max : .max,
      err.hasMore ? err.chunks.last?.order ?? .max : .max)
    let merged =
      (out.chunks.map { ($0, OutputStream.stdout) }
      + err.chunks.map { ($0, OutputStream.stderr) })
      .sorted { $0.0.order < $1.0.order }
    for (chunk, stream) in merged where chunk.order <= horizon { add(chunk, stream) }
    hasMore = horizon != .max
    return !hasMore
  }

  private mutating func add(_ chunk: StoredOutput.Chunk, _ stream: OutputStream) {
    let end = chunk.offset + chunk.bytes.count
    switch stream {
    case .stdout: cursor.stdout = end
    case .stderr: cursor.stderr = end
    }
    var members: [(String, JSON)] = [
      ("stream", .string(stream.rawValue)), ("offset", .int(chunk.offset)), ("atUs", chunk.at.json),
    ]
    if let text = String(validating: chunk.bytes, as: UTF8.self) {
      members.append(("text", .string(text)))
    } else {
      members.append(("base64", .string(Base64.text(chunk.bytes))))
    }
    add("output", members)
  }

  private mutating func add(_ type: String, _ members: [(String, JSON)]) {
    bytes += Self.line(type, members)
  }

  static func line(_ type: String, _ members: [(String, JSON)]) -> [UInt8] {
    JSON.object(JSONObject([("type", .string(type))] + members)).bytes + [0x0A]
  }
}
