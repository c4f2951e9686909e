/// Names that are given to secrets.
enum SecretName {
  private static let words: Set<String> = [
    "password", "passwd", "passphrase", "pass", "pwd", "secret", "token", "credential",
    "credentials", "apikey", "privatekey", "accesskey", "secretkey", "authkey",
  ]
  private static let pairs: Set<String> = [
    "api key", "private key", "access key", "secret key", "auth key", "signing key",
    "encryption key", "license key", "product key", "recovery key", "connection string",
    "pre shared", "shared key",
  ]
  /// Last words of what is about a secret, and none itself.
  private static let about: Set<String> = [
    "file", "path", "dir", "directory", "name", "id", "length", "age", "days", "expires", "expiry",
    "expired", "count", "policy", "type", "hash", "url", "uri", "fingerprint", "field", "set",
    "required", "changed", "date", "time", "status", "fd", "enabled", "min", "max", "prompt",
    "command", "helper", "env", "var", "attempts", "retries",
  ]

  /// `password`, `DB_PASSWORD`, `apiKey`, `client-secret`; not `passwordFile` or `tokenCount`.
  static func isSecret(_ name: String) -> Bool {
    guard name.utf8.count <= 128 else { return false }
    let words = words(of: name)
    guard let last = words.last, !about.contains(last) else { return false }
    if words.contains(where: Self.words.contains) {
      // Alone it is the directory that one is in.
      return words != ["pwd"]
    }
    return zip(words, words.dropFirst()).contains { pairs.contains("\($0) \($1)") }
  }

  /// `dbPassword` and `DB_PASSWORD` have the words `db` and `password`.
  static func words(of name: String) -> [String] {
    var words: [String] = []
    var word: [UInt8] = []
    func end() {
      if !word.isEmpty { words.append(String(decoding: word, as: UTF8.self)) }
      word.removeAll(keepingCapacity: true)
    }
    var wasLower = false
    for byte in name.utf8 {
      let isUpper = UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
      let isLower = UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || byte >= 0x80
      if isUpper ? wasLower : !isLower { end() }
      if isUpper || isLower { word.append(isUpper ? byte | 0x20 : byte) }
      wasLower = isLower
    }
    end()
    return words
  }
}
