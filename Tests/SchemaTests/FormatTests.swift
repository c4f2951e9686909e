import JSON
import Support
import Testing

@testable import Schema

@Suite("Formats") struct FormatTests {
  @Test("a format refuses only where that is asked for, and only text") func meaning() throws {
    let text = #"{"format": "ipv4"}"#
    #expect(try schema(text, options: SchemaOptions()).isValid("x"))
    #expect(try !schema(text, options: asserting).isValid("x"))
    #expect(try schema(text, options: asserting).isValid(1))
  }

  @Test(
    "what the official suite does not ask is as the standards say",
    arguments: [
      ("idn-hostname", "cafe\u{301}.example", false), ("idn-hostname", "caf\u{E9}.example", true),
      ("idn-hostname", "\u{DF}", true), ("idn-hostname", "Caf\u{C9}", false),
      ("idn-hostname", "HOST.example", true), ("idn-hostname", "ab--cd", false),
      ("hostname", "ab--cd", true), ("hostname", "xn--caf-dma", true),
      ("hostname", "XN--CAF-DMA", true), ("hostname", "xn--caf-dmb", false),
      ("idn-hostname", "\u{2764}", false), ("idn-hostname", "a\u{200D}b", false),
      // ZERO WIDTH NON-JOINER between letters that join: Arabic, Persian, Syriac, N'Ko.
      ("idn-hostname", "\u{646}\u{627}\u{645}\u{647}\u{200C}\u{627}\u{6CC}", true),
      ("idn-hostname", "\u{67E}\u{200C}\u{686}", true),
      ("idn-hostname", "\u{750}\u{200C}\u{628}", true),
      ("idn-hostname", "\u{62F}\u{200C}\u{628}", false),
      ("idn-hostname", "\u{628}\u{200C}\u{621}", false),
      ("idn-hostname", "\u{713}\u{200C}\u{710}", true),
      ("idn-hostname", "\u{7CA}\u{200C}\u{7CB}", true),
      // Names with right-to-left letters.
      ("idn-hostname", "\u{5D0}\u{5D1}.com", true), ("idn-hostname", "\u{5D0}1", true),
      ("idn-hostname", "1\u{5D0}", false), ("idn-hostname", "1.com", true),
      ("idn-hostname", "1.\u{5D0}", false), ("idn-hostname", "\u{5D0}-a", false),
      ("idn-hostname", "xn--4dbc.1", false), ("idn-hostname", "xn--4dbc", true),
      ("uri", "http://[::1]:80/", true), ("uri", "http://[::1]x/", false), ("uri", "a:", true),
      ("uri", "http://a/%zz", false), ("iri", "http://\u{E000}/", false),
      ("iri", "http://a/?\u{E000}", true), ("uri-reference", "a:b", true),
      ("uri-reference", "a/b:c", true), ("uri-reference", "\u{E9}", false),
      ("uri-template", "{=a}", true), ("uri-template", "{a:1,b*}", true),
      ("uri-template", "{a*b}", false), ("uri-template", "{", false),
      ("relative-json-pointer", "0+1", true), ("relative-json-pointer", "0-2/a", true),
      ("relative-json-pointer", "0+0", false), ("relative-json-pointer", "1+1#", true),
      ("duration", "P1Y2M3DT4H5M6S", true), ("duration", "PT", false), ("duration", "P1W", true),
      ("duration", "P1", false), ("time", "23:59:60Z", true), ("time", "00:00:00.Z", false),
      ("date-time", "2026-01-31 12:00:00Z", false), ("date", "0000-01-01", true),
      ("email", "a@b", true), ("email", "a@[IPv6:::1]", true), ("email", "\"a b\"@c", true),
      ("email", "\"a\\\"@c", false), ("email", "\u{E9}@c", false), ("idn-email", "\u{E9}@c", true),
      ("ipv6", "1::", true), ("ipv6", ":", false), ("ipv6", "1:2:3:4:5:6:7::", true),
      ("ipv6", "1:2:3:4:5:6:7:8::", false), ("ipv4", "1.2.3.04", false),
      ("uuid", "2EB8AA08-AA98-11EA-B4AA-73B441D16380", true), ("regex", "(?<=a)b\\1", false),
      ("regex", "(a)(?<!b)\\1", true), ("regex", "(?i:a)", true), ("regex", "a**", false),
      ("json-pointer", "/~", false), ("json-pointer", "/~01", true),
    ])
  func verdicts(format: String, text: String, isValid: Bool) throws {
    let schema = try Schema(["format": .string(format)], options: asserting)
    #expect(schema.isValid(.string(text)) == isValid, "\(text.debugDescription)")
    #expect(schema.validate(.string(text)).isEmpty == isValid)
  }

  static let table =
    FormatInputs.times + FormatInputs.mail + FormatInputs.addresses + FormatInputs.resources
    + FormatInputs.pointers

  @Test("what has a format is told from what only looks like it", arguments: table)
  func lookalikes(inputs: FormatInputs) throws {
    let schema = try Schema(["format": .string(inputs.format)], options: asserting)
    for (texts, isValid) in [(inputs.valid, true), (inputs.invalid, false)] {
      for text in texts {
        #expect(
          schema.isValid(.string(text)) == isValid, "\(inputs.format) \(text.debugDescription)")
        #expect(schema.validate(.string(text)).isEmpty == isValid)
      }
    }
  }

  @Test("every format is asked about at least thirty texts, right and wrong ones") func counts() {
    #expect(Set(Self.table.map(\.format)) == Set(Format.allCases.map(\.rawValue)))
    #expect(Self.table.count == Format.allCases.count)
    for inputs in Self.table {
      #expect(Set(inputs.valid + inputs.invalid).count >= 30, "\(inputs.format)")
      #expect(min(inputs.valid.count, inputs.invalid.count) >= 5, "\(inputs.format)")
    }
  }

  @Test("no format takes more than time in proportion to the text") func long() throws {
    for format in [
      "date", "date-time", "time", "duration", "email", "idn-email", "hostname", "idn-hostname",
      "ipv4", "ipv6", "uri", "uri-reference", "iri", "iri-reference", "uri-template", "uuid",
      "json-pointer", "relative-json-pointer", "regex",
    ] {
      let schema = try Schema(["format": .string(format)], options: asserting)
      for part in ["1", "a.", "::", "{a}", "%41", "\u{5D0}", "/~0", "(a", "P1Y", "\"@", "xn--"] {
        let text = String(repeating: part, count: 200_000 / part.utf8.count)
        let took = cpuTime { _ = schema.isValid(.string(text)) }
        // Two hundred kilobytes are read in some milliseconds; squared they would take minutes.
        #expect(took < .seconds(5), "\(format) \(part)")
      }
    }
  }
}
