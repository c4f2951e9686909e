internal import Catalog

/// Secrets that stand in the definition itself.
struct CredentialRules {
  let subject: Subject
  let contexts: [ShellContext]
  let findings: Findings

  func check() {
    for line in 1...max(1, subject.source.count) { checkTokens(line) }
    for context in contexts { checkShell(context) }
    for script in subject.scripts { checkTokens(script) }
  }

  private func tell(_ script: Script, _ range: Range<Int>, _ what: String) {
    findings.add(
      .hardCodedCredential, in: script, range,
      "\(what) stands in the definition, where everyone can read it", remedy: Self.remedy)
  }

  private static let remedy =
    "take it as an argument, with \"redact\" and \"stdin: json\"; and change it, since it is known"

  // MARK: - Anywhere in the file

  /// Beginnings of keys that their makers chose to be recognised by, and how long those are.
  private static let prefixes: [(text: String, length: Int, what: String)] = [
    ("AKIA", 20, "an AWS access key"), ("ASIA", 20, "an AWS access key"),
    ("ghp_", 40, "a GitHub token"), ("gho_", 40, "a GitHub token"),
    ("ghs_", 40, "a GitHub token"), ("github_pat_", 40, "a GitHub token"),
    ("glpat-", 26, "a GitLab token"), ("xoxb-", 30, "a Slack token"),
    ("xoxp-", 30, "a Slack token"), ("sk_live_", 24, "a Stripe key"),
    ("rk_live_", 24, "a Stripe key"), ("AIza", 39, "a Google key"),
    ("SG.", 60, "a SendGrid key"), ("npm_", 40, "an npm token"),
  ]

