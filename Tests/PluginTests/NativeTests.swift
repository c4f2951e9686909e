import Conformance
import JSON
import Platform
import Support
import Testing

@Suite("Native executor: functions, on real processes")
struct NativeTests {
  struct Ended {
    let how: ProcessExit.How
    let stdout: String
    let stderr: String

    var json: JSON? { try? JSON(parsing: Array(stdout.utf8)) }
  }

  /// The process of one call, as the plugin starts it.
  private func run(_ calls: String, output: String, arguments: String = "{}") throws -> Ended {
    try withTemporaryDirectory { directory in
      let plan = """
        {"library":{"linux":"libc.so.6"},
         "structs":{"passwd":[{"name":"name","type":"string"},{"name":"password","type":"string"},
          {"name":"user","type":"uint32"},{"name":"group","type":"uint32"}]},
         "calls":[\(calls)],"output":\(output)}
        """
      try Files.writeAtomically(Array(plan.utf8), to: directory + "/plan", permissions: 0o600)
      try Files.writeAtomically(Array(arguments.utf8), to: directory + "/in", permissions: 0o600)
      let child = try ChildProcess.spawn(
        Launch(
          try builtProgram("signalbox-plugin-native"),
          arguments: ["native", "call", directory + "/plan"],
          environment: [("SWIFT_BACKTRACE", "enable=no")]),
        stdin: try Files.open(directory + "/in", .read),
        stdout: try Files.open(directory + "/out", .append),
        stderr: try Files.open(directory + "/err", .append))
      let exit = try child.wait()
      func text(_ name: String) throws -> String {
        String(decoding: try Files.read(directory + "/" + name), as: UTF8.self)
      }
      return Ended(how: exit.how, stdout: try text("out"), stderr: try text("err"))
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

  @Test("a crash is the call's own: the plugin keeps the protocol after it, in all that is checked")
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
