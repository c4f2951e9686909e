import JSON
import Model

/// The JSON object that a request carries.
struct RequestBody: Sendable {
  /// Of names, versions and keys.
  static let nameBytes = 256
  /// An offer holds the arguments two levels down, and the bridge takes 64.
  static let maxDepth = 62

  /// In a batch they stand two levels deeper.
  static let maxBatchDepth = 64

  let json: JSON

  init(_ json: JSON) { self.json = json }

  init(
    _ bytes: [UInt8], isOptional: Bool = false, maxDepth: Int = RequestBody.maxDepth
  ) throws(APIError) {
    if bytes.isEmpty, isOptional {
      json = [:]
      return
    }
    do {
      json = try JSON(parsing: bytes, limits: JSONLimits(maxDepth: maxDepth))
    } catch {
      throw APIError(
        400, error.code,
        "the body is not JSON at line \(error.line), column \(error.column): \(error.message)",
        remedy: "correct the body")
    }
    guard json.object != nil else {
      throw APIError(
        400, "invalidBody", "the body is \(json.typeName), not an object",
        remedy: "docs/API.md shows what it looks like")
    }
  }

  /// A misspelt member would otherwise be ignored in silence.
  func refuseUnknown(_ known: [String]) throws(APIError) {
    for key in json.object?.keys ?? [] where !known.contains(key) {
      throw APIError(
        400, "unknownMember", "the body has an unknown member \(key.quoted())",
        remedy: "the members are \(known.joined(separator: ", "))")
    }
  }

  func required(_ key: String) throws(APIError) -> String {
    guard let text = try text(key, maxBytes: Self.nameBytes) else { throw wrong(key, "a string") }
    return text
  }

  /// - Returns: `nil` when the member is absent or null.
  func text(_ key: String, maxBytes: Int) throws(APIError) -> String? {
    guard let member = json[key], member != .null else { return nil }
    guard let text = member.string, !text.isEmpty, text.utf8.count <= maxBytes,
      text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
    else {
      throw wrong(key, "a string of 1 to \(maxBytes) bytes without control characters")
    }
    return text
  }

  func duration(_ key: String, max: Duration) throws(APIError) -> Duration? {
    guard let member = json[key], member != .null else { return nil }
    guard let count = member.int, count >= 1, .milliseconds(count) <= max else {
      throw wrong(key, "a whole number of milliseconds, from 1 to \(max.wholeMilliseconds)")
    }
    return .milliseconds(count)
  }

  func integer(_ key: String, in range: ClosedRange<Int>) throws(APIError) -> Int? {
    guard let member = json[key], member != .null else { return nil }
    guard let number = member.int, range.contains(number) else {
      throw wrong(key, "a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  func runtime(_ key: String) throws(APIError) -> RuntimeName? {
    guard let member = json[key], member != .null else { return nil }
    guard let name = member.string.flatMap({ RuntimeName($0) }) else {
      throw wrong(key, "service, or session: and the name of a user")
    }
    return name
  }

  func flag(_ key: String) throws(APIError) -> Bool? {
    guard let member = json[key], member != .null else { return nil }
    guard let flag = member.bool else { throw wrong(key, "true or false") }
    return flag
  }

  private func wrong(_ key: String, _ expected: String) -> APIError {
    APIError(
      400, "invalidBody", "the member \(key) of the body has to be \(expected)",
      remedy: "correct the body")
  }
}
