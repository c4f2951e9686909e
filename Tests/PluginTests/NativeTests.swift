import Conformance
import JSON
import Model
import Platform
import PluginProtocol
import Support
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

@Suite("Native executor: functions, on real processes")
struct NativeTests {
  struct Ended {
    let record: ExecutionRecord
    let stdout: String
    let stderr: String

    var how: Ending { record.ended }
    var json: JSON? { try? JSON(parsing: Array(stdout.utf8)) }

    init(_ content: SpoolContent) throws {
      record = try #require(content.record)
      stdout = content.stdout
      stderr = content.stderr
    }
  }

  private func plan(_ calls: String, output: String) -> String {
    """
    {"library":{"linux":"libc.so.6"},
     "structs":{"passwd":[{"name":"name","type":"string"},{"name":"password","type":"string"},
      {"name":"user","type":"uint32"},{"name":"group","type":"uint32"}]},
     "calls":[\(calls)],"output":\(output)}
    """
  }

  private func withNative<Result>(_ body: (PluginSession) throws -> Result) throws -> Result {
    try withTemporaryDirectory { try body(try PluginSession($0, executor: "native")) }
  }

  private func run(
    _ calls: String, output: String, arguments: String = "{}",
    _ change: (inout Preparation) -> Void = { _ in }
  ) throws -> Ended {
    try withNative { session in
      try Ended(
        session.run("one", plan(calls, output: output)) {
          $0.stdin = arguments
          change(&$0)
        })
    }
  }

