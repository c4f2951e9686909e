import JSON
import Support
import Testing

@Suite("Hostile JSON") struct HostileTests {
  static let seeds = [
    #"{"call":"01h","at":1700000000000001,"args":{"unit":"nginx.service","n":-1.5e+3},"#
      + #""flags":[true,false,null],"text":"\u00e9\ud83d\ude00\n"}"#,
    #"[[[[[[{"a":{"b":{"c":[0,-0,1E5,0.001]}}}]]]]]]"#,
    // Enough members for an index.
    "{\"é\":\"日本語\"," + (0..<18).map { "\"k\($0)\":\($0)" }.joined(separator: ",") + "}",
  ]

  @Test("mutated texts are refused, or read and written back to an equal value", arguments: seeds)
  func mutations(seed: String) throws {
    var random = SeededGenerator(state: 20_260_101)
    let interesting =
      Array(#"{}[]",:\utfn0123456789eE+-. "#.utf8) + [0, 0x1F, 0x7F, 0x80, 0xC3, 0xED, 0xFF]
    var accepted = 0
    for _ in 0..<4_000 {
      var bytes = Array(seed.utf8)
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        let byte = interesting.randomElement(using: &random) ?? 0
        switch Int.random(in: 0..<5, using: &random) {
        case 0: bytes[place] = byte
        case 1: bytes.insert(byte, at: place)
        case 2: bytes.remove(at: place)
        case 3: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        default: bytes.removeSubrange(place...)
        }
        if bytes.isEmpty { bytes = [0x20] }
      }
      do throws(JSONError) {
        let value = try JSON(parsing: bytes)
        accepted += 1
        #expect(try JSON(parsing: value.bytes) == value)
        #expect(try JSON(parsing: value.canonical).canonical == value.canonical)
      } catch {
        #expect(error.offset <= bytes.count)
      }
    }
    #expect(accepted > 0)
  }

  @Test("every prefix of a text is refused") func prefixes() throws {
    for seed in Self.seeds {
      let bytes = Array(seed.utf8)
      for end in 0..<bytes.count {
        #expect(throws: JSONError.self) { try JSON(parsing: Array(bytes[..<end])) }
      }
    }
  }

  @Test("the deepest value that can be read fits a stack of 512 KiB in all that is done with it")
  func stack() throws {
    for (open, close) in [("[", "]"), (#"{"a":"#, "}")] {
      let depth = JSONLimits.depthCeiling
      let text =
        String(repeating: open, count: depth - 1) + "[]"
        + String(repeating: close, count: depth - 1)
      let fits = SmallStack.run {
        guard let one = try? JSON(parsing: text, limits: JSONLimits(maxDepth: .max)),
          let two = try? JSON(parsing: text, limits: JSONLimits(maxDepth: .max))
        else { return false }
        return one == two && one.hashValue == two.hashValue && one.bytes == two.bytes
          && one.canonical == two.canonical && one.pretty == two.pretty
      }
      #expect(fits)
    }
  }
}
