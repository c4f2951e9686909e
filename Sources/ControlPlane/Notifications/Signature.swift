import Digest
import JSON
import Platform

/// Signs a webhook by the Standard Webhooks specification: HMAC-SHA-256 over `id.timestamp.body`.
package enum Signature {
  /// In the file of a secret, and in a receiver's settings.
  package static let secretPrefix = "whsec_"
  static let secretBytes = 24...64
  /// While a secret is changed, both sign.
  static let maxSecrets = 4
  private static let maxFileBytes = 4_096

  package struct Unusable: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String
  }

  /// The secrets in a file, one a line.
  static func secrets(file path: String) throws(Unusable) -> [[UInt8]] {
    let bytes: [UInt8]
    do throws(SystemError) {
      bytes = try Files.read(path, limit: maxFileBytes)
    } catch {
      throw Unusable(description: "the secret cannot be read: \(error)")
    }
    return try secrets(in: String(decoding: bytes, as: UTF8.self), path)
  }

  static func secrets(in text: String, _ path: String) throws(Unusable) -> [[UInt8]] {
    let lines = text.split(whereSeparator: \.isNewline)
    guard (1...maxSecrets).contains(lines.count) else {
      throw Unusable(
        description:
          "\(path) holds \(lines.count) lines: write 1 to \(maxSecrets) secrets, one a line"
      )
    }
    var secrets: [[UInt8]] = []
    for line in lines {
      // No part of it is said: this text goes into the store and onto screens.
      guard line.hasPrefix(secretPrefix),
        let secret = Base64.bytes(String(line.dropFirst(secretPrefix.count))),
        secretBytes.contains(secret.count)
      else {
        throw Unusable(
          description: "\(path) holds no secret: write \"\(secretPrefix)\" and"
            + " \(secretBytes.lowerBound) to \(secretBytes.upperBound) random bytes in base64")
      }
      secrets.append(secret)
    }
    return secrets
  }

  /// The value of `webhook-signature`: one signature for each secret.
  package static func header(
    id: String, timestamp: Int64, body: [UInt8], secrets: [[UInt8]]
  ) -> String {
    secrets.map { secret in
      "v1," + Base64.text(HMAC.sha256(key: secret, [Array("\(id).\(timestamp).".utf8), body]))
    }.joined(separator: " ")
  }
}
