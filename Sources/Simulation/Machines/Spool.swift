import Agent
import Model
import Platform
import PluginProtocol

/// The file of a call's output, in a numbered directory of the endpoint's disk. Its lock is its owner.
final class Spool {
  private(set) var frames: [SpoolFrame] = []
  /// Of the frames, those that a power cut leaves.
  private var synced = 0
  private(set) weak var owner: PluginProcess?
  /// What follows the frames is none.
  private(set) var isTorn = false
  /// The first frame that does not read as it was written: nothing is read from there on.
  private(set) var damagedAt = Int.max
  /// The file beside it that asks for a cancel.
  var cancelIsRequested = false

  var isLocked: Bool { owner?.isAlive ?? false }
  var isBlank: Bool { frames.isEmpty && !isTorn }

  func open(by owner: PluginProcess, _ opening: SpoolOpening) {
    self.owner = owner
    frames = [.opened(opening)]
    damagedAt = .max
  }

  func unlock() { owner = nil }
  func append(_ frame: SpoolFrame) { frames.append(frame) }
  /// Takes the last frame back.
  func dropLast() { frames.removeLast() }
  func sync() { synced = frames.count }

  /// About the size of the file.
  var bytes: Int {
    frames.reduce(1_000) { bytes, frame in
      guard case .output(let output) = frame else { return bytes + 100 }
      return bytes + 100 + output.bytes.count
    }
  }

  /// What was not synced may be there, to a point.
  func losePower(_ dice: inout Dice) {
    owner = nil
    guard frames.count > synced else { return }
    frames.removeLast(frames.count - dice.int(synced...frames.count))
    isTorn = dice.chance(0.3)
  }

  func damage(_ dice: inout Dice) {
    if !frames.isEmpty { damagedAt = min(damagedAt, dice.int(0...(frames.count - 1))) }
  }

  /// What can be read of it.
  var readable: ArraySlice<SpoolFrame> { frames.prefix(damagedAt) }

  func copy() -> Spool {
    let copy = Spool()
    copy.frames = frames
    copy.synced = synced
    copy.isTorn = isTorn
    copy.damagedAt = damagedAt
    copy.cancelIsRequested = cancelIsRequested
    return copy
  }

  func showsStart(of call: CallID) -> Bool {
    guard case .opened(let opening) = readable.first, opening.call == call else { return false }
    return readable.contains { if case .started = $0 { true } else { false } }
  }

  func findings(of call: CallID) -> SpoolFindings {
    var findings = SpoolFindings()
    findings.ownerIsAlive = isLocked
    for frame in readable { guard findings.take(frame, of: call) else { break } }
    findings.close(isTorn: isTorn || damagedAt < frames.count, isBlank: { isBlank })
    return findings
  }
}

/// Reads on while the spool grows, as `SpoolReader` does.
final class SimulatedSpoolFrames: SpoolFrames {
  private let spool: Spool
  private var position = 0
  private var wanted: [OutputStream: Int]
  /// Of the frame at `position`, what was delivered.
  private var delivered = 0

  init(_ spool: Spool, stdout: Int, stderr: Int) {
    self.spool = spool
    wanted = [.stdout: stdout, .stderr: stderr]
  }

  func next(maxPayload: Int) throws(SystemError) -> SpoolFrame? {
    while position < spool.readable.count {
      guard case .output(let output) = spool.frames[position] else {
        position += 1
        return spool.frames[position - 1]
      }
      let skipped = max(delivered, (wanted[output.stream] ?? 0) - output.offset)
      guard skipped < output.bytes.count else {
        position += 1
        delivered = 0
        continue
      }
      var piece = output
      piece.offset += skipped
      piece.bytes = Array(output.bytes.dropFirst(skipped).prefix(maxPayload))
      delivered = skipped + piece.bytes.count
      return .output(piece)
    }
    return nil
  }
}
