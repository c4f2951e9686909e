package import Platform

extension SpoolReader {
  /// A stretch of the file in memory, so that small frames do not cost a system call each.
  struct Window {
    private var start = 0
    private var bytes: [UInt8] = []

    private static let stepBytes = 16 << 10

    /// How far the newline is from `position`; `nil` when there is none yet. More than a header may
    /// have is told as soon as it is known. A header has no zeros: one says that the file ends
    /// there, or that it did when the window was read.
    mutating func lineLength(
      at position: Int, in file: borrowing Descriptor
    ) throws(SystemError) -> Int? {
      if position < start || position > start + bytes.count { bytes = [] }
      if bytes.isEmpty { start = position }
      var scanned = position
      while true {
        let rest = bytes[(scanned - start)...]
        if let end = rest.firstIndex(where: { $0 == UInt8(ascii: "\n") || $0 == 0 }) {
          if bytes[end] != 0 { return end + start - position }
          bytes.removeSubrange(end...)
        }
        scanned = start + bytes.count
        if scanned - position > Spool.maxHeaderBytes { return scanned - position }
        // What lies before is done with.
        bytes.removeSubrange(..<(position - start))
        start = position
        let more = try file.readUpTo(Self.stepBytes, at: scanned)
        if more.first ?? 0 == 0 { return nil }
        bytes += more
      }
    }

    func header(at position: Int, length: Int) -> SpoolHeader? {
      bytes.withUnsafeBytes { all in
        let line = all[(position - start)..<(position - start + length)]
        return SpoolHeader(line: UnsafeRawBufferPointer(rebasing: line))
      }
    }
  }
}

extension Descriptor {
  /// Up to `count` bytes at `offset`; fewer at the end of the file.
  package borrowing func readUpTo(_ count: Int, at offset: Int) throws(SystemError) -> [UInt8] {
    var failure: SystemError?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      do throws(SystemError) {
        while filled < count {
          let rest = UnsafeMutableRawBufferPointer(
            rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
          let got = try read(into: rest, at: offset + filled)
          if got == 0 { break }
          filled += got
        }
      } catch { failure = error }
    }
    if let failure { throw failure }
    return bytes
  }

  borrowing func readExactlyIfThere(
    _ count: Int, at offset: Int
  ) throws(SystemError) -> [UInt8]? {
    let bytes = try readUpTo(count, at: offset)
    return bytes.count == count ? bytes : nil
  }

  /// Bytes that are known to be there: a whole frame never gets shorter.
  borrowing func readExactly(_ count: Int, at offset: Int) throws(SystemError) -> [UInt8] {
    guard let bytes = try readExactlyIfThere(count, at: offset) else {
      throw SystemError.truncated("read spool")
    }
    return bytes
  }
}
