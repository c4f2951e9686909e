import JSON
import Model
import Platform
import PluginProtocol
import Support
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

@Suite("Spool")
struct SpoolTests {
  private let record = Records.ended(stdout: 11)

  private func write(_ path: String, complete: Bool = true) throws -> SpoolWriter {
    let writer = try SpoolWriter(path: path, call: CallID("c1"), plugin: "shell")
    try writer.starting()
    try writer.started(process: 7)
    try Array("hello\n".utf8).withUnsafeBytes { try writer.output(.stdout, offset: 0, $0) }
    try Array("oops".utf8).withUnsafeBytes { try writer.output(.stderr, offset: 0, $0) }
    try Array("world".utf8).withUnsafeBytes { try writer.output(.stdout, offset: 6, $0) }
    if complete { try writer.ended(record) }
    return writer
  }

  private func all(_ reader: SpoolReader, maxPayload: Int = 1_000) throws -> [SpoolFrame] {
    var frames: [SpoolFrame] = []
    while let frame = try reader.next(maxPayload: maxPayload) { frames.append(frame) }
    return frames
  }

  private func text(_ frames: [SpoolFrame], _ stream: OutputStream) -> String {
    let bytes = frames.flatMap { frame -> [UInt8] in
      guard case .output(let output) = frame, output.stream == stream else { return [] }
      return output.bytes
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test("what was written is read in the same order")
  func roundTrip() throws {
    try withTemporaryDirectory { directory in
      _ = try write(directory + "/spool")
      let frames = try all(SpoolReader(path: directory + "/spool"))
      try #require(frames.count == 7)
      guard case .opened(let opening) = frames[0], case .starting = frames[1],
        case .started(_, 7) = frames[2], case .output(let first) = frames[3],
        case .ended(_, let read) = frames[6]
      else {
        Issue.record("wrong frames: \(frames)")
        return
      }
      #expect(opening.call == CallID("c1"))
      #expect(opening.plugin == "shell")
      #expect(opening.bootID == Machine.bootID)
      #expect(first.bytes == Array("hello\n".utf8))
      #expect(text(frames, .stdout) == "hello\nworld")
      #expect(text(frames, .stderr) == "oops")
      #expect(read == record)
    }
  }

  @Test("cut at any byte, a spool reads as its whole frames and then as nothing more")
  func torn() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/spool"
      _ = try write(path)
      let whole = try Files.read(path)
      let frames = try all(SpoolReader(path: path))
      var ends: [Int] = []
      let walker = try SpoolReader(path: path)
      while try walker.next() != nil { ends.append(walker.position) }
      #expect(ends.last == whole.count)
      for length in 0...whole.count {
        try Files.writeAtomically(Array(whole[..<length]), to: directory + "/cut")
        let reader = try SpoolReader(path: directory + "/cut")
        let complete = ends.count { $0 <= length }
        #expect(try all(reader) == Array(frames[..<complete]))
      }
    }
  }

