internal import Platform

/// Cuts a stream of bytes into lines. A line over the limit is not kept: it is reported once, and
/// the stream goes on after its end.
package struct LineBuffer: Sendable {
  package enum Line: Sendable, Equatable {
    /// Without its newline.
    case line([UInt8])
    case tooLong(limit: Int)
  }

  private let limit: Int
  private var bytes: [UInt8] = []
  /// Where the next line begins.
  private var start = 0
  /// Up to here there is no newline.
  private var scanned = 0
  /// Inside a line that has been reported as too long.
  private var isSkipping = false

  package init(limit: Int = PluginProtocol.maxLineBytes) { self.limit = limit }

  package mutating func append(_ more: UnsafeRawBufferPointer) {
    if start == bytes.count {
      bytes.removeAll(keepingCapacity: bytes.capacity <= 1 << 20)
      (start, scanned) = (0, 0)
    } else if start > bytes.count / 2 {
      bytes.removeSubrange(..<start)
      scanned -= start
      start = 0
    }
    bytes.append(contentsOf: more)
  }

  package mutating func append(_ more: [UInt8]) { more.withUnsafeBytes { append($0) } }

  /// The next complete line; `nil` until more comes.
  package mutating func next() -> Line? {
    while true {
      let newline = bytes.withUnsafeBytes { [scanned] bytes in
        bytes.firstIndex(of: UInt8(ascii: "\n"), from: scanned)
      }
      scanned = newline ?? bytes.count
      let length = scanned - start
      if isSkipping {
        start = newline.map { $0 + 1 } ?? bytes.count
        scanned = start
        if newline == nil { return nil }
        isSkipping = false
        continue
      }
      if length > limit {
        isSkipping = true
        return .tooLong(limit: limit)
      }
      guard let newline else { return nil }
      defer {
        start = newline + 1
        scanned = start
      }
      return .line(Array(bytes[start..<newline]))
    }
  }

  /// Whether part of a line waits for the rest.
  package var hasPartialLine: Bool { start < bytes.count || isSkipping }
}
