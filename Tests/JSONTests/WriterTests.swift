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
