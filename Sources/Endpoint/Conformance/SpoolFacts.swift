internal import Digest
internal import JSON
internal import Model
internal import Platform
internal import PluginProtocol

/// All that a spool says, with its order checked. Output is digested as it is read, and only the
/// beginning is kept: it may be a gibibyte.
struct SpoolFacts {
  static let keptBytes = 2 << 20

  private(set) var size = 0
  private(set) var opening: SpoolOpening?
  private(set) var isStarting = false
  private(set) var isStarted = false
  private(set) var record: ExecutionRecord?
  private(set) var stdout: [UInt8] = []
  private(set) var stderr: [UInt8] = []
  private(set) var stdoutBytes = 0
  private(set) var stderrBytes = 0
  private(set) var stdoutDigest = ""
  private(set) var stderrDigest = ""

  init(_ path: String, call: String) throws {
    let reader: SpoolReader
    do throws(SystemError) {
      reader = try SpoolReader(path: path)
    } catch {
      throw Flaw("there is no spool: \(error)")
    }
    let digests: [OutputStream: SHA256] = [.stdout: SHA256(), .stderr: SHA256()]
    while let frame = try reader.next() {
      if isOver { throw Flaw("the spool has a frame after \"ended\"") }
      if opening == nil {
        guard case .opened(let opening) = frame else {
          throw Flaw("the first frame of the spool is not \"opened\"")
        }
        guard opening.call.text == call else {
          throw Flaw("the spool says that it is of call \(opening.call), not \(call)")
        }
        self.opening = opening
        continue
      }
      try take(frame, digests)
    }
    if reader.isTorn {
      throw Flaw("the spool has a frame that makes no sense, at \(reader.position)")
    }
    size = reader.position
    stdoutDigest = digests[.stdout]?.finishHex() ?? ""
    stderrDigest = digests[.stderr]?.finishHex() ?? ""
    if record != nil { try audit() }
  }

  var isOver: Bool { record != nil }
  var text: String { String(decoding: stdout, as: UTF8.self) }
  var errorText: String { String(decoding: stderr, as: UTF8.self) }

  /// How it ended, in words.
  var endWords: String {
    switch record?.ended {
    case nil: "no end"
    case .exit(let code): "exit \(code)"
    case .signal(let number, _): "signal \(number)"
    case .limit(let name, let signal): "limit \(name), signal \(signal.map(String.init) ?? "none")"
    case .cancelled(let signal): "cancelled, signal \(signal.map(String.init) ?? "none")"
    }
  }

  func expect(_ ending: Ending, of what: String) throws {
    guard record?.ended == ending else {
      var wanted = self
      wanted.record?.ended = ending
      throw Flaw("\(what) was recorded as \(endWords), not as \(wanted.endWords)")
    }
  }

  func expectOutput(_ bytes: [UInt8], of what: String) throws {
    guard stdout != bytes else { return }
    let place = zip(stdout, bytes).enumerated().first { $1.0 != $1.1 }?.offset
    throw Flaw(
      "\(what) gave \(stdoutBytes) bytes instead of \(bytes.count); they differ at byte"
        + " \(place ?? min(stdout.count, bytes.count)): \(Self.excerpt(stdout, at: place ?? 0))"
        + " instead of \(Self.excerpt(bytes, at: place ?? 0))")
  }

  private static func excerpt(_ bytes: [UInt8], at place: Int) -> String {
    JSON.string(String(decoding: bytes[max(0, place - 4)...].prefix(24), as: UTF8.self)).compact
  }

  private mutating func take(
    _ frame: SpoolFrame, _ digests: [OutputStream: SHA256]
  ) throws {
    switch frame {
    case .opened: throw Flaw("the spool has two \"opened\" frames")
    case .starting:
      if isStarting { throw Flaw("the spool has two \"starting\" frames") }
      isStarting = true
    case .started:
      if !isStarting { throw Flaw("the spool has \"started\" before \"starting\"") }
      isStarted = true
    case .output(let output):
      if !isStarted { throw Flaw("the spool has output before \"started\"") }
      let count = output.stream == .stdout ? stdoutBytes : stderrBytes
      guard output.offset == count else {
        throw Flaw("a frame of \(output.stream) has offset \(output.offset), not \(count)")
      }
      digests[output.stream]?.update(output.bytes)
      keep(output)
    case .ended(_, let record):
      if !isStarted { throw Flaw("the spool has \"ended\" before \"started\"") }
      self.record = record
    }
  }

  private mutating func keep(_ output: SpoolOutput) {
    switch output.stream {
    case .stdout:
      stdoutBytes += output.bytes.count
      stdout += output.bytes.prefix(max(0, Self.keptBytes - stdout.count))
    case .stderr:
      stderrBytes += output.bytes.count
      stderr += output.bytes.prefix(max(0, Self.keptBytes - stderr.count))
    }
  }

  /// The record against what is there.
  private func audit() throws {
    guard let record else { return }
    let streams = [
      ("stdout", record.stdout, stdoutBytes, stdoutDigest),
      ("stderr", record.stderr, stderrBytes, stderrDigest),
    ]
    for (name, account, bytes, digest) in streams {
      guard account.keptBytes == bytes else {
        throw Flaw(
          "the record counts \(account.keptBytes) kept bytes of \(name), the spool has \(bytes)")
      }
      guard account.sha256 == digest else {
        throw Flaw("the record's sha256 of \(name) is not that of the bytes in the spool")
      }
      let sum = account.keptBytes + account.droppedBytes
      guard account.redactions > 0 || account.producedBytes == sum else {
        throw Flaw(
          "the record says that \(name) had \(account.producedBytes) bytes, \(account.keptBytes)"
            + " kept and \(account.droppedBytes) dropped: that does not add up")
      }
    }
    guard record.startedAt <= record.endedAt else { throw Flaw("the record ends before it starts") }
  }
}
