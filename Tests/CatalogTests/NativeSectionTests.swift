import Catalog
import JSON
import Model
import Testing
import Tools

@Suite("Native sections: what could touch foreign memory is refused")
struct NativeSectionTests {
  static let frame = """
    signalbox: 1
    name: page
    version: 1.0.0
    title: Page
    description: The size of a page.
    effects: {readOnly: true, destructive: false, idempotent: true, openWorld: false}
    approval: none
    arguments: {type: object, additionalProperties: false, properties: {path: {type: string}}}
    run:
      - when: {os: linux}
        with: native
        native:
          library: {linux: libc.so.6}
          structs: {pair: [{name: a, type: int64}, {name: b, type: int64}]}
          calls:
            - CALL
          output: {path: /arguments/path}
    result: {parse: text}

    """

  static let soundCalls = [
    "{name: p, function: getpagesize, returns: int32}",
    "{name: p, function: gethostname, parameters: [{name: h, out: {text: 64}}, {type: uint64, sizeOf: h}], returns: int32}",
    "{name: p, function: clock_gettime, parameters: [{type: int32, value: 1}, {name: t, out: {struct: pair}}], returns: int32, fails: negative}",
    "{name: p, function: unheard_of, parameters: [{name: t, out: {struct: pair}, size: 32}], returns: void}",
    "{name: p, function: lldiv, parameters: [{type: int64, value: 7}, {type: int64, value: 2}], returns: {struct: pair, by: value}}",
    "{name: p, function: unheard_of, parameters: [{struct: pair, members: [{value: 1}, {argument: /path}]}], returns: void}",
    "{name: p, function: getenv, parameters: [{type: string, argument: /path}], returns: {type: string, owner: static}, fails: \"null\"}",
  ]

  @Test(
    "what has its bounds is taken, and its canonical form is the same tool", arguments: soundCalls)
  func taken(_ call: String) throws {
    let tool = try tool(Self.frame.replacing("CALL", by: call))
    let again = try Tool(definition: tool.definition)
    #expect(again.digest == tool.digest)
    let script = try #require(tool.plan.variants.first?.script)
    #expect(try JSON(parsing: Array(script.utf8))["calls"]?.array?.count == 1)
  }

