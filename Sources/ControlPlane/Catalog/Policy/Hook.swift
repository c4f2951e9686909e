package import Model

extension PolicyBook {
  /// Whom to tell when a call ends, and of which calls.
  package struct Hook: Sendable, Hashable {
    package enum Calls: String, Sendable, CaseIterable {
      /// Those that waited for their first offer, or whose maker asked for it.
      case waited
      /// Those whose maker asked for it.
      case asked
      case all
    }

    package enum Action: Sendable, Hashable {
      case webhook(Webhook)
      case command([String])
    }

    package struct Webhook: Sendable, Hashable {
      package let url: HookURL
      package let secretFile: String
      /// Certificates to trust instead of the system's.
      package let trustFile: String?
    }

    /// How often, and for how long.
    package struct Retry: Sendable, Hashable {
      package var attempts = 20
      package var first: Duration = .seconds(5)
      package var longest: Duration = .seconds(3_600)
      package var giveUpAfter: Duration = .seconds(3 * 86_400)

      package init() {}
    }

    package let name: String
    package let calls: Calls
    package let waitedLongerThan: Duration
    /// Empty: any.
    package let groups: [String]
    package let outcomes: [Outcome]
    package let tools: [String]
    package let action: Action
    /// Of one attempt.
    package let timeout: Duration
    package let retry: Retry
    /// Attempts at the same time.
    package let concurrency: Int
  }

  /// What is kept and done for all hooks together.
  package struct Outbox: Sendable, Hashable {
    package var concurrency = 8
    /// Notifications that are not delivered yet.
    package var maxPending = 100_000
    /// Those that are, or were given up, and are still shown.
    package var keep = 10_000
    package var bodyBytes = 16 << 10
    package var responseBytes = 16 << 10

    package init() {}
  }

  package static let maxHooks = 64

  package func hook(named name: String) -> Hook? { hooks.first { $0.name == name } }
}

/// Where a webhook goes.
package struct HookURL: Sendable, Hashable, CustomStringConvertible {
  package static let maxBytes = 2_048

  package let isSecure: Bool
  package let host: String
  package let port: UInt16
  /// Percent-encoded, with its query.
  package let path: String

  /// - Returns: `nil` for what is no address of a receiver: another scheme, a user or password in it,
  ///   a fragment, an IPv6 address.
  package init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count <= Self.maxBytes, bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      return nil
    }
    let rest: Substring
    if text.hasPrefix("https://") {
      (isSecure, rest) = (true, text.dropFirst(8))
    } else if text.hasPrefix("http://") {
      (isSecure, rest) = (false, text.dropFirst(7))
    } else {
      return nil
    }
    let place = rest.prefix { $0 != "/" && $0 != "?" }
    let tail = rest.dropFirst(place.count)
    guard !tail.contains("#") else { return nil }
    let parts = place.split(separator: ":", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), !parts[0].isEmpty, parts[0].utf8.count <= 253,
      parts[0].utf8.allSatisfy(Self.isHostByte)
    else { return nil }
    host = parts[0].lowercased()
    if parts.count == 2 {
      guard let number = UInt16(parts[1]), number > 0 else { return nil }
      port = number
    } else {
      port = isSecure ? 443 : 80
    }
    path = tail.first == "/" ? String(tail) : "/" + tail
  }

  /// Whether nobody but this machine sees what is sent there.
  package var isLoopback: Bool {
    if host == "localhost" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil } && parts[0] == "127"
  }

  /// Without the query, which may hold a token.
  package var description: String {
    let bare = path.prefix { $0 != "?" }
    return "\(isSecure ? "https" : "http")://\(host):\(port)\(bare)"
      + (bare.utf8.count < path.utf8.count ? "?(redacted)" : "")
  }

  private static func isHostByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
      UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
