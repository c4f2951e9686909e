internal import JSON
internal import Schema

extension Draft {
  /// Mends what would be refused: a default that breaks its own schema, a secret that its schema
  /// tells. What is lost by that is a gap.
  mutating func settleArguments(_ remarks: inout Remarks) {
    for index in arguments.indices {
      arguments[index].keepSecret(&remarks)
      arguments[index].fitDefault(&remarks)
    }
  }
}

extension Draft.Argument {
  /// A schema is read by everyone, so it holds nothing of a secret; and a secret is text, since only
  /// text can be found in output and replaced.
  fileprivate mutating func keepSecret(_ remarks: inout Remarks) {
    guard isSecret else { return }
    if schema["default"] != nil {
      remarks.gap(
        .argumentDefault, "\(name) is a secret, so its default is left out; callers have to give it"
      )
      isRequired = true
    }
    if schema["enum"] != nil || schema["const"] != nil {
      remarks.gap(.argumentType, "\(name) is a secret, so the list of its values is left out")
    }
    for keyword in ["default", "enum", "const", "examples"] { schema[keyword] = nil }
    guard schema["type"] != "string" else { return }
    guard schema["type"] == nil else {
      isSecret = false
      remarks.gap(
        .secretUnredacted,
        "\(name) is a secret that is no string, so it is not replaced where it shows in output")
      return
    }
    schema["type"] = "string"
  }

  /// Other libraries take a default as it is, without holding it against its own rules. Where one
  /// breaks a pattern, both are kept: the default is allowed beside what matches.
  fileprivate mutating func fitDefault(_ remarks: inout Remarks) {
    guard let standard = schema["default"], !isSound else { return }
    if let pattern = schema["pattern"], standard.string != nil {
      var relaxed = schema
      relaxed["pattern"] = nil
      relaxed["anyOf"] = .array([
        .object(JSONObject([("const", standard)])), .object(JSONObject([("pattern", pattern)])),
      ])
      let kept = schema
      schema = relaxed
      if isSound { return }
      schema = kept
    }
    schema["default"] = nil
    remarks.gap(
      .argumentDefault,
      "the default of \(name), \(standard.shown), breaks the argument's own rules, and is"
        + " left out")
  }

  private var isSound: Bool { (try? Schema(.object(schema))) != nil }
}

/// Names for arguments: 1 to 64 letters, digits, "_" and "-", beginning with a letter, and different
/// from each other in more than case.
struct ArgumentNames {
  static let maxLength = 64
  private var taken: Set<String> = []

  /// - Returns: the text itself wherever it can be a name.
  mutating func name(for text: String) -> String {
    var name = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "a"..."z", "A"..."Z", "0"..."9", "_", "-": name.unicodeScalars.append(scalar)
      default: if !name.isEmpty, name.last != "_" { name += "_" }
      }
    }
    while name.last == "_", name.count > 1, !text.hasSuffix("_") { name.removeLast() }
    if !(name.first?.isLetter ?? false) { name = "arg" + (name.isEmpty ? "" : "_" + name) }
    name = String(name.prefix(Self.maxLength))
    guard !taken.insert(name.lowercased()).inserted else { return name }
    for number in 2... {
      let candidate = String(name.prefix(Self.maxLength - 5)) + "_\(number)"
      if taken.insert(candidate.lowercased()).inserted { return candidate }
    }
    return name
  }
}

/// Which arguments are secrets, where only their names can tell.
enum SecretName {
  private static let words: Set<String> = [
    "password", "passwd", "pwd", "passphrase", "secret", "token", "credential", "credentials",
    "apikey", "clientsecret", "accesskey", "secretkey", "privatekey", "psk",
  ]
  private static let keyOwners: Set<String> = [
    "api", "access", "secret", "private", "auth", "shared",
  ]
  /// A name that ends so speaks about a secret, and is none.
  private static let harmless: Set<String> = [
    "file", "path", "length", "name", "age", "policy", "expires", "url", "uri", "type", "count",
    "days", "id", "arn", "field", "field2", "hint", "directory", "dir", "folder", "endpoint",
    "region", "version",
  ]

  static func isSecret(_ name: String) -> Bool {
    let words = Self.words(of: name)
    guard let last = words.last, !harmless.contains(last) else { return false }
    for (index, word) in words.enumerated() {
      if Self.words.contains(word) { return true }
      if word == "key", index > 0, keyOwners.contains(words[index - 1]) { return true }
    }
    return false
  }

  /// `HuduApiKey`, `hudu_api_key` and `HUDU-API-KEY` are three words each.
  private static func words(of name: String) -> [String] {
    var words: [String] = []
    var word = ""
    var previousIsLower = false
    let characters = Array(name)
    for (index, character) in characters.enumerated() {
      guard character.isLetter || character.isNumber else {
        if !word.isEmpty { words.append(word) }
        (word, previousIsLower) = ("", false)
        continue
      }
      let nextIsLower = index + 1 < characters.count && characters[index + 1].isLowercase
      let begins = character.isUppercase && (previousIsLower || (nextIsLower && word.count > 1))
      if begins, !word.isEmpty {
        words.append(word)
        word = ""
      }
      word += character.lowercased()
      previousIsLower = character.isLowercase || character.isNumber
    }
    if !word.isEmpty { words.append(word) }
    return words
  }
}
