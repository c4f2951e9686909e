internal import JSON
internal import Model
internal import PluginProtocol

/// Values that something between the agent and the script may cut, expand, re-encode or execute.
enum HostileValues {
  static let texts = [
    "plain", "", " ", "  two  spaces  ", "$(touch /tmp/owned)", "`id`", "$HOME", "; reboot",
    "'\"'\"'", "\\",
    "\\n", "*", "~", "-c", "--", "-e", "%s%n%%", "a=b", "a\nb", "tab\there", "\r\n", "\u{1}\u{7f}",
    "é", "e\u{301}", "日本語", "🙂👩‍👩‍👧", "\u{202E}right to left", "\u{FEFF}mark", "\u{2028}",
    "&|<>^%PATH%!",
    "true", "null", "0", "-17", "3.14", "1e400", "123456789012345678901234567890",
    "[1,\"two\",null,{\"three\":3}]", "{\"key\":\"wert\"}",
    String(repeating: "long ", count: 6_000),
  ]

  /// As a tool's arguments reach a script that takes them as one JSON object.
  static let document: JSON = [
    "string": .string(texts.joined(separator: "\u{0}")), "integer": -17,
    "large": 9_007_199_254_740_993,
    "true": true, "null": .null, "list": [1, "two", [], [:]], "object": ["key": "\u{1F642}"],
  ]
}

extension Check {
  static let inputs: [Check] = [
    Check(
      "input.env", "variables arrive byte for byte",
      needs: [.handshake, .input("env"), .script(.env)]
    ) { trial in
      let plugin = try trial.open()
      for (index, value) in HostileValues.texts.enumerated() {
        let facts = try trial.run(plugin, "env\(index)", .env) {
          $0.environment = [("VALUE", value)]
        }
        try facts.expectOutput(Array((value + "\n").utf8), of: "VALUE=\(shortened(value))")
      }
      return "\(HostileValues.texts.count) values"
    },
    Check(
      "input.argv", "arguments arrive byte for byte",
      needs: [.handshake, .input("argv"), .script(.argv)]
    ) { trial in
      let plugin = try trial.open()
      let facts = try trial.run(plugin, "argv", .argv) { $0.arguments = HostileValues.texts }
      let expected = HostileValues.texts.map { $0 + "\n" }.joined()
      try facts.expectOutput(
        Array(expected.utf8), of: "argv with \(HostileValues.texts.count) values")
      return "\(HostileValues.texts.count) values"
    },
    Check(
      "input.stdin", "standard input arrives byte for byte",
      needs: [.handshake, .input("stdin"), .script(.stdin)]
    ) { trial in
      let plugin = try trial.open()
      let document = HostileValues.document.compact
      try trial.run(plugin, "document", .stdin) { $0.stdin = document }
        .expectOutput(Array(document.utf8), of: "a JSON document")
      // Characters of several bytes, so that some lie across whatever pieces it is read in.
      let text = "x" + String(repeating: "🙂é日", count: 60_000)
      try trial.run(plugin, "unicode", .stdin) { $0.stdin = text }
        .expectOutput(Array(text.utf8), of: "540 kB of unicode")
      try trial.run(plugin, "none", .stdin) { $0.stdin = nil }
        .expectOutput([], of: "no input")
      return ""
    },
    Check(
      "input.redact", "secrets are replaced before anything is stored",
      needs: [.handshake, .input("env"), .script(.env)]
    ) { trial in
      let secret = "correct horse battery"
      let plugin = try trial.open()
      let preparation = try trial.preparation("secret", .env) {
        $0.environment = [("VALUE", "a \(secret) b \(secret)")]
        $0.redact = [secret]
      }
      if case .failure(let fault) = try plugin.ask(.prepare(preparation)) {
        guard fault.reason == "redact.unsupported" else {
          throw Flaw("prepare was refused: \(fault)")
        }
        return "it takes no calls with secrets: redact.unsupported"
      }
      plugin.send(.start(CallID("secret")))
      let facts = try trial.end(plugin, "secret")
      try facts.expectOutput(
        Array("a [redacted] b [redacted]\n".utf8), of: "output with a secret in it")
      guard facts.record?.stdout.redactions == 2 else {
        throw Flaw("the record counts \(facts.record?.stdout.redactions ?? 0) redactions, not 2")
      }
      return ""
    },
  ]

  private static func shortened(_ value: String) -> String {
    JSON.string(String(value.prefix(40))).compact
  }
}
