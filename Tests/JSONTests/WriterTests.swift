import JSON
import Testing

@Suite("JSON writer") struct WriterTests {
  @Test("what must be escaped is, and nothing else") func escapes() throws {
    let all = String(String.UnicodeScalarView((0..<0x80).compactMap(Unicode.Scalar.init)))
    let value = JSON.string(all + "é\u{2028}😀")
    #expect(try JSON(parsing: value.bytes) == value)
    #expect(
      JSON.string("\u{0}\u{8}\t\n\u{C}\r\u{1F}\"\\/\u{7F}é").compact
        == "\"\\u0000\\b\\t\\n\\f\\r\\u001f\\\"\\\\/\u{7F}é\"")
  }

  @Test("pretty text has a line for each element and member") func pretty() {
    let value: JSON = ["a": [1, ["b": .null]], "c": [], "d": [:], "e": "x"]
    #expect(
      value.pretty == """
        {
          "a": [
            1,
            {
              "b": null
            }
          ],
          "c": [],
          "d": {},
          "e": "x"
        }
        """)
  }

  @Test("equal values have equal canonical bytes: keys by UTF-8 bytes, numbers by value")
  func canonical() throws {
    let one = try JSON(parsing: #"{"😀":1.0,"\uff5e":[10e-1,{"b":1,"a":-0.0}],"a":"é","Z":1e2}"#)
    let two = try JSON(parsing: #"{"Z":100,"a":"\u00e9","～":[1,{"a":0,"b":1e0}],"😀":1}"#)
    #expect(one == two)
    #expect(one.canonical == two.canonical)
    #expect(
      String(decoding: one.canonical, as: UTF8.self)
        == #"{"Z":100,"a":"é","～":[1,{"a":0,"b":1}],"😀":1}"#)
  }

  @Test("what must be escaped is found wherever it stands among the bytes that are copied together")
  func places() throws {
    for length in 0...40 {
      for place in 0..<max(1, length) {
        for special in ["\"", "\\", "\n", "\u{1}", "\u{7F}", "é"] {
          let text =
            String(repeating: "x", count: place) + special
            + String(repeating: "y", count: length - min(length, place + 1))
          let escaped =
            switch special {
            case "\"": "\\\""
            case "\\": "\\\\"
            case "\n": "\\n"
            case "\u{1}": "\\u0001"
            default: special
            }
          let expected = text.split(separator: special, omittingEmptySubsequences: false)
          #expect(
            JSON.string(text).compact == "\"" + expected.joined(separator: escaped) + "\"")
        }
      }
    }
  }

  @Test("a text that outgrows its room is whole, of escapes and digits too")
  func growth() throws {
    let value: JSON = [
      .string(String(repeating: "\u{1}", count: 3_000)), .int(.min), .int(.max), .int(0), .int(-1),
      .array((0..<2_000).map { .int($0 * 1_000_003) }), .string(String(repeating: "é", count: 999)),
    ]
    #expect(try JSON(parsing: value.bytes) == value)
    #expect(JSON.array([.int(.min), .int(.max)]).compact == "[\(Int.min),\(Int.max)]")
  }

  @Test("a text made of pieces is what its pieces are")
  func pieces() {
    var text = JSONText()
    text.write(#"{"a":"#)
    text.add(-17)
    text.add(#","b":"#, "x\"", #","c":"#, [1])
    text.add(#","d":"#, .null, "}")
    #expect(String(decoding: text.bytes, as: UTF8.self) == #"{"a":-17,"b":"x\"","c":[1],"d":null}"#)
    text.removeAll()
    #expect(text.count == 0 && text.bytes == [])
  }

  @Test("writing appends") func appends() {
    var out = Array("x".utf8)
    JSON.bool(true).write(to: &out)
    #expect(out == Array("xtrue".utf8))
  }

  @Test("a message shows a long text cut and escaped") func quoted() {
    #expect("a\u{1B}b".quoted() == "\"a\\u001bb\"")
    #expect("\u{7F}\u{9B}31m\u{202E}\u{2028}é".quoted() == #""\u{7f}\u{9b}31m\u{202e}\u{2028}é""#)
    #expect("abcdef".quoted(upTo: 3) == "\"abc\"…")
    #expect("abc".quoted(upTo: 3) == "\"abc\"")
  }
}
