internal import JSON
internal import Platform
internal import Tools

/// The members of one mapping of a definition, read by name. Whatever is wrong goes to `faults`,
/// and the reading goes on.
struct Fields {
  /// Which of its two forms a definition is in.
  enum Form {
    /// As people write it: `run: 150s`.
    case file
    /// Canonical: `runMs: 150000`.
    case stored
  }

  let node: Node
  /// What the mapping is called in an error: `limits`.
  let place: String
  let form: Form
  let faults: Faults
  /// The fields that unknown ones were probably meant to be.
  private let misspelt: [String]

  /// - Returns: `nil` for what is no mapping.
  init?(_ node: Node, _ place: String, known: [String], form: Form, faults: Faults) {
    guard !node.isRefused else { return nil }
    guard let members = node.members else {
      faults.add(
        .type, at: node.position, "\(place) is \(node.spoken), not a mapping",
        remedy: "write its fields: \(known.joined(separator: ", "))")
      return nil
    }
    self.node = node
    self.place = place
    self.form = form
    self.faults = faults
    let unknown = members.filter { !known.contains(where: $0.key.isExactly) }
    misspelt = unknown.compactMap { Nearest.word(to: $0.key, among: known) }
    for member in unknown {
      faults.add(
        .unknownField, at: member.keyPosition,
        "\(place) has no field \"\(excerpt(member.key))\"",
        remedy: Suggestion.remedy(for: member.key, among: known, called: "fields"))
    }
  }

  /// The member's value; `nil` where it is absent or was refused as YAML.
  subscript(_ name: String) -> Node? {
    guard let value = node[name], !value.isRefused else { return nil }
    return value
  }

  func has(_ name: String) -> Bool { node[name] != nil }

  func required(_ name: String, _ example: String) -> Node? {
    guard has(name) else {
      // One slip of the finger is one error.
      guard !misspelt.contains(name) else { return nil }
      faults.add(
        .missingField, at: node.position, "\(place) lacks the field \"\(name)\"",
        remedy: "add it, such as \"\(name): \(example)\"")
      return nil
    }
    return self[name]
  }

  // MARK: - Scalars

  func bool(_ name: String, _ example: Bool) -> Bool? {
    guard let value = required(name, String(example)) else { return nil }
    if let bool = value.bool { return bool }
    wrongType(name, value, "true or false")
    return nil
  }

  func int(_ name: String, default standard: Int, in range: ClosedRange<Int>) -> Int? {
    guard let value = self[name] else { return has(name) ? nil : standard }
    guard case .number = value.value else {
      wrongType(name, value, "a whole number")
      return nil
    }
    guard let int = value.int, range.contains(int) else {
      faults.add(
        .limit, at: value.position,
        "\(name) of \(place) is \(value.spoken), outside \(range.lowerBound) to"
          + " \(range.upperBound)",
        remedy: "write a whole number between the two")
      return nil
    }
    return int
  }

  func word<Word: RawRepresentable<String> & CaseIterable>(
    _ name: String, default standard: Word
  ) -> Word? {
    has(name) ? self[name].flatMap { word(name, $0) } : standard
  }

  func word<Word: RawRepresentable<String> & CaseIterable>(_ name: String) -> Word? {
    let words = Word.allCases.map(\.rawValue)
    return required(name, words[0]).flatMap { word(name, $0) }
  }

  private func word<Word: RawRepresentable<String> & CaseIterable>(
    _ name: String, _ value: Node
  ) -> Word? {
    let words = Word.allCases.map(\.rawValue)
    guard let text = value.string else {
      wrongType(name, value, words.joined(separator: ", "))
      return nil
    }
    if let word = Word(rawValue: text) { return word }
    faults.add(
      .value, at: value.position, "\(name) of \(place) is \"\(excerpt(text))\"",
      remedy: Suggestion.remedy(for: text, among: words, called: "values"))
    return nil
  }

  /// A text for people, without control characters that a terminal would obey.
  func text(
    _ name: String, _ example: String, maxCharacters: Int, isMultiline: Bool = false
  ) -> String? {
    guard let value = required(name, example) else { return nil }
    guard let text = value.string else {
      wrongType(name, value, "a string")
      return nil
    }
    return checkText(text, name, value.position, maxCharacters, isMultiline) ? text : nil
  }

  func checkText(
    _ text: String, _ name: String, _ position: Position, _ maxCharacters: Int,
    _ isMultiline: Bool = false
  ) -> Bool {
    let scalars = text.unicodeScalars
    guard !text.isBlank, scalars.count <= maxCharacters else {
      faults.add(
        .length, at: position, "\(name) of \(place) has \(scalars.count) characters",
        remedy: "write 1 to \(maxCharacters), not all of them blank")
      return false
    }
    for scalar in scalars where scalar.properties.generalCategory == .control {
      if isMultiline, scalar == "\n" || scalar == "\t" { continue }
      faults.add(
        .format, at: position, "\(name) of \(place) contains a control character",
        remedy: isMultiline ? "remove it" : "remove it, and keep to one line")
      return false
    }
    return true
  }

  func wrongType(_ name: String, _ value: Node, _ expected: String) {
    guard !value.isRefused else { return }
    let isNumberForText = expected == "a string" && !(value.json.number == nil)
    faults.add(
      .type, at: value.position, "\(name) of \(place) is \(value.spoken), not \(expected)",
      remedy: isNumberForText ? "quote it" : "write \(expected)")
  }

  // MARK: - Quantities

  /// A duration in milliseconds: `run: 150s` in a file, `runMs: 150000` when stored.
  func duration(_ name: String, default standard: Int, in range: ClosedRange<Int>) -> Int? {
    quantity(
      name, stored: name + "Ms", standard, range, Quantity.milliseconds, Quantity.durationRemedy
    ) { Quantity.text(milliseconds: $0) }
  }

  /// A size in bytes: `stdout: 64KiB` in a file, `stdoutBytes: 65536` when stored.
  func size(_ name: String, default standard: Int, in range: ClosedRange<Int>) -> Int? {
    quantity(name, stored: name + "Bytes", standard, range, Quantity.bytes, Quantity.sizeRemedy) {
      Quantity.text(bytes: $0)
    }
  }

  private func quantity(
    _ name: String, stored: String, _ standard: Int, _ range: ClosedRange<Int>,
    _ read: (String) -> Int?, _ remedy: String, _ spoken: (Int) -> String
  ) -> Int? {
    guard form == .file else { return int(stored, default: standard, in: range) }
    guard let value = self[name] else { return has(name) ? nil : standard }
    guard let text = value.string, let quantity = read(text) else {
      faults.add(
        .unit, at: value.position, "\(name) of \(place) is \(value.spoken)", remedy: remedy)
      return nil
    }
    guard range.contains(quantity) else {
      faults.add(
        .limit, at: value.position,
        "\(name) of \(place) is \(excerpt(text)), outside \(spoken(range.lowerBound)) to"
          + " \(spoken(range.upperBound))",
        remedy: "write one between the two")
      return nil
    }
    return quantity
  }

  /// The names that quantities have in this form.
  static func names(_ form: Form, plain: [String] = [], durations: [String], sizes: [String] = [])
    -> [String]
  {
    switch form {
    case .file: plain + durations + sizes
    case .stored: plain + durations.map { $0 + "Ms" } + sizes.map { $0 + "Bytes" }
    }
  }
}

extension String {
  /// Empty, or nothing but white space.
  var isBlank: Bool { unicodeScalars.allSatisfy(\.properties.isWhitespace) }
}
