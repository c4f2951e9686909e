internal import JSON
internal import Model

/// A stream of a script, as PowerShell numbers them; and the standard error of programs that it runs,
/// which PowerShell takes for errors.
package enum ScriptStream: String, Sendable, CaseIterable {
  case output
  case error
  case warning
  case verbose
  case debug
  case information
  case native
}

/// One record of a stream.
package struct ScriptRecord: Sendable, Equatable {
  package var number: Int
  package var stream: ScriptStream
  /// Microseconds since 1970, as the host saw it: up to 10 ms late.
  package var at: Int64
  package var text: String
  /// More of the same record follows.
  package var isPart: Bool
  /// An error that ended the script.
  package var isTerminating: Bool

  package init(
    number: Int, stream: ScriptStream, at: Int64 = 0, text: String, isPart: Bool = false,
    isTerminating: Bool = false
  ) {
    self.number = number
    self.stream = stream
    self.at = at
    self.text = text
    self.isPart = isPart
    self.isTerminating = isTerminating
  }
}

/// The last word of a call on the channel: it proves that the script is over, and that nothing of
/// its output is missing.
package struct Sentinel: Sendable, Equatable {
  package enum How: String, Sendable {
    /// The script came to its end.
    case end
    /// It said `exit`.
    case exit
    /// An error ended it.
    case error
    /// We asked for its end.
    case stopped
  }

  package var call: String
  package var nonce: String
  package var how: How
  /// `exit N`, or what the last program ended with; `nil` where there was neither.
  package var code: Int?
  /// Errors that the script went on after.
  package var errors: Int
  /// How many records were sent.
  package var records: Int
  package var cpuUser: Duration?
  package var cpuSystem: Duration?

  package init(
    call: String, nonce: String, how: How, code: Int? = nil, errors: Int = 0, records: Int = 0
  ) {
    self.call = call
    self.nonce = nonce
    self.how = how
    self.code = code
    self.errors = errors
    self.records = records
  }
}

/// What a host is, as it says itself.
package struct HostFacts: Sendable, Equatable {
  package var protocolVersion: Int
  package var token: String
  package var version: String
  /// `Desktop` is Windows PowerShell, `Core` is PowerShell 7.
  package var edition: String
  package var process: Int
  package var workingSetBytes: Int

  package init(
    protocolVersion: Int = HostProtocol.version, token: String, version: String,
    edition: String = "Core", process: Int = 0, workingSetBytes: Int = 0
  ) {
    self.protocolVersion = protocolVersion
    self.token = token
    self.version = version
    self.edition = edition
    self.process = process
    self.workingSetBytes = workingSetBytes
  }
}

/// Why a host did not begin with a script.
package struct ScriptRefusal: Sendable, Equatable {
  package var call: String
  /// `script.syntax`, `script.requires`, `script.parameter`.
  package var reason: String
  package var line: Int
  package var column: Int
  package var text: String

  package init(call: String, reason: String, line: Int, column: Int, text: String) {
    self.call = call
    self.reason = reason
    self.line = line
    self.column = column
    self.text = text
  }
}

package enum HostProtocol {
  /// Counts incompatible changes. The plugin brings its own host, so another one is a mistake.
  package static let version = 1
  /// Levels of arrays and objects in an argument: the JSON parser of Windows PowerShell takes 100, and
  /// each of ours costs up to three.
  package static let maxArgumentLevels = 30
}

/// A line from the host.
package enum HostMessage: Sendable, Equatable {
  case hello(HostFacts)
  case refused(ScriptRefusal)
  /// The script begins behind this line.
  case running(call: String)
  case record(ScriptRecord)
  case ended(Sentinel)
  /// What the call left behind is cleared away.
  case idle(workingSetBytes: Int)

  package init(line: [UInt8]) throws(HostMessageError) {
    do {
      self = try Self.read(try JSON(parsing: line))
    } catch let error as HostMessageError {
      throw error
    } catch {
      throw HostMessageError(what: "\(error)")
    }
  }

  private static func read(_ json: JSON) throws -> HostMessage {
    switch try json.requiredString("event") {
    case "hello":
      return .hello(
        HostFacts(
          protocolVersion: try json.requiredCount("protocol"),
          token: try json.requiredString("token"), version: try json.requiredString("version"),
          edition: try json.requiredString("edition"), process: try json.requiredCount("pid"),
          workingSetBytes: try json.requiredCount("workingSetBytes")))
    case "refused":
      return .refused(
        ScriptRefusal(
          call: try json.requiredString("call"), reason: try json.requiredString("reason"),
          line: try json.requiredCount("line"), column: try json.requiredCount("column"),
          text: try text(json)))
    case "running": return .running(call: try json.requiredString("call"))
    case "record": return .record(try record(json))
    case "ended": return .ended(try sentinel(json))
    case "idle": return .idle(workingSetBytes: try json.requiredCount("workingSetBytes"))
    case let event: throw HostMessageError(what: "no event is named \(event)")
    }
  }

  private static func record(_ json: JSON) throws -> ScriptRecord {
    let name = try json.requiredString("stream")
    guard let stream = ScriptStream(rawValue: name) else {
      throw HostMessageError(what: "no stream is named \(name)")
    }
    return ScriptRecord(
      number: try json.requiredCount("number"), stream: stream,
      at: Int64(try json.requiredCount("at")), text: try text(json),
      isPart: json["part"]?.bool ?? false,
      isTerminating: json["kind"]?.string == "terminating")
  }

  private static func sentinel(_ json: JSON) throws -> Sentinel {
    let name = try json.requiredString("how")
    guard let how = Sentinel.How(rawValue: name) else {
      throw HostMessageError(what: "no end is named \(name)")
    }
    var sentinel = Sentinel(
      call: try json.requiredString("call"), nonce: try json.requiredString("nonce"), how: how,
      code: json["code"]?.int, errors: try json.requiredCount("errors"),
      records: try json.requiredCount("records"))
    sentinel.cpuUser = json["cpuUserUs"]?.int.map { .microseconds($0) }
    sentinel.cpuSystem = json["cpuSystemUs"]?.int.map { .microseconds($0) }
    return sentinel
  }

  private static func text(_ json: JSON) throws -> String {
    guard let bytes = Base64.bytes(try json.requiredString("text")) else {
      throw HostMessageError(what: "a text that is no base 64")
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// A line that no host of ours sends.
package struct HostMessageError: Error, Sendable, Hashable, CustomStringConvertible {
  package let what: String
  package var description: String { "the PowerShell host sent what is no message: \(what)" }
}
