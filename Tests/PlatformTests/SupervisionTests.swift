import Glibc
import Platform
import Support
import Testing

@Suite("Supervised processes")
struct SupervisionTests {
  private func shell(_ script: String, output: borrowing Descriptor) throws -> SupervisedProcess {
    let null = try Files.open("/dev/null", .readWrite)
    let process = try SupervisedProcess(
      Launch(
        "/bin/sh", arguments: ["sh", "-c", script],
        environment: [("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")]),
      stdin: null, stdout: output, stderr: output)
    process.start()
    return process
  }

  private func shell(_ script: String) throws -> SupervisedProcess {
    let null = try Files.open("/dev/null", .readWrite)
    return try shell(script, output: null)
  }

  /// Waits until `process` is in one of `phases`.
  private func wait(
    _ process: SupervisedProcess, for phases: SupervisedProcess.Phase...
  ) throws -> SupervisedProcess.Phase {
    let poller = try Poller()
    try poller.add(process.report.number, .readable, token: 1)
    var events: [Poller.Event] = []
    while true {
      let phase = try process.phase()
      if phases.contains(phase) { return phase }
      if phase == .gone || phase == .orphaned { return phase }
      try poller.wait(upTo: nil, into: &events)
    }
  }

  /// Why it could not be started, once that is told.
  private func failure(of process: SupervisedProcess) throws -> SystemError? {
    let poller = try Poller()
    try poller.add(process.report.number, .readable, token: 1)
    var events: [Poller.Event] = []
    try poller.wait(upTo: nil, into: &events)
    if case .failed(let error) = try process.phase() { return error }
    return nil
  }

  /// A process that would leave a mark.
  private func marker(_ mark: String) throws -> SupervisedProcess {
    let null = try Files.open("/dev/null", .readWrite)
    return try SupervisedProcess(
      Launch(
        "/bin/sh", arguments: ["sh", "-c", "touch \(mark)"],
        environment: [("PATH", "/usr/bin:/bin")]),
      stdin: null, stdout: null, stderr: null)
  }

  @Test("a process that ends alone leaves nothing behind")
  func plain() throws {
    let process = try shell("exit 3")
    #expect(try wait(process, for: .gone) == .gone)
    #expect(process.exit?.how == .exit(code: 3))
    #expect(process.escapedKilled == 0)
  }

  @Test("a program that cannot be started is reported with its reason, and nothing ran")
  func missing() throws {
    let null = try Files.open("/dev/null", .readWrite)
    let process = try SupervisedProcess(
      Launch("/nowhere/program"), stdin: null, stdout: null, stderr: null)
    process.start()
    let error = try #require(try failure(of: process), "it did not fail")
    #expect(error.code == "system.ENOENT")
    #expect(error.path == "/nowhere/program")
  }

  @Test("nothing runs before the start, and a supervisor that is let go of leaves")
  func waits() throws {
    try withTemporaryDirectory { directory in
      let mark = directory + "/mark"
      var process: SupervisedProcess? = try marker(mark)
      let supervisor = try #require(process?.supervisorID)
      Clock.sleep(for: .milliseconds(50))
      #expect(try process?.phase() == .starting && ProcessTree.entry(supervisor) != nil)
      process = nil
      #expect(ProcessTree.entry(supervisor) == nil && !Files.exists(mark))
      let other = try marker(mark)
      other.start()
      #expect(try wait(other, for: .gone) == .gone && Files.exists(mark))
    }
  }

  @Test("what was killed before the start, by order or by a stranger, has failed and not run")
  func killedAtTheGate() throws {
    try withTemporaryDirectory { directory in
      let mark = directory + "/mark"
      let ordered = try marker(mark)
      ordered.kill()
      ordered.start()
      let shot = try marker(mark)
      var waiting: [Int] = []
      while waiting.isEmpty { waiting = ProcessTree.children(of: shot.supervisorID) }
      ProcessTree.entry(waiting[0])?.signal(SIGKILL)
      for process in [ordered, shot] {
        #expect(try failure(of: process)?.number == ECANCELED)
      }
      #expect(!Files.exists(mark))
    }
  }

