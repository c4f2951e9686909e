import JSON
import Model
import Platform
import PluginProtocol
import Support
import Testing

@Suite("Native executor: sections that leave nothing behind share processes", .serialized)
struct StatelessTests {
  private func section(_ function: String, _ parameters: String = "", output: String) -> String {
    """
    {"stateless":true,"library":{"linux":"libc.so.6"},
     "calls":[{"name":"a","function":"getpid","parameters":[],"returns":"int32"},
      {"name":"b","function":"\(function)","parameters":[\(parameters)],"returns":"int32"}],
     "output":\(output)}
    """
  }

  private var process: String { section("getppid", output: #"{"id":"/a/returned"}"#) }
  private var sleeping: String {
    section("sleep", #"{"type":"uint32","argument":"/seconds"}"#, output: #"{"id":"/a/returned"}"#)
  }

  /// Its calls wait until the file that they are given is there, and may leave a descriptor behind.
  private func waiting(leavesDescriptor: Bool = false) -> String {
    // wordexp(3) has a shell carry out what is in `$( )`.
    let wait = """
      {"name":"b","function":"wordexp","parameters":[{"type":"string","argument":"/words"},
       {"name":"to","out":{"array":"int64","count":3},"size":24},{"type":"int32","value":0}],
       "returns":"int32"}
      """
    let leave = """
      ,{"name":"c","function":"posix_openpt","parameters":[{"type":"int32","value":2}],
        "returns":"int32"}
      """
    return """
      {"stateless":true,"library":{"linux":"libc.so.6"},
       "calls":[{"name":"a","function":"getpid","parameters":[],"returns":"int32"},
        \(wait)\(leavesDescriptor ? leave : "")],
       "output":{"id":"/a/returned"}}
      """
  }

  private func words(until file: String) -> String {
    #"{"words":"$(until [ -e \#(file) ]; do sleep 0.01; done)"}"#
  }

  private func withNative(_ body: (PluginSession) throws -> Void) throws {
    try withTemporaryDirectory { try body(try PluginSession($0, executor: "native")) }
  }

  /// - Returns: the id of the process that served it.
  private func serve(
    _ call: String, _ section: String, _ session: PluginSession, input: String = "{}"
  ) throws -> Int {
    let content = try session.run(call, section) { $0.stdin = input }
    let record = try #require(content.record)
    #expect(record.ended == .exit(code: 0), "\(content.stderr)")
    let id = try JSON(parsing: Array(content.stdout.utf8))["id"]?.int
    #expect(record.process.pid == id)
    // It says that it is ready a moment after its call has ended.
    try waitForRest(of: session.processID)
    return try #require(id)
  }

  @Test("calls of one section, one after the other, have one process, and no other section's has")
  func shared() throws {
    try withNative { session in
      let first = try serve("c0", process, session)
      for number in 1..<20 { #expect(try serve("c\(number)", process, session) == first) }
      #expect(try serve("other", process + " ", session) != first)
      #expect(try serve("again", process, session) == first)
    }
  }

  @Test("of calls at once each has a process")
  func atOnce() throws {
    try withNative { session in
      let go = session.directory + "/go"
      let calls = (0..<6).map { "c\($0)" }
      for call in calls { try session.begin(call, waiting()) { $0.stdin = words(until: go) } }
      var started = 0
      while started < calls.count {
        switch try session.next() {
        case .result(_, let result): if result["started"] == true { started += 1 }
        case .fault(_, let fault): throw Unexpected(what: "\(fault)")
        case .progress, .ended: continue
        }
      }
      try Files.writeAtomically([], to: go)
      let processes = try calls.map { try session.ended($0).record?.process.pid }
      #expect(Set(processes).count == 6)
    }
  }

  @Test(
    "a function that leaves a descriptor, or a signal ignored, behind has its process to itself",
    arguments: [
      ("posix_openpt", #"{"type":"int32","value":2}"#),
      ("bsd_signal", #"{"type":"int32","value":10},{"type":"int64","value":1}"#),
    ])
  func leaves(function: String, parameters: String) throws {
    try withNative { session in
      let section = section(function, parameters, output: #"{"id":"/a/returned"}"#)
      var seen: Set<Int> = []
      for number in 0..<4 {
        let id = try serve("c\(number)", section, session)
        #expect(seen.insert(id).inserted)
      }
    }
  }

  @Test("a call that failed takes its process along")
  func failed() throws {
    try withNative { session in
      var seen: Set<Int> = []
      for number in 0..<3 {
        let content = try session.run("c\(number)", section("unheard_of", output: "{}"))
        let record = try #require(content.record)
        #expect(record.ended == .exit(code: 69))
        try waitForRest(of: session.processID)
        let id = try #require(record.process.pid)
        #expect(seen.insert(id).inserted)
      }
    }
  }

  @Test("a call that is ended at its limit takes its process along, and no other call's")
  func limit() throws {
    try withNative { session in
      let first = try serve("c0", sleeping, session, input: #"{"seconds":0}"#)
      let content = try session.run("c1", sleeping) {
        $0.stdin = #"{"seconds":60}"#
        $0.limits.run = .milliseconds(300)
      }
      let record = try #require(content.record)
      #expect(record.ended == .limit("run", signal: 15))
      #expect(record.process.pid == first)
      // What the kernel tells of a process is of all its calls.
      #expect(record.process.cpuUser == nil && record.process.peakMemoryBytes == nil)
      let second = try serve("c2", sleeping, session, input: #"{"seconds":0}"#)
      #expect(second != first)
      #expect(try serve("c3", sleeping, session, input: #"{"seconds":0}"#) == second)
    }
  }

  @Test("what a process answered counts, also where its end is seen first")
  func endSeenFirst() throws {
    try withNative { session in
      let go = session.directory + "/go"
      var processes: [ProcessTree.Entry] = []
      for call in ["c1", "c2"] {
        try session.start(call, waiting(leavesDescriptor: true)) { $0.stdin = words(until: go) }
        let started = try SpoolContent(session.spool(call)).frames.compactMap { frame in
          if case .started(_, let process) = frame { process } else { nil }
        }
        processes.append(try #require(started.first.flatMap { ProcessTree.entry($0) }))
      }
      // Both answer and leave meanwhile; the plugin finds the news of both ends with the first.
      try hold(session.processID)
      try Files.writeAtomically([], to: go)
      for process in processes {
        while ProcessTree.entry(process.id, startTicks: process.startTicks) != nil {
          Clock.sleep(for: .milliseconds(10))
        }
      }
      ProcessTree.entry(session.processID)?.signal(18)
      for (call, process) in zip(["c1", "c2"], processes) {
        let content = try session.ended(call)
        #expect(content.record?.ended == .exit(code: 0))
        #expect(content.stdout == "{\"id\":\(process.id)}\n")
        #expect(content.record?.process.cpuUser != nil)
      }
    }
  }

  @Test("a process that is killed while it waits costs no call anything")
  func killedBetween() throws {
    try withNative { session in
      let first = try serve("c0", process, session)
      let waiting = try #require(ProcessTree.entry(first))
      waiting.signal(Signals.kill)
      // Seen by the call's start, whether or not the plugin has been told.
      while ProcessTree.entry(first, startTicks: waiting.startTicks) != nil {}
      #expect(try serve("c1", process, session) != first)
    }
  }

  @Test("no more processes are kept than the limit, and none serves more calls than it may")
  func bounded() throws {
    try withNative { session in
      let first = try serve("c0", process, session)
      for number in 1...8 {
        _ = try serve("o\(number)", process + String(repeating: " ", count: number), session)
      }
      #expect(try serve("c1", process, session) != first, "eight others were kept after it")
      var processes: Set<Int> = []
      for number in 0..<1_100 {
        let content = try session.run("m\(number)", process)
        processes.insert(try #require(content.record?.process.pid))
        try Files.removeTree("\(session.directory)/m\(number)")
      }
      #expect((2...100).contains(processes.count))
    }
  }
}