  @Test(
    "in a file of zeros, cut at any byte, a spool reads as its whole frames and goes on from there")
  func zeros() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/spool"
      _ = try write(path)
      let whole = try Files.read(path)
      let frames = try all(SpoolReader(path: path))
      let zeros = [UInt8](repeating: 0, count: Spool.reusedBytes)
      for length in 0...whole.count {
        try Files.writeAtomically(zeros, to: directory + "/cut")
        let file = try Files.open(directory + "/cut", .readWrite)
        let reader = try SpoolReader(path: directory + "/cut")
        #expect(try reader.next() == nil)
        try file.writeAll(Array(whole[..<length]), at: 0)
        let before = try all(reader)
        #expect(before == Array(frames[..<before.count]))
        try file.writeAll(Array(whole[length...]), at: length)
        #expect(try before + all(reader) == frames)
      }
    }
  }

  @Test("a spool takes the place of zeros, also when it outgrows them, and of nothing else")
  func takesZeros() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/spool"
      try Files.fill(path, to: Spool.reusedBytes)
      let writer = try write(path, complete: false)
      let large = [UInt8](repeating: UInt8(ascii: "x"), count: 3 * Spool.reusedBytes)
      try large.withUnsafeBytes { try writer.output(.stdout, offset: 11, $0) }
      try writer.ended(record)
      let frames = try all(SpoolReader(path: path), maxPayload: Spool.maxPayloadBytes)
      #expect(text(frames, .stdout) == "hello\nworld" + String(decoding: large, as: UTF8.self))
      guard case .ended = frames.last else {
        Issue.record("no end")
        return
      }
    }
  }

  @Test("garbage in place of a frame ends the reading, whatever follows")
  func garbage() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/spool"
      _ = try write(path)
      let whole = try Files.read(path)
      for junk in ["{}\n", "not json\n", "{\"frame\":\"unheard of\",\"at\":1}\n", "\n"] {
        try Files.writeAtomically(Array(junk.utf8) + whole, to: directory + "/bad")
        #expect(try all(SpoolReader(path: directory + "/bad")).isEmpty)
      }
      let huge = [UInt8](repeating: 0x20, count: Spool.maxHeaderBytes + 10) + whole
      try Files.writeAtomically(huge, to: directory + "/bad")
      #expect(try all(SpoolReader(path: directory + "/bad")).isEmpty)
      let frame = #"{"frame":"output","stream":"stdout","offset":0,"at":1,"bytes":"#
      for count in ["9223372036854775807", "3", "-1", "1e3"] {
        try Files.writeAtomically(Array("\(frame)\(count)}\nabcdefgh".utf8), to: directory + "/bad")
        #expect(try all(SpoolReader(path: directory + "/bad")).isEmpty)
      }
    }
  }

  @Test("a growing file is read as it grows")
  func tail() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/spool"
      let writer = try SpoolWriter(path: path, call: CallID("c1"), plugin: "shell")
      let reader = try SpoolReader(path: path)
      #expect(try all(reader).count == 1)
      #expect(try reader.next() == nil)
      try writer.starting()
      #expect(try all(reader).count == 1)
      for number in 0..<100 {
        try Array("\(number),".utf8).withUnsafeBytes {
          try writer.output(.stdout, offset: number, $0)
        }
        #expect(text(try all(reader), .stdout) == "\(number),")
      }
      #expect(reader.position == writer.bytes)
      try writer.ended(record)
      #expect(try all(reader).count == 1)
      #expect(try Files.status(path).size == writer.bytes)
    }
  }

  @Test("a long payload comes in pieces with their offsets")
  func pieces() throws {
    try withTemporaryDirectory { directory in
      _ = try write(directory + "/spool")
      let frames = try all(SpoolReader(path: directory + "/spool"), maxPayload: 4)
      let outputs = frames.compactMap { frame -> SpoolOutput? in
        guard case .output(let output) = frame else { return nil }
        return output
      }
      #expect(outputs.map(\.offset) == [0, 4, 0, 6, 10])
      #expect(text(frames, .stdout) == "hello\nworld")
    }
  }

  @Test("reading resumes at any offset of each stream", arguments: 0...11, [0, 2, 4])
  func resume(stdout: Int, stderr: Int) throws {
    try withTemporaryDirectory { directory in
      _ = try write(directory + "/spool")
      let reader = try SpoolReader(path: directory + "/spool")
      reader.resume(stdout: stdout, stderr: stderr)
      let frames = try all(reader, maxPayload: 3)
      #expect(text(frames, .stdout) == String("hello\nworld".dropFirst(stdout)))
      #expect(text(frames, .stderr) == String("oops".dropFirst(stderr)))
      #expect(frames.contains { if case .ended = $0 { true } else { false } })
    }
  }

  @Test("reading resumes at a position in the file")
  func position() throws {
    try withTemporaryDirectory { directory in
      _ = try write(directory + "/spool")
      let first = try SpoolReader(path: directory + "/spool")
      for _ in 0..<4 { _ = try first.next() }
      let second = try SpoolReader(path: directory + "/spool", position: first.position)
      #expect(try all(second) == all(first))
    }
  }

  @Test("the lock tells whether the writer lives, to many who ask at once")
  func lock() throws {
    try withTemporaryDirectory { directory in
      var writer: SpoolWriter? = try write(directory + "/spool", complete: false)
      let readers = try (0..<3).map { _ in try SpoolReader(path: directory + "/spool") }
      for reader in readers { #expect(try reader.ownerIsAlive()) }
      #expect(writer != nil)
      writer = nil
      for reader in readers { #expect(try !reader.ownerIsAlive()) }
    }
  }

  @Test("a start that failed leaves no trace of starting")
  func didNotStart() throws {
    try withTemporaryDirectory { directory in
      let writer = try SpoolWriter(path: directory + "/spool", call: CallID("c"), plugin: "shell")
      try writer.starting()
      try writer.didNotStart()
      #expect(try all(SpoolReader(path: directory + "/spool")).count == 1)
    }
  }

  @Test("a sync that fails is not tried again: the call ends as one whose spool failed")
  func failedSync() throws {
    try withTemporaryDirectory { directory in
      let writer = try write(directory + "/spool", complete: false)
      var syncs = 0
      let failure = try writer.complete(record) { _ throws(SystemError) in
        syncs += 1
        throw SystemError("fdatasync", number: EIO)
      }
      #expect(failure?.number == EIO)
      // Asked again, as after a full disk: another sync would prove nothing.
      #expect(try writer.complete(record) { _ in syncs += 1 } != nil)
      #expect(syncs == 1)
      let reader = try SpoolReader(path: directory + "/spool")
      let ends = try all(reader).compactMap { frame -> Ending? in
        if case .ended(_, let record) = frame { record.ended } else { nil }
      }
      #expect(ends.first == .limit("spool", signal: nil))
      #expect(!ends.contains(.exit(code: 0)))
      #expect(try !reader.ownerIsAlive())
    }
  }

  @Test("a sync that succeeds leaves the record as it is, and the file free")
  func complete() throws {
    try withTemporaryDirectory { directory in
      let writer = try write(directory + "/spool", complete: false)
      #expect(try writer.complete(record) == nil)
      let reader = try SpoolReader(path: directory + "/spool")
      guard case .ended(_, let read) = try all(reader).last else {
        Issue.record("no end")
        return
      }
      #expect(read == record)
      #expect(try !reader.ownerIsAlive())
    }
  }

  @Test("a small spool is not waited for where the agent keeps it; a larger one is")
  func unsynced() throws {
    for (unsyncedBytes, expected) in [(0, 1), (100, 1), (Spool.journaledBytes, 0)] {
      try withTemporaryDirectory { directory in
        let writer = try write(directory + "/spool", complete: false)
        var syncs = 0
        _ = try writer.complete(record, unsyncedBytes: unsyncedBytes) { _ in syncs += 1 }
        #expect(syncs == expected)
        let reader = try SpoolReader(path: directory + "/spool")
        #expect(try all(reader).count == 7)
        #expect(try !reader.ownerIsAlive())
      }
    }
    try withTemporaryDirectory { directory in
      let writer = try write(directory + "/spool", complete: false)
      try [UInt8](repeating: 1, count: Spool.journaledBytes).withUnsafeBytes {
        try writer.output(.stdout, offset: 11, $0)
      }
      var syncs = 0
      _ = try writer.complete(record, unsyncedBytes: Spool.journaledBytes) { _ in syncs += 1 }
      #expect(syncs == 1)
    }
  }

  @Test("a frame whose output would end beyond all numbers is none")
  func beyond() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/spool"
      let writer = try SpoolWriter(path: path, call: CallID("c"), plugin: "shell")
      try Array("abc".utf8).withUnsafeBytes { try writer.output(.stdout, offset: .max - 3, $0) }
      try Array("abc".utf8).withUnsafeBytes { try writer.output(.stdout, offset: .max - 1, $0) }
      let reader = try SpoolReader(path: path)
      #expect(try all(reader, maxPayload: 2).count == 3)
      #expect(reader.isTorn)
    }
  }

  @Test("the rest of a frame can be passed over when a part of it was read")
  func passedOver() throws {
    try withTemporaryDirectory { directory in
      _ = try write(directory + "/spool")
      let reader = try SpoolReader(path: directory + "/spool")
      var frame = try reader.next(maxPayload: 2)
      while frame != nil {
        if case .output = frame { break }
        frame = try reader.next(maxPayload: 2)
      }
      reader.resume(stdout: 8, stderr: .max)
      let rest = try all(reader)
      #expect(text(rest, .stdout) == "rld")
      #expect(text(rest, .stderr).isEmpty)
      guard case .ended = rest.last else {
        Issue.record("no end")
        return
      }
    }
  }

  @Test("a spool names the process that writes it")
  func owner() throws {
    try withTemporaryDirectory { directory in
      _ = try write(directory + "/spool")
      guard case .opened(let opening) = try SpoolReader(path: directory + "/spool").next() else {
        Issue.record("not opened")
        return
      }
      let owner = try #require(opening.owner)
      #expect(owner.process == Machine.processID)
      #expect(ProcessTree.entry(owner.process, startTicks: owner.startTicks) != nil)
      // A process that got the number later is another one.
      #expect(ProcessTree.entry(owner.process, startTicks: owner.startTicks - 1) == nil)
    }
  }

  @Test("a frame whose bytes are not those that were written ends what is believed")
  func checksum() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/spool"
      _ = try write(path)
      let whole = try Files.read(path)
      let place = try #require(whole.firstRange(of: Array("oops".utf8))).lowerBound
      for damage in [[UInt8](repeating: 0, count: 4), Array("oopz".utf8)] {
        try Files.writeAtomically(whole, to: path)
        try Files.open(path, .readWrite).writeAll(damage, at: place)
        for (stdout, maxPayload) in [(0, 1_000), (0, 2), (Int.max, 1_000)] {
          let reader = try SpoolReader(path: path)
          reader.resume(stdout: stdout, stderr: stdout)
          let frames = try all(reader, maxPayload: maxPayload)
          #expect(text(frames, .stdout) == (stdout == 0 ? "hello\n" : ""))
          #expect(text(frames, .stderr) == "")
          #expect(!frames.contains { if case .ended = $0 { true } else { false } })
          #expect(reader.isTorn)
        }
        let trusting = try SpoolReader(path: path, isVerifying: false)
        #expect(try all(trusting).count == 7)
      }
    }
  }

  @Test("output without a checksum, as a plugin may write it, is believed as it stands")
  func noChecksum() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/spool"
      let frame = #"{"frame":"output","stream":"stdout","offset":0,"at":1,"bytes":3}"# + "\nabc\n"
      try Files.writeAtomically(Array(frame.utf8), to: path)
      #expect(text(try all(SpoolReader(path: path)), .stdout) == "abc")
    }
  }

  @Test("what is no plain file is not waited for as a spool")
  func namedPipe() throws {
    try withTemporaryDirectory { directory in
      #expect(mkfifo(directory + "/spool", 0o600) == 0)
      #expect(throws: SystemError.self) { try SpoolReader(path: directory + "/spool") }
    }
  }

  @Test("a spool is never written over")
  func exclusive() throws {
    try withTemporaryDirectory { directory in
      _ = try write(directory + "/spool")
      let error = #expect(throws: SystemError.self) {
        try SpoolWriter(path: directory + "/spool", call: CallID("c2"), plugin: "shell")
      }
      #expect(error?.alreadyExists == true)
      #expect(try Files.status(directory + "/spool").permissions == 0o600)
    }
  }
}