  @Test("a waiting supervisor keeps no descriptor of ours open but those of its process")
  func descriptors() throws {
    var pipe = try Pipe()
    let readEnd = pipe.takeReadEnd()
    let writeEnd = pipe.takeWriteEnd()
    let null = try Files.open("/dev/null", .readWrite)
    let process = try SupervisedProcess(
      Launch("/bin/true"), stdin: null, stdout: null, stderr: null)
    // Its first act; a moment later the pipe has no other writer than us.
    var held = true
    for _ in 0..<200 where held {
      Clock.sleep(for: .milliseconds(5))
      held = try Files.list("/proc/\(process.supervisorID)/fd").count > 3
    }
    try writeEnd.close()
    var byte = [UInt8](repeating: 0, count: 1)
    #expect(try byte.withUnsafeMutableBytes { try readEnd.read(into: $0) } == 0)
    process.start()
    #expect(try wait(process, for: .gone) == .gone)
  }

  @Test("a kill reaches grandchildren that left the session, the group and their parent")
  func escapees() throws {
    var pipe = try Pipe()
    let readEnd = pipe.takeReadEnd()
    let writeEnd = pipe.takeWriteEnd()
    let process = try shell(
      """
      export OURS=$$
      setsid sleep "600.$OURS" &
      (setsid sh -c 'setsid sleep "601.$OURS" & sleep "602.$OURS"' &)
      (sleep "603.$OURS" &)
      until [ "$(pgrep -c -x -f "sleep 60[0-3][.]$OURS")" -ge 4 ]; do :; done
      echo ready
      sleep 604
      """, output: writeEnd)
    try writeEnd.close()
    var line = [UInt8](repeating: 0, count: 6)
    let count = try line.withUnsafeMutableBytes { try readEnd.read(into: $0) }
    #expect(String(decoding: line[..<count], as: UTF8.self) == "ready\n")
    let before = ProcessTree.descendants(of: process.supervisorID)
    #expect(before.count >= 6)
    process.kill()
    #expect(try wait(process, for: .gone) == .gone)
    #expect(process.exit?.how == .signal(number: 9, coreDumped: false))
    // The two sleeps and the shell that called setsid; "sleep 603" was still in the group.
    #expect(process.escapedKilled == 4 || process.escapedKilled == 3)
    for entry in before { #expect(ProcessTree.entry(entry.id) == nil) }
  }

  @Test("what a process leaves behind is seen, and killed on order")
  func leftovers() throws {
    let process = try shell("sleep 600 & sleep 601 & exit 0")
    #expect(try wait(process, for: .ended) == .ended)
    #expect(process.exit?.how == .exit(code: 0))
    process.kill()
    #expect(try wait(process, for: .gone) == .gone)
    #expect(process.escapedKilled == 2)
    #expect(process.exit?.how == .exit(code: 0))
  }

  @Test("a polite request to end reaches those who left the group")
  func terminate() throws {
    var pipe = try Pipe()
    let readEnd = pipe.takeReadEnd()
    let writeEnd = pipe.takeWriteEnd()
    let process = try shell(
      """
      trap 'echo outer; exit 7' TERM
      setsid sh -c 'trap "echo inner; exit" TERM; echo ready; while :; do sleep 0.05; done' &
      while :; do sleep 0.05; done
      """, output: writeEnd)
    try writeEnd.close()
    var text = ""
    var chunk = [UInt8](repeating: 0, count: 64)
    while true {
      let count = try chunk.withUnsafeMutableBytes { try readEnd.read(into: $0) }
      if count == 0 { break }
      let wasReady = text.contains("ready")
      text += String(decoding: chunk[..<count], as: UTF8.self)
      if !wasReady, text.contains("ready") {
        _ = try wait(process, for: .started)
        process.terminate()
      }
    }
    #expect(text.contains("inner\n"))
    #expect(text.contains("outer\n"))
    #expect(try wait(process, for: .gone) == .gone)
    #expect(process.exit?.how == .exit(code: 7))
    #expect(process.escapedKilled == 0)
  }

  @Test("many at once are kept apart")
  func many() throws {
    let processes = try (0..<32).map { try shell("sleep 0.0\($0 % 5); exit \($0)") }
    for (number, process) in processes.enumerated() {
      #expect(try wait(process, for: .gone) == .gone)
      #expect(process.exit?.how == .exit(code: number))
    }
  }

  @Test("a supervisor that someone killed is noticed")
  func orphaned() throws {
    let process = try shell("exec sleep 600")
    _ = try wait(process, for: .started)
    let tree = ProcessTree.descendants(of: process.supervisorID)
    ProcessTree.entry(process.supervisorID)?.signal(9)
    #expect(try wait(process, for: .orphaned) == .orphaned)
    for entry in tree { entry.signal(9) }
  }
}
