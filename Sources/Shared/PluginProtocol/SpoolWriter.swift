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
  private var header: [UInt8] = []

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
    try append([
      "frame": "opened", "format": .int(Spool.format), "call": .string(call.text),
      "plugin": .string(plugin), "bootId": .string(Machine.bootID),
      "owner": SpoolOwner.own?.json ?? .null, "at": now,
    ])
  }

  /// To be written before the process can exist.
  package func starting() throws(SystemError) {
    beforeStarting = bytes
    try append(["frame": "starting", "at": now])
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
    try append(["frame": "started", "at": now, "pid": process.map(JSON.int) ?? .null])
  }

  /// - Throws: when the disk is full, with nothing of this written.
  package func output(
    _ stream: OutputStream, offset: Int, _ payload: UnsafeRawBufferPointer
  ) throws(SystemError) {
    // Written by hand: this is the hot path, and the shape never changes.
    header.removeAll(keepingCapacity: true)
    header += #"{"frame":"output","stream":""#.utf8
    header += stream.rawValue.utf8
    header += #"","offset":"#.utf8
    header.appendDecimal(offset)
    header += #","at":"#.utf8
    header.appendDecimal(Int(Clock.now()))
    header += #","bytes":"#.utf8
    header.appendDecimal(payload.count)
    header += #","crc32c":"#.utf8
    header.appendDecimal(Int(Checksum.of(payload)))
    header += "}\n".utf8
    let length = header.count + payload.count + 1
    try reserve(upTo: bytes + length + Self.reserveBytes)
    try write(payload)
  }

  /// The last frame. It may use the reserved room.
  package func ended(_ record: ExecutionRecord) throws(SystemError) {
    try append(["frame": "ended", "at": now, "record": record.json])
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

  private var now: JSON { .int(Int(Clock.now())) }

  private func append(_ frame: JSON) throws(SystemError) {
    header.removeAll(keepingCapacity: true)
    frame.write(to: &header)
    header.append(UInt8(ascii: "\n"))
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

extension [UInt8] {
  fileprivate mutating func appendDecimal(_ value: Int) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
      var index = 20
      var rest = value.magnitude
      repeat {
        index -= 1
        digits[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
      } while rest > 0
      append(contentsOf: digits[index...])
    }
  }
}
