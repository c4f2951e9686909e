import Catalog
import JSON
import Schema
import Support
import Testing
import Tools

@testable import Imports

@Suite struct YAMLTextTests {
  private func roundTrip(_ script: String, description: String = "d") throws -> Tool {
    var draft = Draft(origin: "a test", title: "Sample", description: description)
    draft.variants = [Draft.Variant(os: ["linux"], script: script)]
    let text = draft.yaml(name: "sample", gaps: [])
    return try Catalog.read(Array(text.utf8), file: "sample.yaml").get()
  }

  static let scripts = [
    "echo one", "echo one\n", "echo one\n\n\n", "\necho one", "\n\n  echo one\n", " echo one\n",
    "\techo one\n", "echo one   \n", "echo one\n   ", "echo one\n\t", "  \n\necho one", "# a: b\n",
    "- a\n- b\n", "| a\n", "> a\n", "%YAML\n", "---\n", "...\n", "--- a\n...\n", "a: |\n  b\n",
    "'single' \"double\"\n", "back\\slash\n", "a # b: c\n", "\u{1B}[31m\n", "\u{7F}", "a\u{85}b\n",
    "a\u{2028}b", "\u{202E}abc\n", "\u{FEFF}abc\n", "a\u{FEFF}", "\u{FFFE}x\n", "é ü 漢字 🚦\n",
    "\u{10FFFF}\n", "a\n \n  \n   \nb\n", "a\n\n\n \n", "x\u{0B}y\u{0C}z\n", "key: value", "null",
    "123", "~", "{a: b}", "[a, b]", "@x", "`x`", "*alias\n", "&anchor\n", "!tag\n", "? a\n",
    ": b\n",
    String(repeating: "a", count: 5_000), String(repeating: "a\n", count: 5_000),
  ]

  @Test("a script comes back as it went in", arguments: scripts)
  func roundTrips(_ script: String) throws {
    let tool = try roundTrip(script)
    #expect(tool.plan.variants.first?.script == script)
    #expect(tool.plan.variants.first?.script.utf8.count == script.utf8.count)
  }

  @Test("three thousand random scripts come back as they went in")
  func random() throws {
    var random = SeededGenerator(state: 20_261_121)
    let alphabet: [Unicode.Scalar] = [
      "a", "b", " ", " ", "\n", "\n", "\t", "#", ":", "-", "'", "\"", "\\", "|", ">", "%", "{", "}",
      "[", "]", ",", "&", "*", "!", "?", "@", "`", "~", "\u{1B}", "\u{85}", "\u{A0}", "é",
      "\u{2028}",
      "\u{202E}", "🚦", "0", ".", "=", "<", "$",
    ]
    for _ in 0..<3_000 {
      var text = String.UnicodeScalarView()
      for _ in 0..<Int.random(in: 1...24, using: &random) {
        text.append(alphabet[Int.random(in: 0..<alphabet.count, using: &random)])
      }
      let script = String(text)
      guard !script.allSatisfy(\.isWhitespace), !script.contains("{{") else { continue }
      let tool = try roundTrip(script)
      let back = tool.plan.variants.first?.script ?? ""
      if !back.utf8.elementsEqual(script.utf8) {
        Issue.record("\(Array(script.utf8)) came back as \(Array(back.utf8))")
        return
      }
    }
  }

  @Test("values come back as they went in, whatever YAML would make of them")
  func values() throws {
    let texts = [
      "", " ", "a ", " a", "yes", "No", "on", "y", "null", "~", "true", "012", "0x1F", "1:30",
      "2026-01-01", ".5", "1e5", "+1", "=", "<<", "-", "- a", "a: b", "a #b", "#a", "'", "\"",
      "it's",
      "a\\b", "a,b", "{a}", "[a]", "*a", "&a", "!a", "|", ">", "%", "@", "`", "?", ":", "a\nb",
      "a\n",
      "\n", "\t", "é", "\u{1}", "\u{202E}", "{{client.name}}", "a, b: c", "]", "}", "/", "/a",
      "/a b",
    ]
    var draft = Draft(origin: "a test", title: "Sample", description: "d")
    for (index, text) in texts.enumerated() {
      var argument = Draft.Argument("a\(index)", JSONObject([("type", "string")]))
      argument.schema["default"] = .string(text)
      argument.schema["description"] = .string(text)
      argument.schema["enum"] = .array([.string(text), "other"])
      argument.schema["examples"] = .array([
        .object(JSONObject([(text, .string(text))])), [.string(text)],
      ])
      draft.arguments.append(argument)
    }
    draft.variants = [Draft.Variant(hasStdin: true, script: "cat\n")]
    let text = draft.yaml(name: "sample", gaps: [])
    let tool = try Catalog.read(Array(text.utf8), file: "sample.yaml").get()
    for (index, text) in texts.enumerated() {
      let schema = tool.arguments.json["properties"]?["a\(index)"]
      #expect(schema?["default"] == .string(text), "\(text)")
      #expect(schema?["description"] == .string(text), "\(text)")
      #expect(schema?["enum"] == .array([.string(text), "other"]), "\(text)")
      #expect(schema?["examples"]?.array?.first?[text] == .string(text), "\(text)")
    }
  }

  @Test("texts for people lose what a definition refuses, and keep the rest")
  func texts() throws {
    let tool = try roundTrip(
      "true\n", description: "one\r\n\r\n\r\n\u{1B}[31mtwo  \n\u{202E}three\t4\n\n")
    #expect(tool.description.hasPrefix("one\n\n [31mtwo\n three 4\nTODO(review)"))
    let long = try roundTrip("true\n", description: String(repeating: "long ", count: 5_000))
    #expect(long.description.unicodeScalars.count < 4_000)
  }

  @Test("a comment cannot end before its line does")
  func comments() throws {
    let draft = Draft(origin: "a\nsignalbox: 2\u{2028}x\u{85}y", title: "t", description: "d")
    var with = draft
    with.variants = [Draft.Variant(script: "true\n")]
    let text = with.yaml(
      name: "sample", gaps: [Remark(.itemField, "line\nbreak: [\u{202E}and more")])
    #expect((try? Catalog.read(Array(text.utf8), file: "sample.yaml").get()) != nil)
  }
}
