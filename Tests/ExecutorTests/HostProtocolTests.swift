import JSON
import PluginKit
import PowerShell
import Testing

@Suite("PowerShell host protocol: arguments keep their types, output its streams")
struct HostProtocolTests {
  private func line(_ text: String) throws -> HostMessage {
    try HostMessage(line: Array(text.utf8))
  }

  @Test("every argument names its type, and its text is base 64, so nothing reads a date from it")
  func typed() throws {
    let input =
      #"{"when":"2026-01-02T03:04:05Z","n":7,"big":12345678901234567890,"d":0.10,"b":true,"z":null,"a":["/Date(0)/"],"o":{"k":1}}"#
    let request = try HostRequest(
      script: "Get-Date # é", directory: "/tmp", environment: [("UNIT", "a b")],
      arguments: ["x"], input: input)
    let bytes = request.line(call: "1", nonce: "n")
    #expect(bytes.allSatisfy { $0 < 128 })
    #expect(bytes.filter { $0 == UInt8(ascii: "\n") }.count == 1)
    let json = try JSON(parsing: Array(bytes.dropLast()))
    func coded(_ text: String) -> JSON { .string(Base64.text(Array(text.utf8))) }
    #expect(json["script"] == coded("Get-Date # é"))
    #expect(
      json["parameters"]?.array?[0] == [coded("when"), ["string": coded("2026-01-02T03:04:05Z")]])
    #expect(json["parameters"]?.array?[1] == [coded("n"), ["integer": "7"]])
    #expect(json["parameters"]?.array?[2] == [coded("big"), ["integer": "12345678901234567890"]])
    #expect(json["parameters"]?.array?[3] == [coded("d"), ["number": "0.10"]])
    #expect(json["parameters"]?.array?[4] == [coded("b"), ["boolean": true]])
    #expect(json["parameters"]?.array?[5] == [coded("z"), ["null": true]])
    #expect(
      json["parameters"]?.array?[6] == [coded("a"), ["array": [["string": coded("/Date(0)/")]]]])
    #expect(
      json["parameters"]?.array?[7]
        == [coded("o"), ["object": [[coded("k"), ["integer": "1"]]]]])
    #expect(json["arguments"] == [["string": coded("x")]])
    #expect(json["environment"] == [[coded("UNIT"), coded("a b")]])
    #expect(json["input"] == coded(input))
  }

  @Test("arguments that PowerShell would not keep apart, or not parse, are refused")
  func unfit() throws {
    func reason(_ input: String) -> String? {
      do throws(Refusal) {
        _ = try HostRequest(script: "", directory: "/", input: input)
        return nil
      } catch { return error.reason }
    }
    #expect(reason(#"{"a":1,"b":{"Key":1,"key":2}}"#) == "argument.names")
    let levels = HostProtocol.maxArgumentLevels
    func nested(_ count: Int) -> String {
      String(repeating: "[", count: count) + String(repeating: "]", count: count)
    }
    #expect(reason(nested(levels + 1)) == "argument.unfit")
    #expect(reason(nested(levels)) == nil)
    for (name, value) in [("A=B", "x"), ("", "x"), ("A\0", "x"), ("A", "x\0")] {
      #expect(throws: Refusal.self) {
        try HostRequest(script: "", directory: "/", environment: [(name, value)])
      }
    }
  }

  @Test("messages of the host are read, and what is none is refused")
  func messages() throws {
    #expect(
      try line(
        #"{"event":"record","number":1,"stream":"warning","at":5,"part":false,"text":"aGk="}"#)
        == .record(ScriptRecord(number: 1, stream: .warning, at: 5, text: "hi")))
    #expect(
      try line(
        #"{"event":"ended","call":"1","nonce":"n","how":"exit","code":3,"errors":0,"records":2}"#)
        == .ended(Sentinel(call: "1", nonce: "n", how: .exit, code: 3, records: 2)))
    let wrong = [
      "", "x", "{}", #"{"event":"dance"}"#, #"{"event":"running"}"#,
      #"{"event":"record","number":1,"stream":"seventh","at":5,"text":""}"#,
      #"{"event":"record","number":1,"stream":"output","at":5,"text":"*"}"#,
      #"{"event":"record","number":-1,"stream":"output","at":5,"text":""}"#,
      #"{"event":"ended","call":"1","nonce":"n","how":"maybe","errors":0,"records":0}"#,
    ]
    for text in wrong {
      #expect(throws: HostMessageError.self, "\(text)") { try line(text) }
    }
  }

  @Test("output is itself; every other stream's line names its stream and time")
  func streams() {
    func text(_ stream: ScriptStream, isTerminating: Bool = false) -> String {
      StreamText.text(
        of: ScriptRecord(
          number: 1, stream: stream, at: 1_767_323_045_120_000, text: "x",
          isTerminating: isTerminating), isContinued: false)
    }
    #expect(text(.output) == "x\n")
    #expect(text(.native) == "x\n")
    #expect(text(.error) == "03:04:05.120Z error: x\n")
    #expect(text(.error, isTerminating: true) == "03:04:05.120Z terminating error: x\n")
    #expect(text(.warning) == "03:04:05.120Z warning: x\n")
    #expect(text(.verbose) == "03:04:05.120Z verbose: x\n")
    #expect(text(.debug) == "03:04:05.120Z debug: x\n")
    #expect(text(.information) == "03:04:05.120Z information: x\n")
    let part = ScriptRecord(number: 2, stream: .debug, text: "y", isPart: true)
    #expect(StreamText.text(of: part, isContinued: true) == "y")
  }

  private func plain(_ text: String, cut: Int) -> String {
    var errors = SerializedErrors()
    var out: [UInt8] = []
    let bytes = Array(text.utf8)
    for start in stride(from: 0, to: bytes.count, by: cut) {
      bytes[start..<min(bytes.count, start + cut)].withUnsafeBytes { errors.take($0, into: &out) }
    }
    errors.finish(into: &out)
    return String(decoding: out, as: UTF8.self)
  }

  @Test("CLIXML on standard error becomes the text that it holds, however it is cut")
  func serialized() {
    let xml =
      "<Objs Version=\"1.1.0.1\" xmlns=\"http://schemas.microsoft.com/powershell/2004/04\">"
      + "<Obj S=\"progress\" RefId=\"0\"><MS><PR N=\"Record\"><AV>Preparing</AV></PR></MS></Obj>"
      + "<S S=\"Error\">a &lt;b&gt; &amp; c_x000D__x000A_</S><S S=\"warning\">d_x000A_</S></Objs>"
    let text = "before\n#< CLIXML\r\n\(xml)\nafter"
    for cut in [1, 2, 7, 64, 4_096] {
      #expect(plain(text, cut: cut) == "before\na <b> & c\nd\nafter")
    }
  }

  @Test("bytes that only look like CLIXML pass as they are")
  func notSerialized() {
    for text in [
      "#< CLIX\n", "#< CLIXML and more\n<Objs\n", "x #< CLIXML\n<Objs ></Objs>\n",
      "#< CLIXM", "a\nb\n\n\nc", "", "#\n", "<Objs ></Objs>\n",
    ] {
      for cut in [1, 3, 100] { #expect(plain(text, cut: cut) == text) }
    }
    // Behind the mark comes something else: that passes, and the mark itself is not missed.
    #expect(plain("#< CLIXML\nplain\n", cut: 1) == "plain\n")
  }
}
