import Model
import Platform
import PluginProtocol
import Support
import Testing

@testable import Agent

@Suite("What a spool proves")
struct SpoolEvidenceTests {
  private let call = CallID("c1")

  private func evidence(
    _ path: String, isSameBoot: Bool = true, wasStarted: Bool = false
  ) throws -> Evidence? {
    SpoolFindings.evidence(
      try SpoolEvidence.findings(of: call, at: path),
      SpoolFindings.Circumstances(isSameBoot: isSameBoot, wasStarted: wasStarted))
  }

  private func kind(
    _ path: String, isSameBoot: Bool = true, wasStarted: Bool = false
  ) throws -> String {
    switch try evidence(path, isSameBoot: isSameBoot, wasStarted: wasStarted) {
    case .neverStarted: "neverStarted"
    case .running: "running"
    case .ended: "ended"
    case .interrupted: "interrupted"
    case .lost: "lost"
    case nil: "none yet"
    }
  }

  @Test("a spool that is missing never proves that the call did not start")
  func missing() throws {
    try withTemporaryDirectory { root throws in
      #expect(try kind(root + "/1/spool") == "lost")
      #expect(try kind(root + "/1/spool", isSameBoot: false) == "lost")
      #expect(try kind(root + "/1/spool", wasStarted: true) == "interrupted")
    }
  }

  @Test("a blank spool proves it, within one life of the machine", arguments: [0, 64 << 10])
  func blank(size: Int) throws {
    try withTemporaryDirectory { root in
      try Files.fill(root + "/spool", to: size)
      #expect(try evidence(root + "/spool") == .neverStarted)
      #expect(try kind(root + "/spool", isSameBoot: false) == "lost")
      #expect(try kind(root + "/spool", wasStarted: true) == "interrupted")
    }
  }

  @Test("an opened spool proves it; from the start on it does not")
  func opened() throws {
    try withTemporaryDirectory { root in
      let writer = try SpoolWriter(path: root + "/spool", call: call, plugin: "shell")
      #expect(try evidence(root + "/spool") == nil)
      try writer.release()
      #expect(try evidence(root + "/spool") == .neverStarted)
      try writer.starting()
      #expect(try kind(root + "/spool") == "lost")
      // The journal knows that it began, and a power cut took the frame that said so.
      #expect(try kind(root + "/spool", isSameBoot: false, wasStarted: true) == "interrupted")
      try writer.didNotStart()
      #expect(try evidence(root + "/spool") == .neverStarted)
      try writer.starting()
      try writer.started(process: 7)
      #expect(try kind(root + "/spool") == "interrupted")
    }
  }

  @Test("a spool whose owner lives tells when the call began, and as which process")
  func running() throws {
    try withTemporaryDirectory { root in
      let writer = try SpoolWriter(path: root + "/spool", call: call, plugin: "shell")
      try writer.starting()
      let before = Instant(microseconds: Clock.now())
      try writer.started(process: 7)
      guard case .running(let startedAt, 7) = try evidence(root + "/spool") else {
        Issue.record("not running")
        return
      }
      #expect(startedAt >= before)
      try writer.release()
    }
  }

  @Test(
    "little output is found with the evidence; more than the journal keeps is not",
    arguments: [0, 1, 20])
  func output(kibibytes: Int) throws {
    try withTemporaryDirectory { root in
      let writer = try SpoolWriter(path: root + "/spool", call: call, plugin: "shell")
      try writer.starting()
      try writer.started(process: 7)
      let bytes = [UInt8](repeating: 0x61, count: kibibytes << 10)
      try bytes.withUnsafeBytes { try writer.output(.stdout, offset: 0, $0) }
      try Array("oops".utf8).withUnsafeBytes { try writer.output(.stderr, offset: 0, $0) }
      try writer.ended(Records.ended(stdout: 6, stderr: 4))
      let findings = try #require(try SpoolEvidence.findings(of: call, at: root + "/spool"))
      let found = findings.output?.filter { $0.stream == .stdout }.flatMap(\.bytes)
      #expect(found == (kibibytes < 8 ? bytes : nil))
      #expect(try kind(root + "/spool") == "ended")
    }
  }

  @Test("very many small frames are not little output")
  func manyFrames() throws {
    var findings = SpoolFindings()
    for offset in 0...(Spool.journaledBytes / (Spool.minHeaderBytes + 1)) {
      #expect(findings.output?.count == offset)
      _ = findings.take(
        .output(
          SpoolOutput(stream: .stdout, offset: offset, at: Instant(microseconds: 1), bytes: [1])),
        of: call)
    }
    #expect(findings.output == nil)
  }

  @Test("a spool that a plugin refused to use is as blank as before")
  func withdrawn() throws {
    try withTemporaryDirectory { root in
      let writer = try SpoolWriter(path: root + "/spool", call: call, plugin: "shell")
      try writer.withdraw()
      #expect(try evidence(root + "/spool") == .neverStarted)
    }
  }

  @Test("what a tool wrote over its spool proves nothing", arguments: ["x", "rubbish\n", "\0\0x"])
  func overwritten(text: String) throws {
    try withTemporaryDirectory { root in
      try Files.writeAtomically(Array(text.utf8), to: root + "/spool")
      #expect(try kind(root + "/spool") == "lost")
      let writer = try SpoolWriter(path: root + "/other", call: call, plugin: "shell")
      try writer.release()
      let opened = try Files.read(root + "/other")
      try Files.writeAtomically(opened + Array("rubbish\n".utf8), to: root + "/spool")
      #expect(try kind(root + "/spool") == "lost")
    }
  }

  @Test("the frames of another call prove that nobody came to use the directory for this one")
  func another() throws {
    try withTemporaryDirectory { root in
      let writer = try SpoolWriter(path: root + "/spool", call: CallID("c0"), plugin: "shell")
      try writer.starting()
      try writer.release()
      #expect(try evidence(root + "/spool") == .neverStarted)
    }
  }
}
