import JSON
import Platform
import Testing

@Suite("Bad input, end to end", .serialized)
struct HostileInputTests {
  static let strings: [String] = [
    "; rm -rf /", "$(touch /tmp/x)", "`id`", "|| reboot", "&& true", "-rf", "--help", "-", "--",
    "'", "\"", "\\", "\\n", "\n", "\r\n", "\t", " ", "  leading", "trailing  ", "*", "?", "[a-z]",
    "~", "~root", "$HOME", "${HOME}", "$((1+1))", "%s%n", "%00", "!history", "#comment", "\u{7f}",
    "\u{1b}[31mred", "\u{feff}bom", "é", "e\u{301}", "日本語", "👩‍👩‍👧‍👧", "\u{202e}rtl", "\u{ffff}",
    "\u{10ffff}", "null", "true", "0", "1e999", "{\"a\":1}", "[1]", "<script>", "../../etc/passwd",
    "a=b", "=", "x\ny\nz", "EOF", "\u{1}\u{2}\u{3}", "{{ password }}", "$1", "$@", "$0", "%{x}",
    String(repeating: "a", count: 65_536), String(repeating: "\u{1F600}", count: 10_000),
  ]

  @Test("hostile strings reach the script byte-equal, through each input")
  func byteEqual() throws {
    let box = try Machinery(tools: Definitions.all)
    try box.start()
    var calls: [(tool: String, text: String, id: String)] = []
    for text in Self.strings {
      for tool in ["echo.env", "echo.argv", "echo.stdin"] {
        calls.append((tool, text, try box.submit(tool, ["text": .string(text)])))
      }
    }
    for (tool, text, id) in calls {
      let call = try box.ended(id)
      #expect(
        call["outcome"]?.string == (text.isEmpty ? "succeededEmpty" : "succeeded"),
        "\(tool) \(text.prefix(40).debugDescription): \(call["reason"]?.string ?? "")")
      let bytes = try box.output(id)
      if tool == "echo.stdin" {
        #expect(try JSON(parsing: bytes)["text"] == .string(text))
      } else {
        #expect(bytes == Array(text.utf8), "\(tool) \(text.prefix(40).debugDescription)")
      }
    }
  }

  @Test("what cannot travel is refused by name before anything is sent; the rest still works")
  func refused() throws {
    let box = try Machinery(tools: Definitions.all)
    try box.start()
    let tenMegabytes = String(repeating: "x", count: 10_000_000)
    let deep = String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000)
    let bodies: [(String, String)] = [
      ("NUL in env", Self.body("echo.env", #""a\u0000b""#)),
      ("NUL in argv", Self.body("echo.argv", #""a\u0000b""#)),
      ("10 MB in env", Self.body("echo.env", "\"\(tenMegabytes)\"")),
      ("wrong type", Self.body("echo.env", "7")),
      ("array", Self.body("echo.env", "[]")),
      ("null", Self.body("echo.env", "null")),
      ("huge number", Self.body("echo.env", "1e999999999")),
      ("depth 10,000", Self.body("echo.env", deep)),
      ("lone surrogate", Self.body("echo.env", #""\ud800""#)),
      ("truncated", #"{"endpoint": "web-01", "#), ("empty", ""), ("not an object", "[]"),
      ("duplicate keys", #"{"endpoint": "web-01", "endpoint": "web-01"}"#),
      ("no such tool", Self.body("no.such.tool", #""x""#)),
      ("no such endpoint", #"{"endpoint":"db-99","tool":"echo.env","arguments":{},"by":"x"}"#),
      (
        "unknown argument",
        #"{"endpoint":"web-01","tool":"echo.env","arguments":{"nope":1},"by":"x"}"#
      ),
      (
        "arguments are a string",
        #"{"endpoint":"web-01","tool":"echo.env","arguments":"x","by":"x"}"#
      ),
      (
        "negative expiry",
        #"{"endpoint":"web-01","tool":"print.hello","arguments":{},"by":"x","expiresAfterMs":-1}"#
      ),
    ]
    for (what, body) in bodies {
      let response = try box.raw("POST", "/v1/calls", Array(body.utf8))
      #expect((400...499).contains(response.status), "\(what): \(response.status)")
      let error = try JSON(parsing: response.body)["error"]
      #expect(error?["code"]?.string?.isEmpty == false, "\(what)")
      #expect(error?["message"]?.string?.isEmpty == false, "\(what)")
    }
    let invalid = try box.raw("POST", "/v1/calls", [0x7b, 0xff, 0xfe, 0x7d])
    #expect(invalid.status == 400)
    let id = try box.submit("print.hello")
    #expect(try box.ended(id)["outcome"]?.string == "succeeded")
  }

  private static func body(_ tool: String, _ value: String) -> String {
    #"{"endpoint":"web-01","tool":"\#(tool)","by":"x","arguments":{"text":\#(value)}}"#
  }

  @Test("a megabyte travels through stdin and comes back equal")
  func long() throws {
    let box = try Machinery(tools: Definitions.all)
    try box.start()
    let text = String(repeating: "0123456789", count: 100_000)
    let id = try box.submit("echo.stdin", ["text": .string(text)])
    let call = try box.ended(id)
    #expect(call["outcome"]?.string == "succeeded", "\(call["reason"]?.string ?? "")")
    let output = try box.output(id)
    let expected = Array(JSON.object(JSONObject([("text", .string(text))])).compact.utf8)
    #expect(output == expected)
  }

  @Test("garbage on the bridge's port is refused and costs nobody else anything")
  func bridgeGarbage() throws {
    let box = try Machinery(tools: Definitions.all)
    try box.start()
    for bytes in [
      Array("GET /v1/bridge HTTP/1.1\r\n\r\n".utf8), Array(repeating: 0, count: 100_000),
      Array("POST /v1/calls HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n".utf8),
      Array("\u{16}\u{3}\u{1}".utf8), Array(String(repeating: "A", count: 1 << 20).utf8),
    ] {
      try RawSocket.send(bytes, to: box.port)
    }
    let id = try box.submit("print.hello")
    #expect(try box.ended(id)["outcome"]?.string == "succeeded")
  }

  @Test("without the token, or with another one, nothing is answered but the refusal")
  func unauthorised() throws {
    let box = try Machinery(tools: Definitions.all)
    try box.startControlPlane()
    for token in [nil, "", "x", String(repeating: "0", count: 64)] {
      let response = try box.raw("GET", "/v1/endpoints", [], token: .some(token))
      #expect(response.status == 401)
    }
  }
}