  @Test("integers of every width come back as they went in, at their bounds")
  func integers() throws {
    // labs(3) and abs(3) are functions of one integer; toascii keeps seven bits.
    let ended = try run(
      """
      {"name":"a","function":"labs","parameters":[{"type":"int64","value":-9007199254740993}],"returns":"int64"},
      {"name":"b","function":"abs","parameters":[{"type":"int32","argument":"/n"}],"returns":"int32"},
      {"name":"c","function":"htonl","parameters":[{"type":"uint32","value":1}],"returns":"uint32"},
      {"name":"d","function":"htons","parameters":[{"type":"uint16","value":1}],"returns":"uint16"},
      {"name":"e","function":"strtoull","parameters":[{"type":"string","value":"18446744073709551615"},
       {"type":"null"},{"type":"int32","value":10}],"returns":"uint64"},
      {"name":"f","function":"atof","parameters":[{"type":"string","value":"0.1"}],"returns":"double"},
      {"name":"g","function":"toascii","parameters":[{"type":"int32","value":200}],"returns":"int8"}
      """,
      output: """
        {"a":"/a/returned","b":"/b/returned","c":"/c/returned","d":"/d/returned","e":"/e/returned",
         "f":"/f/returned","g":"/g/returned","sum":{"add":["/c/returned","/d/returned"]}}
        """, arguments: "{\"n\":-2147483647}")
    #expect(ended.how == .exit(code: 0), "\(ended.stderr)")
    #expect(
      ended.stdout == """
        {"a":9007199254740993,"b":2147483647,"c":16777216,"d":256,"e":18446744073709551615,"f":0.1,\
        "g":72,"sum":16777472}

        """)
  }

  /// getrlimit(2) of a resource of Linux.
  private func limit(_ name: String, _ resource: Int) -> String {
    """
    {"name":"\(name)","function":"getrlimit","parameters":[{"type":"int32","value":\(resource)},
     {"name":"limit","out":{"array":"uint64","count":2}}],"returns":"int32","fails":"negative"}
    """
  }

  @Test("a tool's limits hold the process of its call, and the record says so")
  func limits() throws {
    let ended = try run(
      [limit("cpu", 0), limit("file", 1), limit("open", 7)].joined(separator: ","),
      output: #"{"cpu":"/cpu/limit/0","file":"/file/limit/0","open":"/open/limit/1"}"#
    ) {
      $0.limits.openFiles = 99
      $0.limits.fileSizeBytes = 1 << 20
      $0.limits.cpu = .seconds(7)
    }
    #expect(ended.how == .exit(code: 0), "\(ended.stderr)")
    #expect(ended.json == ["cpu": 7, "file": 1_048_576, "open": 99])
    let told = try #require(ended.record.isolation)
    #expect(
      Set(told.limits.map { "\($0.name) \($0.value)" }).isSuperset(of: [
        "openFiles 99", "fileSize 1048576", "cpu 7000",
      ]))
    #expect(told.hasSubreaper && told.hasNoNewPrivileges)
  }

  @Test(
    "a native call runs as the user that the tool names", .enabled(if: Machine.effectiveUser == 0))
  func asUser() throws {
    let calls = """
      {"name":"user","function":"geteuid","parameters":[],"returns":"uint32"},
      {"name":"home","function":"getenv","parameters":[{"type":"string","value":"HOME"}],
       "returns":{"type":"string","owner":"static"}},
      {"name":"who","function":"getenv","parameters":[{"type":"string","value":"USER"}],
       "returns":{"type":"string","owner":"static"}},
      {"name":"left","function":"lseek","parameters":[{"type":"int32","value":0},
       {"type":"int64","value":0},{"type":"int32","value":2}],"returns":"int64"}
      """
    let output = """
      {"user":"/user/returned","home":"/home/returned","who":"/who/returned",
       "left":"/left/returned"}
      """
    let ended = try run(calls, output: output) {
      $0.runAs = "nobody"
      // As of a session.
      $0.environment = [("HOME", "/elsewhere")]
    }
    #expect(ended.how == .exit(code: 0), "\(ended.stderr)")
    let nobody = try #require(try Confinement.Account.named("nobody"))
    #expect(ended.json?["user"]?.int == Int(nobody.user))
    #expect(ended.json?["home"] == "/elsewhere")
    #expect(ended.json?["who"] == "nobody")
    // Nothing of the request is left to what a function starts.
    #expect(ended.json?["left"] == 0)
    #expect(ended.record.isolation?.runAs == "nobody")
  }

  @Test(
    "what a function does to its standard output does not touch the result of a call with limits")
  func closedOutput() throws {
    let ended = try run(
      #"{"name":"a","function":"close","parameters":[{"type":"int32","value":1}],"returns":"int32"}"#,
      output: #"{"a":"/a/returned"}"#
    ) { $0.limits.openFiles = 99 }
    #expect(ended.how == .exit(code: 0), "\(ended.stderr)")
    #expect(ended.json == ["a": 0])
  }

  @Test("a call with limits that was prepared is dropped without a trace, or cancelled in mid-run")
  func limitedEndsEarly() throws {
    try withNative { session in
      var preparation = session.preparation("dropped", plan(pause, output: "{}"))
      preparation.limits.openFiles = 99
      _ = try session.answer(to: .prepare(preparation))
      #expect(!ProcessTree.descendants(of: session.processID).isEmpty)
      _ = try session.answer(to: .discard(CallID("dropped")))
      #expect(ProcessTree.descendants(of: session.processID).isEmpty)
      try session.start("one", plan(pause, output: "{}")) { $0.limits.openFiles = 99 }
      try session.send(.cancel(CallID("one")))
      #expect(try Ended(session.ended("one")).how == .cancelled(signal: 15))
    }
  }

  @Test(
    "a call that is held to limits ends like any other: by a crash, at its limit, unable to")
  func limitedEnds() throws {
    try withNative { session in
      let crash = try Ended(
        session.run(
          "crash",
          plan(
            #"{"name":"a","function":"raise","parameters":[{"type":"int32","value":6}],"returns":"int32"}"#,
            output: #"{"a":"/a/returned"}"#)
        ) { $0.limits.openFiles = 99 })
      #expect(crash.how == .signal(number: 6, coreDumped: false))
      let slow = try Ended(
        session.run(
          "slow",
          plan(
            #"{"name":"a","function":"sleep","parameters":[{"type":"uint32","value":60}],"returns":"uint32"}"#,
            output: #"{"a":"/a/returned"}"#)
        ) {
          $0.limits.openFiles = 99
          $0.limits.run = .milliseconds(300)
        })
      #expect(slow.how == .limit("run", signal: 15))
      let missing = try Ended(
        session.run(
          "missing",
          plan(
            #"{"name":"a","function":"no_such_function","parameters":[],"returns":"uint32"}"#,
            output: #"{"a":"/a/returned"}"#)
        ) { $0.limits.openFiles = 99 })
      #expect(missing.how == .exit(code: 69), "\(missing.stderr)")
      #expect(missing.stdout == "" && missing.stderr.contains("no_such_function"))
    }
  }

  @Test("structs go by value, in either direction, in registers and in memory")
  func structures() throws {
    let structs = """
      "address":[{"name":"bytes","type":"uint32"}],
      "small":[{"name":"quotient","type":"int32"},{"name":"rest","type":"int32"}],
      "wide":[{"name":"quotient","type":"int64"},{"name":"rest","type":"int64"}],
      "complex":[{"name":"real","type":"double"},{"name":"imaginary","type":"double"}],
      "heap":[{"name":"numbers","array":"int32","count":10}]
      """
    // A complex double is passed and returned as a struct of two would be, on x86-64 and on ARM.
    let ended = try withNative { session in
      try Ended(
        session.run(
          "one",
          """
          {"library":{"linux":"libm.so.6"},"structs":{\(structs)},"calls":[
           {"name":"t","function":"inet_ntoa","parameters":[{"struct":"address","members":[{"argument":"/a"}]}],
            "returns":{"type":"string","owner":"static"}},
           {"name":"d","function":"div","parameters":[{"type":"int32","value":-7},{"type":"int32","value":2}],
            "returns":{"struct":"small","by":"value"}},
           {"name":"l","function":"lldiv","parameters":[{"type":"int64","value":17},{"type":"int64","value":5}],
            "returns":{"struct":"wide","by":"value"}},
           {"name":"c","function":"csqrt","parameters":[{"struct":"complex","members":[{"value":-4},{"value":0}]}],
            "returns":{"struct":"complex","by":"value"}},
           {"name":"m","function":"mallinfo","returns":{"struct":"heap","by":"value"}}],
           "output":{"t":"/t/returned","d":"/d/returned","l":"/l/returned","c":"/c/returned",
            "heap":"/m/returned/numbers"}}
          """
        ) { $0.stdin = "{\"a\":16777343}" })
    }
    #expect(ended.how == .exit(code: 0), "\(ended.stderr)")
    #expect(ended.json?["t"] == "127.0.0.1")
    #expect(ended.json?["d"] == ["quotient": -3, "rest": -1])
    #expect(ended.json?["l"] == ["quotient": 3, "rest": 2])
    #expect(ended.json?["c"]?["imaginary"]?.number?.double == 2)
    #expect(ended.json?["c"]?["real"]?.number?.double == 0)
    let heap = try #require(ended.json?["heap"]?.array)
    #expect(heap.count == 10)
    // What the heap has from the system is more than nothing.
    #expect(Sanitizer.isOn || (heap[0].int ?? 0) > 0)
  }

  @Test("text that a function returns is read, with its owner, and null is null")
  func texts() throws {
    let ended = try run(
      """
      {"name":"copy","function":"strdup","parameters":[{"type":"string","argument":"/text"}],
       "returns":{"type":"string","owner":"free"}},
      {"name":"cut","function":"strdup","parameters":[{"type":"string","argument":"/text"}],
       "returns":{"type":"string","owner":"free","maxBytes":4}},
      {"name":"none","function":"getenv","parameters":[{"type":"string","value":"NOBODY_SET_THIS"}],
       "returns":{"type":"string","owner":"static"}},
      {"name":"root","function":"getpwuid","parameters":[{"type":"uint32","value":0}],
       "returns":{"struct":"passwd","owner":"static"},"fails":"null"}
      """,
      output: """
        {"copy":"/copy/returned","cut":"/cut/returned","none":"/none/returned","root":"/root/returned/name",
         "id":"/root/returned/user"}
        """, arguments: "{\"text\":\"é🙂; $(id)\"}")
    #expect(ended.json?["copy"] == "é🙂; $(id)", "\(ended.stderr)")
    #expect(ended.json?["none"] == .null)
    #expect(ended.json?["root"] == "root")
    #expect(ended.json?["id"] == 0)
  }

  @Test("a failure says which error it was, and has the exit code that the definition gives it")
  func failures() throws {
    let close = """
      {"function":"close","parameters":[{"type":"int32","value":-1}],"returns":"int32",
       "fails":"negative","exits":{"EBADF":9}}
      """
    let ended = try run(close, output: "{}")
    #expect(ended.how == .exit(code: 9))
    #expect(ended.stderr == "close returned -1: EBADF, Bad file descriptor (errno 9)\n")
    #expect(ended.stdout == "")
    let missing = try run("{\"function\":\"no_such_function\",\"returns\":\"void\"}", output: "{}")
    #expect(missing.how == .exit(code: 69))
    let argument = try run(
      "{\"function\":\"abs\",\"parameters\":[{\"type\":\"int32\",\"argument\":\"/n\"}],\"returns\":\"int32\"}",
      output: "{}", arguments: "{\"n\":2147483648}")
    #expect(argument.how == .exit(code: 65))
    #expect(argument.stderr == "abs: the argument /n is no int32\n")
  }

  @Test("a function that writes too much does not get away with it")
  func overrun() throws {
    // swab(3) is not known here, and is told more than there is room for.
    func swab(_ bytes: Int) throws -> Ended {
      try run(
        """
        {"function":"swab","parameters":[{"type":"string","argument":"/text"},
         {"name":"to","out":{"text":10},"size":10},{"type":"int64","value":\(bytes)}],"returns":"void"}
        """, output: "{\"to\":\"/swab/to\"}",
        arguments: "{\"text\":\"\(String(repeating: "ab", count: 40))\"}")
    }
    #expect(try swab(10).json?["to"] == "bababababa")
    #expect(try swab(64).how == .signal(number: 11, coreDumped: false))
  }

  private let pause = """
    {"function":"pause","returns":"int32"}
    """

  @Test("a crash ends its own call, and the calls beside and behind it know nothing of it")
  func crash() throws {
    try withNative { session in
      try session.start("beside", plan(pause, output: "{}"))
      let raise = """
        {"function":"raise","parameters":[{"type":"int32","value":11}],"returns":"int32"}
        """
      for number in 0..<5 {
        let crashed = try Ended(session.run("crash\(number)", plan(raise, output: "{}")))
        #expect(crashed.how == .signal(number: 11, coreDumped: false))
        #expect(crashed.stdout == "")
      }
      let after = try Ended(session.run("after", plan(process, output: "{\"id\":\"/p/returned\"}")))
      #expect(after.how == .exit(code: 0))
      try session.send(.cancel(CallID("beside")))
      #expect(try Ended(session.ended("beside")).how == .cancelled(signal: 15))
    }
  }

  private let process = """
    {"name":"p","function":"getpid","returns":"int32"}
    """

  @Test("each call has a process of its own, which is the one that its record names")
  func processes() throws {
    try withNative { session in
      var seen: Set<Int> = []
      for number in 0..<20 {
        let ended = try Ended(
          session.run("c\(number)", plan(process, output: "{\"id\":\"/p/returned\"}")))
        let id = try #require(ended.json?["id"]?.int)
        #expect(ended.record.process.pid == id)
        #expect(ended.record.isolation?.hasNoNewPrivileges == true)
        #expect(seen.insert(id).inserted)
      }
    }
  }

  @Test("a function that waits too long is ended at the limit, also when it ignores the request")
  func limit() throws {
    try withNative { session in
      let ignored = """
        {"name":"ignore","function":"sigignore","parameters":[{"type":"int32","value":15}],
         "returns":"int32"},\(pause)
        """
      let ended = try Ended(
        session.run("slow", plan(ignored, output: "{}")) {
          $0.limits.run = .seconds(2)
          $0.limits.killGrace = .milliseconds(200)
        })
      #expect(ended.how == .limit("run", signal: 9))
      let polite = try Ended(
        session.run("polite", plan(pause, output: "{}")) { $0.limits.run = .milliseconds(300) })
      #expect(polite.how == .limit("run", signal: 15))
    }
  }

  /// wordexp(3) has a shell carry out what is in `$( )`.
  private func expand(_ session: PluginSession, then more: String) throws -> Ended {
    let words = """
      {"name":"w","function":"wordexp","parameters":[{"type":"string","argument":"/words"},
       {"name":"to","out":{"array":"int64","count":3},"size":24},{"type":"int32","value":0}],"returns":"int32"}
      """
    let ended = try Ended(
      session.run("one", plan(words + more, output: "{\"status\":\"/w/returned\"}")) {
        $0.stdin = #"{"words":"$(setsid sleep 600 >/dev/null 2>&1 & echo $! >left; sleep 0.2)"}"#
      })
    let left = try Files.read(session.directory + "/one/work/left")
    let id = try #require(Int(String(decoding: left, as: UTF8.self).filter(\.isNumber)))
    #expect(ProcessTree.entry(id) == nil)
    return ended
  }

  @Test("what a function has started ends with its call, and is counted")
  func leftovers() throws {
    try withNative { session in
      let ended = try expand(session, then: "")
      #expect(ended.stdout == "{\"status\":0}\n")
      #expect(ended.record.process.escapedKilled == 1)
    }
  }

  @Test("what a function has started ends with a crash too, and is counted")
  func leftoversOfACrash() throws {
    try withNative { session in
      let ended = try expand(
        session,
        then: #",{"function":"raise","parameters":[{"type":"int32","value":6}],"returns":"int32"}"#)
      #expect(ended.how == .signal(number: 6, coreDumped: false))
      #expect(ended.record.process.escapedKilled == 1)
    }
  }

  @Test("what the record says that the process is held to is what the process is held to")
  func held() throws {
    // getrlimit(2) of RLIMIT_CORE and RLIMIT_NOFILE, and prctl(2) with PR_GET_NO_NEW_PRIVS.
    func limit(_ name: String, _ resource: Int) -> String {
      """
      {"name":"\(name)","function":"getrlimit","parameters":[{"type":"int32","value":\(resource)},
       {"name":"to","out":{"array":"uint64","count":2},"size":16}],"returns":"int32"}
      """
    }
    let ended = try run(
      limit("core", 4) + "," + limit("files", 7),
      output: #"{"core":"/core/to/0","files":"/files/to/0"}"#)
    let limits = try #require(ended.record.isolation?.limits)
    #expect(limits.map(\.name) == ["core", "openFiles"])
    #expect(ended.json?["core"]?.int == limits[0].value)
    #expect(ended.json?["files"]?.int == limits[1].value)
    try withNative { session in
      try session.start("one", plan(pause, output: "{}"))
      guard case .started(_, let process?)? = try SpoolContent(session.spool("one")).frames.last
      else { throw Unexpected(what: "no process is named") }
      let status = String(decoding: try Files.read("/proc/\(process)/status"), as: UTF8.self)
      #expect(status.contains("NoNewPrivs:\t1\n"))
    }
  }

  @Test("what a function prints stands in the call's output, in order")
  func printing() throws {
    let ended = try run(
      #"{"function":"puts","parameters":[{"type":"string","value":"said"}],"returns":"int32"}"#,
      output: "{}")
    #expect(ended.stdout == "said\n{}\n")
  }

  @Test(
    "when the process that keeps calls ready is killed, its calls are interrupted and new ones run")
  func nurseryKilled() throws {
    try withNative { session in
      try session.start("one", plan(pause, output: "{}"))
      let nursery = try #require(
        ProcessTree.children(of: session.processID).first { ProcessTree.entry($0)?.isDead == false }
      )
      ProcessTree.entry(nursery)?.signal(Signals.kill)
      #expect(try Ended(session.ended("one")).how == .limit("supervisor", signal: 9))
      let after = try Ended(session.run("two", plan(process, output: "{\"id\":\"/p/returned\"}")))
      #expect(after.how == .exit(code: 0))
    }
  }

  /// The process that has been given a call which was prepared. There is one only where one waited.
  private func staged(_ call: String, _ session: PluginSession) throws -> ProcessTree.Entry {
    let work = try Files.resolved("\(session.directory)/\(call)/work")
    let deadline = Clock.now() + 60_000_000
    while Clock.now() < deadline {
      for entry in ProcessTree.descendants(of: session.processID)
      where (try? Files.resolved("/proc/\(entry.id)/cwd")) == work { return entry }
      Clock.sleep(for: .milliseconds(5))
    }
    throw Unexpected(what: "no process has \(call)")
  }

  private func waitForEnd(of process: ProcessTree.Entry) throws {
    let deadline = Clock.now() + 60_000_000
    while ProcessTree.entry(process.id, startTicks: process.startTicks) != nil {
      if Clock.now() > deadline { throw Unexpected(what: "process \(process.id) is left") }
      Clock.sleep(for: .milliseconds(5))
    }
  }

  /// Until processes wait ahead: one that comes later is given no call that is only prepared.
  private func awaitWorkers(_ session: PluginSession) throws {
    _ = try session.run("first", plan(process, output: "{}"))
    let deadline = Clock.now() + 60_000_000
    // The nursery, and three.
    while ProcessTree.descendants(of: session.processID).count(where: { !$0.isDead }) != 4 {
      if Clock.now() > deadline { throw Unexpected(what: "no processes wait") }
      Clock.sleep(for: .milliseconds(5))
    }
    // The plugin hears of each a moment after it is there.
    try waitForRest(of: session.processID)
  }

  @Test("a call that was prepared calls nothing, and a discard ends the process that has it")
  func stagedCallsNothing() throws {
    try withNative { session in
      try awaitWorkers(session)
      let make = """
        {"name":"m","function":"mkdir","returns":"int32",
         "parameters":[{"type":"string","value":"made"},{"type":"uint32","value":448}]}
        """
      for call in ["one", "two"] {
        _ = try session.answer(to: .prepare(session.preparation(call, plan(make, output: "{}"))))
      }
      let process = try staged("one", session)
      _ = try session.answer(to: .discard(CallID("one")))
      try waitForEnd(of: process)
      #expect(!Files.exists("\(session.directory)/one/work/made"))
      try session.send(.start(CallID("two")))
      #expect(try Ended(session.ended("two")).how == .exit(code: 0))
      #expect(Files.exists("\(session.directory)/two/work/made"))
    }
  }

  @Test("a call whose process is killed before the start runs in another one")
  func stagedKilled() throws {
    try withNative { session in
      try awaitWorkers(session)
      _ = try session.answer(
        to: .prepare(
          session.preparation("one", plan(process, output: "{\"id\":\"/p/returned\"}"))))
      let process = try staged("one", session)
      process.signal(Signals.kill)
      try waitForEnd(of: process)
      try session.send(.start(CallID("one")))
      let ended = try Ended(session.ended("one"))
      #expect(ended.how == .exit(code: 0))
      #expect(ended.record.process.pid != process.id)
    }
  }

  @Test("a call whose directory is gone before its process has entered it says so")
  func stagedWithoutDirectory() throws {
    try withNative { session in
      try awaitWorkers(session)
      let waiting = ProcessTree.descendants(of: session.processID)
      for entry in waiting { try hold(entry.id) }
      _ = try session.answer(
        to: .prepare(
          session.preparation("one", plan(process, output: "{\"id\":\"/p/returned\"}"))))
      try Files.removeTree("\(session.directory)/one/work")
      for entry in waiting { entry.signal(SIGCONT) }
      try session.send(.start(CallID("one")))
      let ended = try Ended(session.ended("one"))
      #expect(ended.how == .exit(code: 71))
      #expect(ended.stderr.contains("one/work"), "\(ended.stderr)")
    }
  }

  @Test("when the plugin is killed, nothing of it is left")
  func pluginKilled() throws {
    try withNative { session in
      try session.start("one", plan(pause, output: "{}"))
      let all = ProcessTree.descendants(of: session.processID)
      #expect(all.count >= 2)
      try session.kill()
      let deadline = Clock.now() + 60_000_000
      while all.contains(where: { ProcessTree.entry($0.id, startTicks: $0.startTicks) != nil }) {
        if Clock.now() > deadline { throw Unexpected(what: "a process is left") }
        Clock.sleep(for: .milliseconds(5))
      }
    }
  }

  @Test("more calls at once than processes wait ahead all run")
  func many() throws {
    try withNative { session in
      for number in 0..<40 {
        try session.send(
          .prepare(
            session.preparation("c\(number)", plan(process, output: "{\"id\":\"/p/returned\"}"))))
        try session.send(.start(CallID("c\(number)")))
      }
      var ended: Set<String> = []
      while ended.count < 40 {
        if case .ended(let call, _) = try session.next() { ended.insert(call.text) }
      }
      for number in 0..<40 {
        #expect(try Ended(SpoolContent(session.spool("c\(number)"))).how == .exit(code: 0))
      }
    }
  }

  @Test("an input of a mebibyte arrives")
  func large() throws {
    let text = String(repeating: "é", count: 500_000)
    let ended = try run(
      """
      {"name":"l","function":"strlen","parameters":[{"type":"string","argument":"/text"}],
       "returns":"uint64"}
      """, output: "{\"length\":\"/l/returned\"}", arguments: "{\"text\":\"\(text)\"}")
    #expect(ended.stdout == "{\"length\":1000000}\n")
  }

  @Test("the native plugin keeps the protocol, in all that is checked")
  func conformance() throws {
    try withTemporaryDirectory { directory in
      let report = Conformance(
        .init(program: try builtProgram("signalbox-plugin-native"), scratch: directory)
      ).run()
      let failed = report.results.filter { $0.word == "failed" }
      #expect(failed.isEmpty, "\(failed)")
      #expect(report["end.signal"]?.word == "passed")
      #expect(report["death.host"]?.word == "passed")
    }
  }
}
