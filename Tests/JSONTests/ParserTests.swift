import JSON
import Testing

private func failure(_ text: String, limits: JSONLimits = .init()) -> JSONError? {
  do throws(JSONError) {
    _ = try JSON(parsing: text, limits: limits)
    return nil
  } catch {
    return error
  }
}

private func failure(_ bytes: [UInt8]) -> JSONError? {
  do throws(JSONError) {
    _ = try JSON(parsing: bytes)
    return nil
  } catch {
    return error
  }
}

@Suite("JSON parser") struct ParserTests {
  @Test("values arrive as they stood: order, digits, characters") func values() throws {
    let text =
      #" {"b": [1, -0, 1.50, 1E+2, true, false, null], "a": "x\n\u00e9\ud83d\ude00é😀\/"} "#
    let value = try JSON(parsing: text)
    #expect(value.object?.keys == ["b", "a"])
    #expect(value["b"]?.array?.prefix(4).map { $0.number?.text } == ["1", "-0", "1.50", "1E+2"])
    #expect(value["b"]?.array?.suffix(3) == [true, false, .null])
    #expect(value["a"] == "x\né😀é😀/")
    #expect(value.compact == #"{"b":[1,-0,1.50,1E+2,true,false,null],"a":"x\né😀é😀/"}"#)
  }

