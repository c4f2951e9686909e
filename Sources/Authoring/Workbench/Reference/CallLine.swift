import Catalog
import JSON

/// A call as somebody would type it: `signalbox call ENDPOINT disk.usage path=/var`.
struct CallLine {
  let text: String

  init(_ tool: Tool, _ arguments: JSON) {
    let words = (arguments.object?.members ?? []).map { name, value in
      Self.word(name, value, isSecret: tool.redact.contains { $0.tokens.first == name })
    }
    text = (["signalbox", "call", "ENDPOINT", tool.name] + words).joined(separator: " ")
  }

  private static func word(_ name: String, _ value: JSON, isSecret: Bool) -> String {
    if isSecret { return "\(name)=@FILE" }
    switch value {
    // These would be read from elsewhere.
    case .string(let text) where text == "-": return quoted("\(name):=\(value.compact)")
    case .string(let text) where text.hasPrefix("@"): return quoted("\(name)=@\(text)")
    case .string(let text): return quoted("\(name)=\(text)")
    case .number, .bool: return quoted("\(name)=\(value.compact)")
    case .null, .array, .object: return quoted("\(name):=\(value.compact)")
    }
  }

  /// For a POSIX shell.
  private static func quoted(_ word: String) -> String {
    let isPlain = word.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: "=._/:@%+,-".utf8.contains(byte)
      }
    }
    if isPlain { return word }
    return "'"
      + word.split(separator: "'", omittingEmptySubsequences: false)
      .joined(separator: "'\\''") + "'"
  }
}
