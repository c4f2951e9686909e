internal import JSON
package import Model
package import Platform

/// Writes the spool of one call. It holds the file's lock for as long as it lives, which tells
/// everyone that the plugin does.
///
/// Some room on the disk stays reserved ahead of the output, so that the last frame still fits when
/// the disk is full. Every frame is written whole or not at all.
package final class SpoolWriter {
  /// Room for the last frame.
  package static let reserveBytes = 16 << 10
  /// The disk is asked for room in steps of this size.
  package static let extentBytes = 1 << 20

  package let path: String
  private let file: Descriptor
  /// The size of the file so far: the end of the last whole frame.
  package private(set) var bytes = 0
  /// Where the reserved room ends; `nil` on a file system that cannot reserve.
  private var reservedEnd: Int? = 0
  private var beforeStarting = 0
  /// From then on it is not known what is on disk, and no sync is tried again.
  var syncFailure: SystemError?
  private var header = JSONText()

  /// Creates the file, or takes one that holds nothing but zeros, and locks it.
  package init(path: String, call: CallID, plugin: String) throws(SystemError) {
    self.path = path
    file = try Files.open(path, .readWrite, permissions: 0o600)
    guard try file.tryLock() else { throw SystemError.busy("lock", path: path) }
    if let first = try file.readUpTo(1, at: 0).first, first != 0 {
      throw SystemError.exists("create a spool", path: path)
    }
    // What is there already is written over, which needs no room and costs less to sync.
    reservedEnd = try file.status().size
    try reserve(upTo: Spool.reusedBytes)
    try append { frame in
      frame.write(#"{"frame":"opened","format":"#)
      frame.add(Spool.format)
      frame.add(#","call":"#, .string(call.text), #","plugin":"#, .string(plugin))
      frame.add(#","bootId":"#, .string(Machine.bootID), #","owner":"#, Self.owner)
      frame.addNow()
    }
  }

  /// To be written before the process can exist.
  package func starting() throws(SystemError) {
    beforeStarting = bytes
    try append { frame in
      frame.write(#"{"frame":"starting""#)
      frame.addNow()
    }
  }

  /// Takes `starting` back: the process could not be created, so it never ran.
  package func didNotStart() throws(SystemError) { try rewind(to: beforeStarting) }

  /// Leaves the file as if nobody had opened it, and frees it.
  package func withdraw() throws(SystemError) {
    try file.truncate(to: 0)
    bytes = 0
    try file.unlock()
  }

  package func started(process: Int?) throws(SystemError) {
    try append { frame in
      frame.write(#"{"frame":"started""#)
      frame.addNow()
      frame.write(#","pid":"#)
      if let process { frame.add(process) } else { frame.write("null") }
    }
  }

  /// - Throws: when the disk is full, with nothing of this written.
  package func output(
    _ stream: OutputStream, offset: Int, _ payload: UnsafeRawBufferPointer
  ) throws(SystemError) {
    header.removeAll()
    header.add(#"{"frame":"output","stream":"#, .string(stream.rawValue), #","offset":"#)
    header.add(offset)
    header.addNow()
    header.write(#","bytes":"#)
    header.add(payload.count)
    header.write(#","crc32c":"#)
    header.add(Int(Checksum.of(payload)))
    header.write("}\n")
    let length = header.count + payload.count + 1
    try reserve(upTo: bytes + length + Self.reserveBytes)
    try write(payload)
  }

  /// The last frame. It may use the reserved room.
  package func ended(_ record: ExecutionRecord) throws(SystemError) {
    try append { frame in
      frame.write(#"{"frame":"ended""#)
      frame.addNow()
      frame.write(#","record":"#)
      frame.add(record.json)
    }
  }

  /// Gives back what was reserved for a large output and not used. Before `release`: from then on
  /// the file may belong to another call.
  package func trim() throws(SystemError) {
    if let reservedEnd, reservedEnd > Spool.reusedBytes { try file.truncate(to: bytes) }
    reservedEnd = nil
  }

  /// Frees the lock now. It would go with the last copy of the descriptor, and a process that is
  /// just being started may hold one for an instant.
  package func release() throws(SystemError) { try file.unlock() }

  /// Takes back what was written since the file had so many bytes.
  func rewind(to end: Int) throws(SystemError) {
    try file.truncate(to: end)
    bytes = end
    reservedEnd = reservedEnd.map { min($0, end) }
  }

  /// Everything written so far survives a power cut.
  package func sync() throws(SystemError) { try file.syncData() }

  private static let owner = SpoolOwner.own?.json ?? .null

  /// - Parameter build: adds all of the frame but its end.
  private func append(_ build: (inout JSONText) -> Void) throws(SystemError) {
    header.removeAll()
    build(&header)
    header.write("}\n")
    try write(UnsafeRawBufferPointer(start: nil, count: 0))
  }

  /// Writes the header and the payload; on failure the file is as it was.
  private func write(_ payload: UnsafeRawBufferPointer) throws(SystemError) {
    do throws(SystemError) {
      let newline = payload.isEmpty ? [] : [UInt8(ascii: "\n")]
      try header.withUnsafeBytes { header in
        newline.withUnsafeBytes { newline in
          Result { () throws(SystemError) in
            try file.writeAll(header, payload, newline, at: bytes)
          }
        }
      }.get()
      bytes += header.count + payload.count + newline.count
    } catch {
      try? file.truncate(to: bytes)
      reservedEnd = reservedEnd.map { min($0, bytes) }
      throw error
    }
  }

  private func reserve(upTo needed: Int) throws(SystemError) {
    guard let end = reservedEnd, needed > end else { return }
    let target = bytes == 0 ? needed : max(needed, end + Self.extentBytes)
    do throws(SystemError) {
      try file.reserve(from: end, to: target)
      reservedEnd = target
    } catch {
      if error.isUnsupported {
        reservedEnd = nil
      } else if target > needed {
        // Not enough for a whole step; perhaps for this frame.
        try file.reserve(from: end, to: needed)
        reservedEnd = needed
      } else {
        throw error
      }
    }
  }
}

extension JSONText {
  fileprivate mutating func addNow() {
    write(#","at":"#)
    add(Int(Clock.now()))
  }
}