  private static func isTokenByte(_ byte: UInt8) -> Bool {
    ShellParser.isName(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
  }

  private func checkTokens(_ line: Int) {
    let bytes = subject.source[line]
    guard bytes.count >= 20 else { return }
    if let start = bytes.place(of: "-----BEGIN "),
      bytes[start...].prefix(48).place(of: "PRIVATE KEY-----") != nil
    {
      told(line, bytes, start..<bytes.endIndex, "a private key")
    }
    var index = bytes.startIndex
    while index < bytes.endIndex {
      guard Self.isTokenByte(bytes[index]) else {
        index += 1
        continue
      }
      let rest = bytes[index...].prefix(while: Self.isTokenByte)
      for (text, length, what) in Self.prefixes
      where rest.count >= length && rest.starts(with: text.utf8) && Self.isRandom(rest) {
        told(line, bytes, index..<rest.endIndex, what)
      }
      index = rest.endIndex
    }
  }

  /// Not a placeholder such as `AKIAIOSFODNN7EXAMPLE` or `ghp_xxxxxxxx`.
  private static func isRandom(_ token: ArraySlice<UInt8>) -> Bool {
    let text = String(decoding: token, as: UTF8.self).uppercased()
    return !text.holds("EXAMPLE") && Set(token).count > 8
      && token.contains { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
  }

  private func told(
    _ line: Int, _ bytes: ArraySlice<UInt8>, _ range: Range<Int>, _ what: String
  ) {
    let before = String(decoding: bytes[..<range.lowerBound], as: UTF8.self).unicodeScalars.count
    findings.add(
      .hardCodedCredential, at: Position(line: line, column: before + 1), length: range.count,
      "\(what) stands in the definition, where everyone can read it", remedy: Self.remedy)
  }

  // MARK: - Values

  private static let placeholders: Set<String> = [
    "none", "null", "true", "false", "yes", "no", "auto", "default", "redacted", "unset", "unknown",
    "empty", "prompt", "stdin", "file", "never",
  ]

  /// Whether a text could be a secret, and not a path, a number or a word that stands for none.
  static func isValue(_ text: String) -> Bool {
    let isNumber = text.utf8.allSatisfy(ShellParser.isDigit)
    return text.utf8.count >= 4 && !text.contains(" ") && !text.contains("*")
      && !(isNumber && text.utf8.count < 6)
      && !placeholders.contains(text.lowercased())
      && !["/", "./", "~", "-", "$", "<", "[", "{", "%"].contains(where: text.hasPrefix)
  }

  // MARK: - Shell

  private func checkShell(_ context: ShellContext) {
    for command in context.shell.commands {
      for assignment in command.assignments {
        guard let value = assignment.value.literal, SecretName.isSecret(assignment.name),
          Self.isValue(value), command.kind == .simple
        else { continue }
        tell(context.script, assignment.range, "the value of \(excerpt(assignment.name))")
      }
      for word in command.words { checkWord(word, context.script) }
    }
    for invocation in context.invocations { checkOptions(invocation, context.script) }
  }

  /// `--password=hunter2`, `export TOKEN=abcdef`, `https://user:hunter2@host/`
  private func checkWord(_ word: ShellWord, _ script: Script) {
    let text = word.prefix
    if let sign = text.firstIndex(of: "="), word.literal != nil {
      let name = String(text[..<sign].drop { $0 == "-" })
      if SecretName.isSecret(name), Self.isValue(String(text[text.index(after: sign)...])) {
        tell(script, word.range, "the value of \(excerpt(name))")
        return
      }
    }
    if Self.hasPassword(text), word.literal != nil || text.contains("@") {
      tell(script, word.range, "a password in an address")
    }
  }

  /// `scheme://user:password@host`
  static func hasPassword(_ text: String) -> Bool {
    let bytes = Array(text.utf8)[...]
    guard let start = bytes.place(of: "://") else { return false }
    let authority = bytes[(start + 3)...].prefix { !"/? ".utf8.contains($0) }
    guard let at = authority.lastIndex(of: UInt8(ascii: "@")) else { return false }
    let parts = authority[..<at].split(separator: UInt8(ascii: ":"), maxSplits: 1)
    return parts.count == 2 && isValue(String(decoding: parts[1], as: UTF8.self))
  }

  private func checkOptions(_ invocation: ShellInvocation, _ script: Script) {
    let words = Array(invocation.arguments)
    for (index, word) in words.enumerated() {
      guard let flag = word.literal, index + 1 < words.count,
        let value = words[index + 1].literal
      else { continue }
      let name = String(flag.drop { $0 == "-" })
      let isNamed = flag.hasPrefix("--") && SecretName.isSecret(name) && Self.isValue(value)
      let isUser =
        invocation.name == "curl" && ["-u", "--user"].contains(flag)
        && value.split(separator: ":", maxSplits: 1).count == 2
      let isSecret = invocation.name == "sshpass" && flag == "-p"
      guard isNamed || isUser || isSecret else { continue }
      tell(script, words[index + 1].range, "the value of \(flag)")
    }
    guard ["mysql", "mysqldump", "mysqladmin", "mariadb"].contains(invocation.name) else { return }
    for word in words {
      guard let text = word.literal, text.hasPrefix("-p"), text.utf8.count > 2 else { continue }
      tell(script, word.range, "the password of -p")
    }
  }

  // MARK: - Other languages

  /// `$password = 'hunter2'`, `ConvertTo-SecureString 'hunter2'`, `set thePassword to "hunter2"`
  private func checkTokens(_ script: Script) {
    let tokens = script.tokens
    for (index, token) in tokens.enumerated()
    where token.kind == .string && !token.isExpanded && Self.isValue(token.text) {
      let before = tokens[max(0, index - 4)..<index].filter { $0.kind != .lineEnd }
      guard let last = before.last else { continue }
      let isAssigned = last.isSymbol("=") || last.isWord("to") || last.isSymbol(":")
      let named = isAssigned ? before.dropLast().last : last
      guard let named, named.kind == .word || named.kind == .variable else { continue }
      let name = PowerShellRules.name(of: named)
      let isSecure = named.isWord("convertto-securestring")
      guard isSecure || SecretName.isSecret(name) && (isAssigned || named.kind == .word) else {
        continue
      }
      tell(script, token.range, isSecure ? "a SecureString" : "the value of \(excerpt(name))")
    }
  }
}
