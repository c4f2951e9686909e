internal import JSON
internal import Model

/// A part of a definition with its place, so that what is wrong in it says where.
struct Part {
  let json: JSON
  let pointer: JSONPointer

  init(_ json: JSON, at pointer: JSONPointer = JSONPointer()) {
    self.json = json
    self.pointer = pointer
  }

  func wrong(_ key: String, _ expected: String) -> ShapeError {
    ShapeError(pointer: pointer.appending(key).text, expected: expected)
  }

  func object(_ key: String) throws(ShapeError) -> Part {
    guard let member = json[key], member.object != nil else { throw wrong(key, "an object") }
    return Part(member, at: pointer.appending(key))
  }

  func list(_ key: String) throws(ShapeError) -> [Part] {
    guard let items = json[key]?.array else { throw wrong(key, "an array") }
    let place = pointer.appending(key)
    return items.enumerated().map { Part($1, at: place.appending($0)) }
  }

  func string(_ key: String) throws(ShapeError) -> String {
    guard let text = json[key]?.string else { throw wrong(key, "a string") }
    return text
  }

  func count(_ key: String) throws(ShapeError) -> Int {
    guard let value = json[key]?.int, value >= 0 else {
      throw wrong(key, "a whole number of at least 0")
    }
    return value
  }

  func countIfThere(_ key: String) throws(ShapeError) -> Int? {
    json[key] == nil ? nil : try count(key)
  }

  func duration(_ key: String) throws(ShapeError) -> Duration {
    .milliseconds(try count(key))
  }

  func word<Word: RawRepresentable<String> & CaseIterable>(
    _ key: String
  ) throws(ShapeError) -> Word {
    guard let word = json[key]?.string.flatMap(Word.init) else {
      throw wrong(key, Word.allCases.map(\.rawValue).joined(separator: ", "))
    }
    return word
  }

  func strings(_ key: String) throws(ShapeError) -> [String] {
    var strings: [String] = []
    for item in json[key]?.array ?? [] {
      guard let text = item.string else { throw wrong(key, "an array of strings") }
      strings.append(text)
    }
    return strings
  }

  /// The JSON Pointer that this part is.
  func asPointer() throws(ShapeError) -> JSONPointer {
    guard let text = json.string, let read = try? JSONPointer(text) else {
      throw ShapeError(pointer: pointer.text, expected: "a JSON Pointer")
    }
    return read
  }
}
