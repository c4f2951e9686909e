internal import JSON
internal import Schema

/// Reads standard output by a tool's parse mode, and holds it against the result schema.
struct OutputParser {
  /// More than anyone reads of one output.
  static let maxViolations = 100
  /// Of `jsonl` and `key-value`; a value for each costs far more memory than its line.
  static let maxLines = 100_000

  struct Reading {
    let value: JSON
    /// Whether a schema was held against it.
    let isChecked: Bool
  }

  struct Malformed: Error {
    let violations: [Violation]
  }

  private let contract: ResultContract

  init(_ contract: ResultContract) { self.contract = contract }

  /// - Parameter isTruncated: bytes of the output are missing.
  func read(_ bytes: [UInt8], isTruncated: Bool) -> Result<Reading, Malformed> {
    do throws(Malformed) {
      if contract.parse == .text { return .success(try text(bytes, isTruncated)) }
      if isTruncated {
        throw Self.malformed(
          "truncated", "the whole output", "the output went over the tool's stdout limit")
      }
      let value = try parsed(bytes)
      try check(value)
      return .success(Reading(value: value, isChecked: true))
    } catch {
      return .failure(error)
    }
  }

  private func text(_ bytes: [UInt8], _ isTruncated: Bool) throws(Malformed) -> Reading {
    let whole = isTruncated ? Self.withoutTornCharacter(bytes) : bytes[...]
    let value = JSON.string(try Self.decoded(whole))
    guard contract.schema != nil, !isTruncated else {
      return Reading(value: value, isChecked: false)
    }
    try check(value)
    return Reading(value: value, isChecked: true)
  }

  private func parsed(_ bytes: [UInt8]) throws(Malformed) -> JSON {
    switch contract.parse {
    case .text: return .string(try Self.decoded(bytes[...]))
    case .json: return try Self.document(bytes, "")
    case .jsonl: return .array(try Self.documents(bytes))
    case .keyValue: return .object(try pairs(bytes))
    }
  }

  private func check(_ value: JSON) throws(Malformed) {
    let violations = contract.schema?.validate(value) ?? []
    if !violations.isEmpty {
      throw Malformed(violations: Array(violations.prefix(Self.maxViolations)))
    }
  }
}

// MARK: - JSON

extension OutputParser {
  private static func document(_ bytes: [UInt8], _ pointer: String) throws(Malformed) -> JSON {
    do {
      return try JSON(parsing: bytes)
    } catch {
      throw malformed("parse", "one JSON document", error.description, pointer)
    }
  }

  private static func documents(_ bytes: [UInt8]) throws(Malformed) -> [JSON] {
    var values: [JSON] = []
    var violations: [Violation] = []
    for (number, line) in try lines(of: bytes) {
      do throws(Malformed) {
        values.append(try document(Array(line), "/\(values.count)"))
      } catch {
        violations += error.violations.map { $0.onLine(number) }
        values.append(.null)
        if violations.count >= maxViolations { break }
      }
    }
    if !violations.isEmpty { throw Malformed(violations: violations) }
    return values
  }

  /// The lines that are not empty, with their numbers, without their ends.
  private static func lines(
    of bytes: [UInt8]
  ) throws(Malformed) -> [(number: Int, text: ArraySlice<UInt8>)] {
    var found: [(Int, ArraySlice<UInt8>)] = []
    var number = 0
    for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      number += 1
      let text = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
      if text.isEmpty { continue }
      guard found.count < maxLines else {
        throw malformed("limit", "at most \(maxLines) lines", "more lines")
      }
      found.append((number, text))
    }
    return found
  }
}

// MARK: - Text

extension OutputParser {
  private static func decoded(_ bytes: ArraySlice<UInt8>) throws(Malformed) -> String {
    if let text = String(validating: bytes, as: UTF8.self) { return text }
    throw malformed("encoding", "UTF-8", "bytes that are not UTF-8")
  }

  /// A limit may cut a character in two; the cut is no fault of the tool's.
  private static func withoutTornCharacter(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
    for count in 1...3 where count <= bytes.count {
      let lead = bytes[bytes.count - count]
      if lead & 0xC0 == 0x80 { continue }
      let length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1
      return length > count ? bytes.dropLast(count) : bytes[...]
    }
    return bytes[...]
  }
}

// MARK: - Keys and values

extension OutputParser {
  private func pairs(_ bytes: [UInt8]) throws(Malformed) -> JSONObject {
    var object = JSONObject()
    var violations: [Violation] = []
    for (number, line) in try Self.lines(of: bytes) where violations.count < Self.maxViolations {
      guard let text = String(validating: line, as: UTF8.self) else {
        violations.append(
          Self.violation("encoding", "UTF-8", "bytes that are not UTF-8").onLine(number))
        continue
      }
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let key = String(parts[0])
      guard parts.count == 2, Self.isKey(key) else {
        violations.append(
          Self.violation("parse", "key=value", text.quoted()).onLine(number))
        continue
      }
      guard object[key] == nil else {
        violations.append(
          Self.violation("duplicateKey", "each key once", key.quoted(), "/" + key).onLine(number))
        continue
      }
      object.append(key, coerced(String(parts[1]), key))
    }
    if !violations.isEmpty { throw Malformed(violations: violations) }
    return object
  }

  private static func isKey(_ text: String) -> Bool {
    (1...128).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"):
          true
        default: "._-".utf8.contains(byte)
        }
      }
  }

  /// The value in the type that the schema declares for the key, where the text has that type;
  /// else the text, for the schema to refuse.
  private func coerced(_ text: String, _ key: String) -> JSON {
    let declared = contract.schema?.json["properties"]?[key]?["type"]
    let types = declared?.array?.compactMap(\.string) ?? [declared?.string ?? "string"]
    if types.contains("string") { return .string(text) }
    if types.contains("null"), text.isEmpty { return .null }
    if types.contains("boolean"), text == "true" || text == "false" { return .bool(text == "true") }
    if types.contains("integer") || types.contains("number"), let number = JSONNumber(text) {
      return .number(number)
    }
    return .string(text)
  }

  private static func malformed(
    _ keyword: String, _ expected: String, _ actual: String, _ pointer: String = ""
  ) -> Malformed {
    Malformed(violations: [violation(keyword, expected, actual, pointer)])
  }

  private static func violation(
    _ keyword: String, _ expected: String, _ actual: String, _ pointer: String = ""
  ) -> Violation {
    Violation(
      instancePointer: pointer, schemaPointer: "", keyword: keyword, expected: expected,
      actual: actual)
  }
}

extension Violation {
  fileprivate func onLine(_ number: Int) -> Violation {
    Violation(
      instancePointer: instancePointer, schemaPointer: schemaPointer, keyword: keyword,
      expected: expected,
      actual: "\(actual) on line \(number)")
  }
}
