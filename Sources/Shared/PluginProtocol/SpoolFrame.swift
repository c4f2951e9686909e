internal import JSON
package import Model
internal import Platform

/// One entry of a spool. A spool is the output and the fate of one call, written by the plugin and
/// read by the agent while it grows. docs/PLUGINS.md has the format.
package enum SpoolFrame: Sendable, Equatable {
  case opened(SpoolOpening)
  /// The process may exist from here on.
  case starting(at: Instant)
  case started(at: Instant, process: Int?)
  case output(SpoolOutput)
  case ended(at: Instant, ExecutionRecord)
}

/// Who opened a spool, and when.
package struct SpoolOpening: Sendable, Equatable {
  package var call: CallID
  package var plugin: String
  /// The life of the machine that it was opened in.
  package var bootID: String
  package var at: Instant
  /// `nil` where the plugin does not say.
  package var owner: SpoolOwner?

  package init(call: CallID, plugin: String, bootID: String, at: Instant, owner: SpoolOwner?) {
    self.call = call
    self.plugin = plugin
    self.bootID = bootID
    self.at = at
    self.owner = owner
  }
}

/// The process of the plugin that writes a spool.
package struct SpoolOwner: Sendable, Hashable {
  package var process: Int
  /// When it began, in the kernel's ticks: with the id, it names the process for good.
  package var startTicks: Int

  package init(process: Int, startTicks: Int) {
    self.process = process
    self.startTicks = startTicks
  }

  /// This process; `nil` where the system does not tell when it began.
  package static let own: SpoolOwner? = {
    #if os(Linux)
      ProcessTree.entry(Machine.processID).map {
        SpoolOwner(process: $0.id, startTicks: $0.startTicks)
      }
    #else
      nil
    #endif
  }()
}

/// Bytes that a tool wrote, as far as they were kept.
package struct SpoolOutput: Sendable, Equatable {
  package var stream: OutputStream
  /// Where these bytes stand in the kept stream.
  package var offset: Int
  package var at: Instant
  package var bytes: [UInt8]

  package init(stream: OutputStream, offset: Int, at: Instant, bytes: [UInt8]) {
    self.stream = stream
    self.offset = offset
    self.at = at
    self.bytes = bytes
  }
}

/// A spool that cannot be read as one.
package struct SpoolError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Stable: `spool.format`, `spool.unreadable`.
  package let code: String
  package let path: String
  package let what: String
  package let remedy: String

  package var description: String { "\(path): \(what); \(remedy)" }
}

/// The named limits of a spool.
package enum Spool {
  package static let format = 1
  /// A header line over this is not a header.
  package static let maxHeaderBytes = 64 << 10
  /// A plugin writes no longer payloads; a reader takes longer ones piece by piece.
  package static let maxPayloadBytes = 256 << 10

  /// What of a file is kept, as zeros, for the next call; no output of a small call needs more.
  package static let reusedBytes = 64 << 10
  /// What a spool holds that is no larger when its call ends, the agent's journal keeps: it is not waited
  /// for that the disk has such a file.
  package static let journaledBytes = 8 << 10
  /// Any frame's header has more bytes than this.
  package static let minHeaderBytes = 64
}

/// The header line of a frame, decoded.
enum SpoolHeader: Equatable {
  case complete(SpoolFrame)
  /// What follows is `bytes` of payload and a newline.
  case output(SpoolOutput, bytes: Int, checksum: UInt32?)

  /// - Returns: `nil` for what is no header of format 1: the torn tail begins there.
  init?(line: UnsafeRawBufferPointer) {
    guard let json = try? JSON(parsing: line, limits: JSONLimits(maxBytes: Spool.maxHeaderBytes)),
      let header = try? SpoolHeader(json)
    else { return nil }
    self = header
  }

  private init?(_ json: JSON) throws(ShapeError) {
    let at = try json.requiredInstant("at")
    switch try json.requiredString("frame") {
    case "opened":
      guard json["format"]?.int == Spool.format else { return nil }
      self = .complete(
        .opened(
          SpoolOpening(
            call: CallID(try json.requiredString("call")),
            plugin: try json.requiredString("plugin"),
            bootID: try json.requiredString("bootId"), at: at,
            owner: SpoolOwner(json["owner"]))))
    case "starting": self = .complete(.starting(at: at))
    case "started": self = .complete(.started(at: at, process: json["pid"]?.int))
    case "output":
      let name = try json.requiredString("stream")
      guard let stream = OutputStream(rawValue: name) else { return nil }
      let output = SpoolOutput(
        stream: stream, offset: try json.requiredCount("offset"), at: at, bytes: [])
      let bytes = try json.requiredCount("bytes")
      if output.offset.addingReportingOverflow(bytes).overflow { return nil }
      let checksum = json["crc32c"]?.int.map { UInt32(truncatingIfNeeded: $0) }
      self = .output(output, bytes: bytes, checksum: checksum)
    case "ended":
      self = .complete(.ended(at: at, try ExecutionRecord(json["record"] ?? .null)))
    default: return nil
    }
  }
}

extension SpoolOwner {
  fileprivate init?(_ json: JSON?) {
    guard let process = json?["pid"]?.int, let ticks = json?["startTicks"]?.int else { return nil }
    self.init(process: process, startTicks: ticks)
  }

  var json: JSON { ["pid": .int(process), "startTicks": .int(startTicks)] }
}
