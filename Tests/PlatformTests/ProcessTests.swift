import Platform
import Support
import Testing

@Suite("Child processes")
struct ProcessTests {
  private func run(_ launch: Launch) throws -> (output: String, exit: ProcessExit) {
    let null = try Files.open("/dev/null", .readWrite)
    var pipe = try Pipe()
    let readEnd = pipe.takeReadEnd()
    let writeEnd = pipe.takeWriteEnd()
    let child = try ChildProcess.spawn(launch, stdin: null, stdout: writeEnd, stderr: writeEnd)
    try writeEnd.close()
    var output: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4_096)
    while true {
      let count = try chunk.withUnsafeMutableBytes { try readEnd.read(into: $0) }
      if count == 0 { break }
      output += chunk[..<count]
    }
    return (String(decoding: output, as: UTF8.self), try child.wait())
  }

  @Test("a non-zero exit is a result, not an error")
  func exitCode() throws {
    let result = try run(Launch("/bin/sh", arguments: ["sh", "-c", "echo out; exit 3"]))
    #expect(result.output == "out\n")
    #expect(result.exit.how == .exit(code: 3))
  }

  @Test("peak memory is told when it is the process's own, and not when it may be ours")
  func peakMemory() throws {
    let small = try run(Launch("/bin/true"))
    #expect(small.exit.peakMemoryBytes == nil)
    let script = "x=$(head -c 300000000 /dev/zero | tr '\\0' x); exit 0"
    let big = try run(Launch("/bin/sh", arguments: ["sh", "-c", script], environment: paths))
    #expect(big.exit.peakMemoryBytes.map { $0 > 300_000_000 } == true)
  }

  @Test("a signal is told apart from an exit code")
  func signal() throws {
    let result = try run(Launch("/bin/sh", arguments: ["sh", "-c", "kill -TERM $$"]))
    #expect(result.exit.how == .signal(number: 15, coreDumped: false))
  }

  @Test("a program that is not there is an error that names it")
  func missing() throws {
    let error = #expect(throws: SystemError.self) { try run(Launch("/nowhere/program")) }
    #expect(error?.code == "system.ENOENT")
    #expect(error?.description.contains("/nowhere/program") == true)
  }

  @Test("a value with NUL is refused, not cut short")
  func nul() throws {
    let error = #expect(throws: SystemError.self) {
      try run(Launch("/bin/echo", arguments: ["echo", "a\0b"]))
    }
    #expect(error?.code == "system.EINVAL")
  }

  @Test("the child gets the directory, the environment, and no descriptor of ours")
  func surroundings() throws {
    let extra = try Files.open("/dev/null", .read)
    let result = try run(
      Launch(
        "/bin/sh", arguments: ["sh", "-c", "pwd; echo \"$A\"; env | wc -l; ls /proc/self/fd"],
        environment: [("A", "x=y\nz"), ("PATH", "/usr/bin:/bin")], directory: "/usr"))
    #expect(extra.number > 2)
    // ls itself opens 3; env counts PATH, PWD (set by the shell) and the two lines of A.
    #expect(result.output == "/usr\nx=y\nz\n4\n0\n1\n2\n3\n")
  }

  @Test("signals that we ignore are at their default in the child")
  func signalDispositions() throws {
    Signals.ignoreBrokenPipe()
    let script = "grep -E 'Sig(Blk|Ign)' /proc/self/status"
    let result = try run(Launch("/bin/sh", arguments: ["sh", "-c", script]))
    let masks = result.output.split(separator: "\n").map { $0.suffix(8) }
    try #require(masks.count == 2)
    // Signals 32 and 33 are the C library's own, which it lets nobody change.
    for mask in masks { #expect((UInt64(mask, radix: 16) ?? 1) & 0x7fff_ffff == 0) }
  }

  @Test("a child can be in its own group or in its own session")
  func groups() throws {
    let script = "set -- $(cut -d' ' -f1,5,6 /proc/$$/stat); echo $1 $2 $3"
    let group = try run(Launch("/bin/sh", arguments: ["sh", "-c", script], environment: paths))
    let session = try run(
      Launch(
        "/bin/sh", arguments: ["sh", "-c", script], environment: paths, group: .ownSession))
    let inGroup = group.output.split(whereSeparator: \.isWhitespace)
    let inSession = session.output.split(whereSeparator: \.isWhitespace)
    try #require(inGroup.count == 3 && inSession.count == 3)
    #expect(inGroup[0] == inGroup[1] && inGroup[0] != inGroup[2])
    #expect(Set(inSession).count == 1)
  }

  private let paths = [(name: "PATH", value: "/usr/bin:/bin")]

  @Test("the handle becomes readable at the end, and a late signal is no error")
  func handle() throws {
    let null = try Files.open("/dev/null", .readWrite)
    let child = try ChildProcess.spawn(
      Launch("/bin/sleep", arguments: ["sleep", "60"]), stdin: null, stdout: null, stderr: null)
    #expect(try child.waitIfEnded() == nil)
    try child.signal(9)
    let poller = try Poller()
    try poller.add(child.handle.number, .readable, token: 7)
    var events: [Poller.Event] = []
    try poller.wait(upTo: nil, into: &events)
    #expect(events.map(\.token) == [7])
    #expect(try child.waitIfEnded()?.how == .signal(number: 9, coreDumped: false))
    try child.signal(15)
  }
}
