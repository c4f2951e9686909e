import JSON
import Testing

@Suite("JSON objects") struct ObjectTests {
  @Test(
    "members are set, replaced and removed in place, small and large", arguments: [3, 16, 17, 40])
  func changes(count: Int) {
    var object = JSONObject((0..<count).map { ("k\($0)", .int($0)) })
    object["k1"] = "new"
    #expect(object["k1"] == "new")
    #expect(object.count == count)
    object["k0"] = nil
    object["absent"] = nil
    #expect(object["k0"] == nil)
    #expect(object.keys == (1..<count).map { "k\($0)" })
    object["added"] = true
    object.append("appended", false)
    for key in object.keys { #expect(object[key] != nil) }
    #expect(object.keys.suffix(2) == ["added", "appended"])
    object["k2"] = nil
    object["k1"] = nil
    #expect(object["appended"] == false)
  }

  @Test("equality and hash ignore the order") func order() {
    let one: JSON = ["a": 1, "b": [2, 3]]
    let two: JSON = ["b": [2, 3], "a": 1]
    #expect(one == two)
    #expect(one.hashValue == two.hashValue)
    #expect(one != ["a": 1, "b": [3, 2]])
    #expect(one != ["a": 1])
  }

  @Test("a pointer finds values, and nothing where there is nothing") func pointers() throws {
    let value = try JSON(
      parsing: #"{"foo":["bar","baz"],"":0,"a/b":1,"m~n":8,"~1":9,"deep":[[{"x":null}]]}"#)
    for (text, expected) in [
      ("", value), ("/foo/0", "bar"), ("/", 0), ("/a~1b", 1), ("/m~0n", 8), ("/~01", 9),
      ("/deep/0/0/x", .null),
    ] as [(String, JSON)] {
      let pointer = try JSONPointer(text)
      #expect(pointer.value(in: value) == expected)
      #expect(pointer.text == text)
    }
    for text in [
      "/foo/2", "/foo/-", "/foo/01", "/foo/+1", "/foo/99999999999999999999", "/foo/bar",
      "/x", "/foo/0/0", "/foo/",
    ] { #expect(try JSONPointer(text).value(in: value) == nil) }
    for text in ["foo", "#/foo", "/~", "/~2", "/a~"] {
      #expect(throws: JSONPointerError.self) { try JSONPointer(text) }
    }
    #expect(JSONPointer().appending("a/b").appending(3).text == "/a~1b/3")
    #expect(try JSONPointer("/a~1b") == JSONPointer(tokens: ["a/b"]))
  }
}