  @Test("a section says with one word that it leaves nothing behind, and not of what is known to")
  func stateless() {
    func found(_ word: String, _ function: String) -> [DefinitionError] {
      errors(
        Self.frame.replacing("library: {linux", by: "stateless: \(word)\n      library: {linux")
          .replacing("CALL", by: "{name: p, function: \(function), returns: int32}"))
    }
    #expect(found("true", "getpagesize").isEmpty)
    #expect(found("false", "rand").isEmpty)
    #expect(found("1", "getpagesize").contains { $0.message.contains("1 is no boolean") })
    #expect(
      found("true", "rand").contains { $0.message.contains("what rand does lasts beyond the call") }
    )
  }

  @Test("an argument that is not declared is refused, also as a member of a struct")
  func undeclared() {
    for parameter in [
      "{type: int64, argument: /absent}",
      "{struct: pair, members: [{value: 1}, {argument: /absent}]}",
    ] {
      let call = "{name: p, function: unheard_of, parameters: [\(parameter)], returns: void}"
      let found = errors(Self.frame.replacing("CALL", by: call))
      #expect(found.contains { $0.message.contains("absent") }, "\(found)")
    }
  }

  static let unsafeCalls: [(call: String, words: String)] = [
    (
      "{function: gethostname, parameters: [{name: h, out: {text: 8}}, {type: uint64, value: 256}], returns: int32}",
      "as much as parameter 2 says"
    ),
    (
      "{function: gethostname, parameters: [{type: string, value: x}, {type: uint64, value: 1}], returns: int32}",
      "gethostname writes here"
    ),
    (
      "{function: statvfs, parameters: [{type: string, value: /}, {name: s, out: {struct: pair}}], returns: int32}",
      "writes 112 bytes here, and there are 16"
    ),
    (
      "{function: unheard_of, parameters: [{name: s, out: {struct: pair}}], returns: int32}",
      "nothing says how much"
    ),
    (
      "{function: unheard_of, parameters: [{name: s, out: {text: 9}}], returns: int32}",
      "nothing says how much"
    ),
    (
      "{function: unheard_of, parameters: [{name: s, out: {struct: pair}, size: 8}], returns: int32}",
      "8 bytes are less than the 16"
    ),
    (
      "{function: unheard_of, parameters: [{name: s, out: {text: 300}}, {type: int8, sizeOf: s}], returns: int32}",
      "300 does not fit into int8"
    ),
    (
      "{function: getloadavg, parameters: [{name: s, out: {array: double, count: 3}}, {type: int32, sizeOf: s}], returns: int32}",
      "a number of elements"
    ),
    (
      "{function: strcpy, parameters: [{name: s, out: {text: 9}, size: 9}, {type: string, value: x}], returns: void}",
      "strcpy is not called"
    ),
    (
      "{function: system, parameters: [{type: string, argument: /path}], returns: int32}",
      "system is not called"
    ),
    (
      "{function: unheard_of, parameters: [{name: s, out: {type: string}, size: 8}], returns: int32}",
      "not known to be text"
    ),
  ]

  @Test("what has none is refused by its own rule", arguments: unsafeCalls.indices)
  func refused(_ index: Int) {
    let (call, words) = Self.unsafeCalls[index]
    let found = errors(Self.frame.replacing("CALL", by: call))
    #expect(
      found.contains { $0.rule == .nativeMemory && $0.message.contains(words) && $0.line == 16 },
      "\(found)")
  }

  static let wrongCalls = [
    "{function: getenv, parameters: [{type: string, value: HOME}], returns: string}",
    "{function: getpagesize, returns: integer}",
    "{function: sysconf, parameters: [{type: int8, value: 300}], returns: int64}",
    "{function: sysconf, parameters: [{type: int32}], returns: int64}",
    "{function: sysconf, parameters: [{type: int32, value: 1, argument: /path}], returns: int64}",
    "{function: getpagesize, returns: uint32, fails: negative}",
    "{function: getpagesize, returns: int32, exits: {ENOENT: 300}}",
    "{function: 'a b', returns: int32}",
    "{function: lldiv, returns: {struct: pair}}",
    "{function: lldiv, returns: {struct: none, by: value}}",
    "{function: lldiv, returns: {struct: pair, by: name}}",
    "{function: lldiv, returns: {struct: pair, by: value, owner: free}}",
    "{function: lldiv, returns: {struct: pair, by: value}, fails: negative}",
    "{function: f, parameters: [{struct: pair, members: [{value: 1}]}], returns: void}",
    "{function: f, parameters: [{struct: pair, members: [{value: 1}, {value: 1.5}]}], returns: void}",
    "{function: f, parameters: [{struct: pair, members: [{value: 1}, {}]}], returns: void}",
    "{function: f, parameters: [{struct: none, members: []}], returns: void}",
    "{function: getpagesize, returns: int32, colour: red}",
  ]

  @Test("what cannot be called as it is written is refused", arguments: wrongCalls)
  func wrong(_ call: String) {
    let found = errors(Self.frame.replacing("CALL", by: call))
    #expect(!found.isEmpty && found.allSatisfy { $0.rule == .native }, "\(found)")
  }

  @Test("a platform without a library, a script beside it, and an unknown argument are refused")
  func around() {
    let text = Self.frame.replacing("CALL", by: Self.soundCalls[0])
    func rules(_ text: String) -> [Rule] { errors(text).map(\.rule) }
    #expect(rules(text.replacing("{os: linux}", by: "{os: [linux, macos]}")) == [.native])
    #expect(
      rules(text.replacing("with: native", by: "with: native\n    script: echo")) == [.native])
    #expect(rules(text.replacing("with: native", by: "with: shell")) == [.native])
    #expect(rules(text.replacing("/arguments/path", by: "/arguments/other")) != [])
    #expect(rules(text.replacing("/arguments/path", by: "/nobody/returned")) == [.native])
    #expect(rules(text.replacing("/arguments/path", by: "/p/returned")) == [.argumentUnused])
  }

  @Test("a function that takes its process down is interrupted, not failed")
  func crash() throws {
    let tool = try tool(Self.frame.replacing("CALL", by: Self.soundCalls[0]))
    let judged = EvaluationTests.judge(tool, "", .signal(number: 11, coreDumped: false))
    #expect(judged.outcome == .interrupted)
    #expect(judged.meaning == "the function ended its process with signal 11")
  }
}
