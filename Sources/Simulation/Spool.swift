import Agent
import Digest
import Model
import Wire

/// The file of a call's output, in a numbered directory of the endpoint's disk. Its lock is its owner.
final class Spool {
  enum Frame {
    case opened(CallID)
    case starting
    case started(Instant, pid: Int)
    case output(OutputStream, offset: Int, at: Instant, [UInt8])
    case ended(ExecutionRecord)
  }

  private(set) var frames: [Frame] = []
  /// Of the frames, those that a power cut leaves.
  private var synced = 0
  private weak var owner: PluginProcess?
  /// The file beside it that asks for a cancel.
  var cancelIsRequested = false

  init(owner: PluginProcess, call: CallID) {
    self.owner = owner
    frames = [.opened(call)]
  }

  var isLocked: Bool { owner?.isAlive ?? false }

  func unlock() { owner = nil }
  func append(_ frame: Frame) { frames.append(frame) }
  /// Takes the last frame back.
  func dropLast() { frames.removeLast() }
  func sync() { synced = frames.count }

  /// What was not synced may or may not be there, to a point.
  func losePower(_ dice: inout Dice) {
    owner = nil
    guard frames.count > synced else { return }
    frames.removeLast(frames.count - dice.int(synced...frames.count))
  }

  /// - Returns: `nil` when it belonged to another call, or has nothing.
  func findings(of call: CallID) -> SpoolFindings {
    var findings = SpoolFindings()
    for frame in frames {
      switch frame {
      case .opened(let owner): if owner != call { return SpoolFindings() }
      case .output: break
      case .starting: findings.isStarting = true
      case .started(let at, _): findings.startedAt = at
      case .ended(let record): findings.record = record
      }
    }
    return findings
  }
}

/// `Outflow` of the agent, over a simulated spool.
struct SimulatedOutflow {
  private var spool: String?
  private var position = 0
  private var sent: [OutputStream: Int] = [:]
  var hasMore = true
  var report: Report?
  var isReported = false
  var reportedHead = 0

  init(spool: String?) {
    self.spool = spool
    hasMore = spool != nil
  }

  var wantsToSend: Bool { hasMore || (report != nil && !isReported) }

  mutating func restart(stdout: Int, stderr: Int) {
    position = 0
    sent = [.stdout: stdout, .stderr: stderr]
    hasMore = spool != nil
    isReported = false
  }

  mutating func end(with report: Report) {
    self.report = report
    isReported = false
    if case .ended(let record) = report, sent[.stdout] ?? 0 == record.stdout.keptBytes,
      sent[.stderr] ?? 0 == record.stderr.keptBytes
    {
      hasMore = false
    }
  }

  mutating func next(of call: CallID, on disk: Disk) -> OutputChunk? {
    guard let spool, let file = disk.spools[spool] else {
      hasMore = false
      return nil
    }
    while position < file.frames.count {
      let frame = file.frames[position]
      guard case .output(let stream, let offset, let at, let bytes) = frame else {
        position += 1
        continue
      }
      let have = sent[stream] ?? 0
      guard offset + bytes.count > have else {
        position += 1
        continue
      }
      let rest = bytes.dropFirst(max(0, have - offset)).prefix(WireLimits.outputChunkBytes)
      let start = max(have, offset)
      sent[stream] = start + rest.count
      return OutputChunk(call: call, stream: stream, offset: start, at: at, bytes: Array(rest))
    }
    hasMore = false
    return nil
  }
}
