import Model
import Platform
import PluginProtocol
import Synchronization

/// The machine that this process runs on.
final class HostSurroundings: Surroundings, Sendable {
  private let configuration: AgentConfiguration
  private let deliver: @Sendable (Core.Input) -> Void
  /// Whether a thread looks at the spool; one that a disk holds up is not followed by others.
  private let isExamining = Atomic<Bool>(false)
  #if os(Linux)
    private let lookups = UserLookups { user throws(SystemError) in try UserSession(of: user) }
  #endif

  init(_ configuration: AgentConfiguration, deliver: @escaping @Sendable (Core.Input) -> Void) {
    self.configuration = configuration
    self.deliver = deliver
  }

  var now: Instant { Instant(microseconds: Clock.now()) }
  var bootID: String { Machine.bootID }
  var platform: String { Machine.platform }
  var architecture: String { Machine.architecture }
  func randomWord() -> UInt64 { Random.word() }
  func hasCommand(_ name: String) -> Bool { Commands.has(name) }

  func sessions() -> UserSessions {
    #if os(Linux)
      // As for `runAs`: only root may run a process as another user.
      guard Machine.effectiveUser == 0 else { return UserSessions() }
      do throws(SystemError) {
        let users = try Logins.users(in: configuration.loginsPath).filter(RuntimeName.isUser)
        let sessions = lookups.sessions(of: users)
        for doubt in sessions.doubts { configuration.log("sessions: \(doubt)") }
        return sessions
      } catch {
        let blindness = "cannot see who is logged in: \(error)"
        configuration.log("sessions: \(blindness)")
        return UserSessions(blindness: blindness)
      }
    #else
      return UserSessions()
    #endif
  }

  func identity() throws -> Identity? { try Identity.read(from: configuration.identityPath) }

  func keep(_ identity: Identity) throws { try identity.write(to: configuration.identityPath) }

  func joinToken() throws -> String? {
    guard let path = configuration.joinTokenFile else { return nil }
    let bytes = try Files.read(path, limit: 4 << 10)
    return String(String(decoding: bytes, as: UTF8.self).prefix { !$0.isWhitespace })
  }

  func callDirectories() throws -> [String] { try Files.list(configuration.callsDirectory) }

  func findings(of call: CallID, in directory: String?) throws -> SpoolFindings? {
    try SpoolEvidence.findings(of: call, at: directory.map { configuration.spool(in: $0) })
  }

  func frames(
    in directory: String, stdout: Int, stderr: Int, isForeign: Bool
  ) throws -> (any SpoolFrames)? {
    let path = configuration.spool(in: directory)
    guard Files.exists(path) else { return nil }
    let reader = try SpoolReader(path: path, isVerifying: isForeign)
    reader.resume(stdout: stdout, stderr: stderr)
    return reader
  }

  func requestCancel(in directory: String) throws {
    try PluginProtocol.requestCancel(ofSpool: configuration.spool(in: directory))
  }

  func killOwner(of call: CallID, in directory: String) throws -> (any FallenProcesses)? {
    let reader = try SpoolReader(path: configuration.spool(in: directory), isVerifying: false)
    // One that is free already, or has its record, is judged without this.
    guard try reader.ownerIsAlive(), let process = try Self.owner(of: reader, call: call) else {
      return nil
    }
    configuration.log("call \(call): process \(process.id) is killed with its processes")
    return FallenTree(killing: process)
  }

  func examineSpool(round: Int, room: Int) {
    guard !isExamining.exchange(true, ordering: .acquiring) else { return }
    let directory = configuration.callsDirectory
    do {
      _ = try WorkerThread(name: "self-check") { [self] in
        let finding = SpoolExamination.finding(in: directory, room: room)
        isExamining.store(false, ordering: .releasing)
        deliver(.spoolExamined(round: round, finding))
      }
    } catch {
      isExamining.store(false, ordering: .releasing)
      deliver(.spoolExamined(round: round, .bad(evidence: "\(error)")))
    }
  }

  func remakeCallsDirectory() throws {
    try Files.makeDirectories(configuration.callsDirectory, permissions: 0o700)
  }

  /// - Returns: `nil` also when the number belongs to another process by now.
  private static func owner(
    of reader: SpoolReader, call: CallID
  ) throws(SystemError) -> ProcessTree.Entry? {
    reader.resume(stdout: Int.max, stderr: Int.max)
    var owner: SpoolOwner?
    while let frame = try reader.next() {
      switch frame {
      case .opened(let opening):
        guard opening.call == call, opening.bootID == Machine.bootID else { return nil }
        owner = opening.owner
      case .ended: return nil
      case .starting, .started, .output: break
      }
    }
    return owner.flatMap { ProcessTree.entry($0.process, startTicks: $0.startTicks) }
  }
}

/// What the machine has to run tools with.
enum Commands {
  private static let directories = [
    "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin",
  ]

  static func has(_ name: String) -> Bool {
    if name.contains("/") { return Files.isExecutable(name) }
    return directories.contains { Files.isExecutable($0 + "/" + name) }
  }
}
