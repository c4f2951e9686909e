internal import Model
package import Platform

/// Reads the spool of a call while it grows, or after its writer has died.
///
/// A torn tail, as a crash leaves it, and the zeros of a file that is written over read as "nothing
/// more": the reader stops before the first frame that is not whole. A `final class`, used by one thread at a time.
package final class SpoolReader {
  package let path: String
  private let file: Descriptor
  /// Where the next frame begins.
  package private(set) var position: Int
  /// Kept bytes of each stream below these are passed over.
  private var wanted: [OutputStream: Int] = [:]
  /// The frame whose payload is being delivered piece by piece.
  private var payload: Payload?
  private var window = Window()
  /// Whether payloads are held against their checksums, those that are passed over too. The one
  /// reader that can do without is the agent of the living writer: both see the same pages. After a
  /// power cut, what was not synced may read as zeros between frames that are there.
  package var isVerifying: Bool
  /// What follows the frames that were read is none.
  package private(set) var isTorn = false

  private struct Payload {
    var output: SpoolOutput
    /// Where in the file the undelivered part begins and ends.
    var position: Int
    let end: Int
  }

  /// - Parameter position: of a frame's beginning, as `position` told it before.
  package init(
    path: String, position: Int = 0, isVerifying: Bool = true
  ) throws(SystemError) {
    self.path = path
    self.isVerifying = isVerifying
    self.position = position
    // The opening of a named pipe would wait for a writer.
    guard try Files.status(path).kind == .file else {
      throw SystemError.notAFile("open spool", path: path)
    }
    file = try Files.open(path, .read)
  }

  /// Delivers only what comes from these offsets of the kept streams on; what lies before is passed
  /// over without being read, also of the frame that is being delivered. Frames other than output still
  /// come.
  package func resume(stdout: Int, stderr: Int) {
    wanted = [.stdout: stdout, .stderr: stderr]
    guard let payload else { return }
    let rest = payload.end - payload.position
    if payload.output.offset + rest <= wanted[payload.output.stream] ?? 0 {
      position = payload.end + 1
      self.payload = nil
    }
  }

  /// The next frame; `nil` when nothing more is complete now.
  ///
  /// - Parameter maxPayload: a frame with more bytes comes in several pieces, each with its offset.
  package func next(
    maxPayload: Int = Spool.maxPayloadBytes
  ) throws(SystemError) -> SpoolFrame? {
    precondition(maxPayload > 0, "a piece holds at least one byte")
    while true {
      if let payload { return .output(try piece(of: payload, atMost: maxPayload)) }
      guard let (header, headerEnd) = try header() else { return nil }
      switch header {
      case .complete(let frame):
        position = headerEnd
        return frame
      case .output(let output, let bytes, let checksum):
        guard try isWhole(from: headerEnd, bytes: bytes) else { return nil }
        if isVerifying, let checksum {
          guard try isSound(from: headerEnd, bytes: bytes, checksum) else { return nil }
        }
        let frameEnd = headerEnd + bytes + (bytes > 0 ? 1 : 0)
        let skipped = min(bytes, max(0, (wanted[output.stream] ?? 0) - output.offset))
        if skipped == bytes {
          position = frameEnd
          continue
        }
        var rest = output
        rest.offset += skipped
        payload = Payload(
          output: rest, position: headerEnd + skipped, end: headerEnd + bytes)
      }
    }
  }

  /// Whether the plugin that writes this file lives: then it holds the lock.
  package func ownerIsAlive() throws(SystemError) -> Bool {
    // A shared lock, so that two who ask at once do not take each other for the owner.
    guard try file.tryLock(shared: true) else { return true }
    try file.unlock()
    return false
  }

  /// Whether nobody has written to it: it is empty, or nothing but the zeros of a file that is to be
  /// written over.
  package func isBlank() throws(SystemError) -> Bool {
    guard try file.status().size <= Spool.reusedBytes else { return false }
    return try file.readUpTo(Spool.reusedBytes, at: 0).withUnsafeBytes(\.countBeforeZeros) == 0
  }

  private func piece(of payload: Payload, atMost limit: Int) throws(SystemError) -> SpoolOutput {
    let count = min(limit, payload.end - payload.position)
    var piece = payload.output
    piece.bytes = try file.readExactly(count, at: payload.position)
    var rest = payload
    rest.position += count
    rest.output.offset += count
    self.payload = rest.position < rest.end ? rest : nil
    if self.payload == nil {
      position = rest.end + 1
    }
    return piece
  }

  /// The header at `position`, and where it ends.
  private func header() throws(SystemError) -> (SpoolHeader, end: Int)? {
    if isTorn { return nil }
    guard let length = try window.lineLength(at: position, in: file) else {
      return nil
    }
    guard length <= Spool.maxHeaderBytes, let header = window.header(at: position, length: length)
    else {
      isTorn = true
      return nil
    }
    return (header, position + length + 1)
  }

  private func isSound(
    from start: Int, bytes: Int, _ checksum: UInt32
  ) throws(SystemError) -> Bool {
    var found = Checksum()
    var done = 0
    while done < bytes {
      let piece = try file.readExactly(
        min(bytes - done, Spool.maxPayloadBytes), at: start + done)
      piece.withUnsafeBytes { found.update($0) }
      done += piece.count
    }
    if found.value != checksum { isTorn = true }
    return !isTorn
  }

  /// Whether the payload and its newline are all there.
  private func isWhole(from start: Int, bytes: Int) throws(SystemError) -> Bool {
    if bytes == 0 { return true }
    let (end, overflow) = start.addingReportingOverflow(bytes)
    if overflow {
      isTorn = true
      return false
    }
    guard let last = try file.readExactlyIfThere(1, at: end) else { return false }
    // A zero is where nothing has been written yet.
    if last == [0] { return false }
    if last != [UInt8(ascii: "\n")] { isTorn = true }
    return !isTorn
  }
}
