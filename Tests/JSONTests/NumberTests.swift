import JSON
import Testing

private func number(_ text: String) throws -> JSONNumber { try #require(JSONNumber(text)) }

@Suite("JSON numbers") struct NumberTests {
  @Test(
    "numbers of one value are equal, hash alike and have one canonical text",
    arguments: [
      ("1", ["1.0", "10e-1", "0.1e1", "1E0", "1.000e+00"]),
      ("100", ["1e2", "1.0E+2", "1000e-1"]),
      ("0", ["-0", "0.0", "0e999999999", "-0.000e-5"]),
      ("-1.5", ["-15e-1", "-1.50"]),
      ("1e+999999999", ["10e999999998", "0.1e1000000000"]),
      ("1e-7", ["0.0000001"]), ("0.000001", ["1e-6"]),
      ("123456789012345680000", ["12345678901234568e4"]),
      ("1e+21", ["1000000000000000000000"]),
      ("9223372036854775807", ["9223372036854775807.0"]),
      ("9223372036854775808", ["9223372036854775808.0"]),
      ("1.234567890123456789012345e+30", ["1234567890123456789012345e6"]),
      ("0.30000000000000000000001", ["30000000000000000000001e-23"]),
    ])
  func equality(canonical: String, others: [String]) throws {
    let value = try number(canonical)
    #expect(value.canonicalText == canonical)
    for other in others {
      let same = try number(other)
      #expect(value == same)
      #expect(value.hashValue == same.hashValue)
      #expect(same.canonicalText == canonical)
      #expect(same.text == other)
      #expect(!(value < same) && !(same < value))
    }
  }

  @Test("order is by value, beyond what Double can tell apart") func order() throws {
    let ascending = [
      "-1e999999999", "-9223372036854775809", "-9223372036854775808", "-2", "-1.5", "-1e-999999999",
      "0", "1e-999999999", "0.1", "0.10000000000000000000000000001", "1", "9", "10", "11e0",
      "9007199254740992", "9007199254740993", "9007199254740993.5", "9223372036854775807",
      "9223372036854775808", "1e400", "1.1e400", "1e999999999",
    ]
    let numbers = try ascending.map(number)
    for (place, left) in numbers.enumerated() {
      for (otherPlace, right) in numbers.enumerated() {
        #expect((left < right) == (place < otherPlace), "\(left.text) < \(right.text)")
        #expect((left == right) == (place == otherPlace))
      }
    }
  }

  @Test("an integer is one however it is written, if it fits") func integers() throws {
    for (text, int) in [
      ("1.0", 1), ("1e2", 100), ("-0", 0), ("-12.50e1", -125), ("9223372036854775807", Int.max),
      ("-9223372036854775808", Int.min), ("-9223372036854775808.0", Int.min), ("0e5", 0),
    ] { #expect(try number(text).int == int) }
    for text in [
      "1.5", "1e-1", "9223372036854775808", "-9223372036854775809.0", "1e19", "1e999999999",
    ] {
      #expect(try number(text).int == nil)
    }
    #expect(try number("1e999999999").isInteger)
    #expect(try !number("1e-999999999").isInteger)
    #expect(try number("9223372036854775807").text == "9223372036854775807")
  }

  @Test(
    "multiples are exact",
    arguments: [
      ("0.3", "0.1", true), ("1.1", "0.1", true), ("1.15", "0.1", false), ("7", "2", false),
      ("0", "5", true), ("5", "0", false), ("0", "0", false), ("4.5", "1.5", true),
      ("1e308", "0.5", true), ("1e308", "0.123456789", false), ("1e999999999", "3", false),
      ("1e999999999", "1024", true), ("3e999999999", "3e-999999999", true),
      ("1e-999999999", "1e999999999", false), ("0.0075", "0.0001", true),
      ("12391239123", "1e-8", true), ("-9", "3", true), ("-9", "-3", true),
      ("9223372036854775808", "2", true), ("123456789012345678901234567890", "10", true),
      (
        "121932631137021795226185032733622923332237463801111263526900",
        "123456789012345678901234567890", true
      ),
      (
        "121932631137021795226185032733622923332237463801111263526901",
        "123456789012345678901234567890", false
      ),
      ("-9223372036854775808", "-1", true),
    ])
  func multiples(value: String, divisor: String, expected: Bool) throws {
    #expect(try number(value).isMultiple(of: try number(divisor)) == expected)
  }

  @Test("the Double is the nearest one") func doubles() throws {
    #expect(try number("0.1").double == 0.1)
    #expect(try number("1e999999999").double == .infinity)
    #expect(try number("1e-999999999").double == 0)
    #expect(try number("-9007199254740993").double == -9007199254740992)
  }

  @Test("text that is no number makes none") func refused() {
    for text in [
      "", " 1", "1 ", "+1", "01", "1.", ".5", "1e", "NaN", "[1]", "0x10", "1e1000000000000001",
    ] {
      #expect(JSONNumber(text) == nil)
    }
  }

  @Test("the exponent's limit is one for each way to write a number")
  func exponentLimit() throws {
    for text in [
      "1e1000000000000000", "0.01e1000000000000002", "-100e999999999999998", "1e-1000000000000000",
      "0e99999999999999999999", "0.000e-99999999999999999999",
    ] {
      let value = try number(text)
      #expect(try number(value.canonicalText) == value, "\(text)")
    }
    for text in [
      "0.01e1000000000000003", "100e999999999999999", "0.1e-1000000000000000",
      "999999999999999999999999999999999999999999999999991e999999999999999",
    ] {
      #expect(JSONNumber(text) == nil, "\(text)")
    }
  }

  @Test("an exponent that nobody checked does not overflow") func uncheckedExponents() {
    let huge = String(repeating: "9", count: 500)
    let large = JSONNumber(validated: "1e\(huge)")
    let small = JSONNumber(validated: "-1.5e-\(huge)")
    #expect(small < large)
    #expect(large.int == nil && large.isInteger && !small.isInteger)
    #expect(!large.isMultiple(of: JSONNumber(3)))
    #expect(large.canonicalText.utf8.count < 40)
    #expect(large.double == .infinity)
  }
}