  @Test("all three kinds of input read alike") func inputs() throws {
    let text = #"{"a":[1,"é"]}"#
    let bytes = Array(text.utf8)
    let expected: JSON = ["a": [1, "é"]]
    #expect(try JSON(parsing: text) == expected)
    #expect(try JSON(parsing: bytes) == expected)
    #expect(try JSON(parsing: bytes.span) == expected)
    let fromRaw = try bytes.withUnsafeBytes { raw in try JSON(parsing: raw) }
    #expect(fromRaw == expected)
    #expect(throws: JSONError.self) {
      try JSON(parsing: UnsafeRawBufferPointer(start: nil, count: 0))
    }
  }

  @Test(
    "an error names its code and place",
    arguments: [
      ("", "json.unexpectedEnd", 0, 1, 1),
      ("[1,\n 2,,]", "json.unexpectedByte", 7, 2, 4),
      ("{\"a\":1,\r\n\"é\":2 3}", "json.unexpectedByte", 16, 2, 7),
      ("[1] x", "json.trailingContent", 4, 1, 5),
      ("\u{FEFF}[]", "json.byteOrderMark", 0, 1, 1),
      ("[01]", "json.invalidNumber", 1, 1, 2),
      ("[1.]", "json.invalidNumber", 3, 1, 4),
      ("[\"\\x\"]", "json.invalidEscape", 2, 1, 3),
      ("[\"\\u12g4\"]", "json.invalidEscape", 2, 1, 3),
      ("[\"\\ud800\"]", "json.unpairedSurrogate", 2, 1, 3),
      ("[\"\\udc00\\ud800\"]", "json.unpairedSurrogate", 2, 1, 3),
      ("[\"\\ud800\\u0041\"]", "json.unpairedSurrogate", 2, 1, 3),
      ("[\"a\tb\"]", "json.controlCharacter", 3, 1, 4),
      ("{\"a\":1,\"b\":2,\"\\u0061\":3}", "json.duplicateKey", 13, 1, 14),
      ("{\"a\":1,}", "json.unexpectedByte", 7, 1, 8),
      ("[1e1000000000000001]", "json.limit.exponent", 2, 1, 3),
    ])
  func errors(text: String, code: String, offset: Int, line: Int, column: Int) throws {
    let error = try #require(failure(text))
    #expect(error.code == code)
    #expect(error.offset == offset)
    #expect(error.line == line)
    #expect(error.column == column)
    #expect(error.description.hasPrefix("\(code) at line \(line), column \(column)"))
  }

  @Test(
    "bytes that are not UTF-8 are refused at their offset, with and without escapes",
    arguments: [
      [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xF0, 0x80, 0x80, 0x80],  // overlong
      [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF],  // surrogates
      [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80],  // above U+10FFFF
      [0x80], [0xBF], [0xFF], [0xFE], [0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0x98],  // stray, cut
    ] as [[UInt8]])
  func badUTF8(bad: [UInt8]) throws {
    for prefix in [#"["é"#, #"["\n"#] {
      let bytes = Array(prefix.utf8) + bad + Array(#""]"#.utf8)
      let error = try #require(failure(bytes))
      #expect(error.code == "json.invalidUTF8")
      #expect(error.offset == prefix.utf8.count)
    }
    #expect(failure(Array("{\"".utf8) + bad + Array("\":1}".utf8))?.code == "json.invalidUTF8")
    #expect(failure(bad) != nil)
  }

  @Test("the end of a string, an escape and a control character are found at every place")
  func stops() throws {
    // The neighbours of the stops, and what differs from them in one bit.
    let fillers = ["!", "#", "[", "]", "\u{7F}", " ", "\u{A2}", "\u{DC}", "\u{1F61C}"]
    for filler in fillers {
      for before in 0..<18 {
        let head = String(repeating: filler, count: before)
        let tail = String(repeating: filler, count: 10)
        #expect(try JSON(parsing: "\"\(head)\"") == .string(head))
        #expect(try JSON(parsing: "\"\(head)\\n\(tail)\"") == .string("\(head)\n\(tail)"))
        #expect(try JSON(parsing: "[\"\(head)\",\"\(tail)\"]") == [.string(head), .string(tail)])
        let error = try #require(failure("\"\(head)\u{1F}\(tail)\""))
        #expect(error.code == "json.controlCharacter")
        #expect(error.offset == 1 + head.utf8.count)
      }
    }
  }

  @Test("keys are the same by code points, not by canonical equivalence") func exactKeys() throws {
    let value = try JSON(parsing: "{\"\u{E9}\":1,\"e\u{301}\":2}")
    #expect(value["\u{E9}"] == 1)
    #expect(value["e\u{301}"] == 2)
    #expect(JSON.string("\u{E9}") != JSON.string("e\u{301}"))
    #expect(Set([JSON.string("\u{E9}"), JSON.string("e\u{301}")]).count == 2)
    // The Kelvin sign is equivalent to the letter; marks in another order have the same length.
    #expect(JSON.string("K") != JSON.string("\u{212A}"))
    #expect(JSON.string("a\u{323}\u{307}") != JSON.string("a\u{307}\u{323}"))
    #expect(JSON.string("\u{E9}") == JSON.string("\u{E9}"))
  }

  @Test(
    "a repeated key is found in small and large objects", arguments: [2, 15, 16, 17, 18, 1_000])
  func duplicates(count: Int) throws {
    let unique = (0..<count).map { "\"key\($0)\":\($0)" }
    let value = try JSON(parsing: "{\(unique.joined(separator: ","))}")
    #expect(value.object?.count == count)
    for index in 0..<count { #expect(value["key\(index)"] == .int(index)) }
    for repeated in [0, count / 2, count - 1] {
      let text = "{\(unique.joined(separator: ",")),\"key\(repeated)\":0}"
      #expect(failure(text)?.code == "json.duplicateKey")
    }
  }

  @Test("a key that shares its class with others is still new") func keyClasses() throws {
    // Same length, first and last byte.
    let value = try JSON(parsing: #"{"a1z":1,"a2z":2,"a3z":3,"inner":{"a1z":4}}"#)
    #expect(value["a3z"] == 3)
    #expect(failure(#"{"a1z":1,"a2z":2,"a1z":3}"#)?.code == "json.duplicateKey")
  }
}

@Suite("JSON limits") struct JSONLimitTests {
  @Test("each limit admits what meets it and refuses one more") func edges() {
    let limits = JSONLimits(maxBytes: 20, maxDepth: 3, maxNumberDigits: 5, maxValues: 6)
    #expect(failure("\"" + String(repeating: "x", count: 18) + "\"", limits: limits) == nil)
    #expect(
      failure("\"" + String(repeating: "x", count: 19) + "\"", limits: limits)?.code
        == "json.limit.bytes")
    #expect(failure("[{\"a\":[]}]", limits: limits) == nil)
    #expect(failure("[{\"a\":[[]]}]", limits: limits)?.code == "json.limit.depth")
    #expect(failure("-1.25", limits: limits) == nil)
    #expect(failure("-1.255", limits: limits)?.code == "json.limit.numberDigits")
    #expect(failure("[1,2,3,4,5]", limits: limits) == nil)
    #expect(failure("[1,2,3,4,5,6]", limits: limits)?.code == "json.limit.values")
  }

  @Test("nesting of 10,000 is refused, whatever the limits say") func deep() {
    for open in ["[", "{\"a\":"] {
      let text = String(repeating: open, count: 10_000)
      #expect(failure(text)?.code == "json.limit.depth")
      let error = failure(text, limits: JSONLimits(maxDepth: .max))
      #expect(error?.code == "json.limit.depth")
      #expect(error?.message.contains("192") ?? false)
    }
  }

  @Test("a string of 10 MB is read whole") func longString() throws {
    let plain = String(repeating: "0123456789", count: 1_000_000)
    #expect(try JSON(parsing: "\"\(plain)\"").string?.utf8.count == 10_000_000)
    let escaped = String(repeating: "\\n23456\\u00e9", count: 1_000_000)
    #expect(try JSON(parsing: "\"\(escaped)\"").string?.utf8.count == 8_000_000)
  }

  @Test("an object of 100,000 keys is read, compared and looked up in linear time") func manyKeys()
    throws
  {
    let members = (0..<100_000).map { "\"k\($0)\":\($0)" }
    let value = try JSON(parsing: "{\(members.joined(separator: ","))}")
    let backwards = try JSON(parsing: "{\(members.reversed().joined(separator: ","))}")
    #expect(value == backwards)
    #expect(value.hashValue == backwards.hashValue)
    #expect(value.canonical == backwards.canonical)
    #expect(value["k99999"] == 99_999)
  }
}
