internal import Catalog
internal import JSON

/// The script of one variant, with the language it is in and what is bound to it.
struct Script {
  enum Language: Equatable {
    /// Of a POSIX shell, or of bash and its kind.
    case shell(hasExtensions: Bool)
    case powerShell
    case appleScript
    case javaScript
    case other
  }

  /// A variable of the environment that an argument is bound to.
  struct Binding {
    let variable: String
    let argument: ArgumentList.Argument?
    let position: Position
  }

  let variant: Node
  let node: Node
  let text: String
  let bytes: [UInt8]
  let language: Language
  let environment: [Binding]
  /// Arguments by their place, as `$1` and so on.
  let list: [Binding]
  let takesStdin: Bool
  /// `nil` if it is in another language.
  let shell: ShellScript?
  /// What the tokens are in the other languages that are known here.
  let tokens: [Token]
  private let map: ScalarMap

  init?(_ variant: Node, _ arguments: ArgumentList, _ source: SourceLines) {
    guard let node = variant["script"], let text = node.string else { return nil }
    self.variant = variant
    self.node = node
    self.text = text
    bytes = Array(text.utf8)
    language = Self.language(variant, text)
    map = ScalarMap(node, bytes, source)
    let input = variant["input"]
    func argument(_ node: Node) -> ArgumentList.Argument? {
      node.string.flatMap(JSONPointer.first).flatMap { arguments[$0] }
    }
    environment = (input?["env"]?.members ?? []).map {
      Binding(variable: $0.key, argument: argument($0.value), position: $0.keyPosition)
    }
    list = (input?["argv"]?.items ?? []).enumerated().map { index, item in
      Binding(variable: String(index + 1), argument: argument(item), position: item.position)
    }
    takesStdin = input?["stdin"]?.string == "json"
    switch language {
    case .shell:
      shell = ShellParser.parse(bytes)
      tokens = []
    case .powerShell, .appleScript, .javaScript:
      shell = nil
      tokens = Tokenizer.tokens(of: bytes, in: language)
    case .other:
      shell = nil
      tokens = []
    }
  }

  var isShell: Bool { shell != nil }

  /// Platforms it is for; empty for all.
  var platforms: [String] { Self.words(variant["when"]?["os"]) }

  /// Commands that are asked for before it runs.
  var commands: [String] { Self.words(variant["when"]?["commands"]) }

  /// What the variant says that it needs.
  var needs: [String] { Self.words(variant["needs"]) }

  /// One or more of them.
  private static func words(_ node: Node?) -> [String] {
    node?.items?.compactMap(\.string) ?? node?.string.map { [$0] } ?? []
  }

  /// Where bytes of the script stand in the file.
  func place(_ range: Range<Int>) -> Place { map.place(range) }

  /// Some bytes of the script, for a message.
  func excerpt(_ range: Range<Int>) -> String {
    let limited = range.clamped(to: 0..<bytes.count).prefix(200)
    return Lint.excerpt(
      String(decoding: bytes[limited.startIndex..<limited.endIndex], as: UTF8.self))
  }

  private static func language(_ variant: Node, _ text: String) -> Language {
    switch variant["with"]?.string {
    case "shell": return shellLanguage(variant["interpreter"]?.string)
    case "powershell": return .powerShell
    case "osascript": return isJavaScript(text) ? .javaScript : .appleScript
    default: return .other
    }
  }

  private static func shellLanguage(_ interpreter: String?) -> Language {
    guard let interpreter else { return .shell(hasExtensions: false) }
    switch interpreter.split(separator: "/").last {
    case "sh", "dash", "ash": return .shell(hasExtensions: false)
    case "bash", "zsh", "ksh", "mksh": return .shell(hasExtensions: true)
    case "pwsh": return .powerShell
    default: return .other
    }
  }

  /// AppleScript has none of these at the beginning of a line.
  private static func isJavaScript(_ text: String) -> Bool {
    let beginnings = ["//", "const ", "let ", "var ", "function ", "ObjC.", "(() =>", "(function"]
    for line in text.split(separator: "\n") {
      let line = line.drop { $0 == " " || $0 == "\t" }
      if line.hasPrefix("#!") {
        if line.holds("JavaScript") { return true }
      } else if beginnings.contains(where: line.hasPrefix) {
        return true
      }
    }
    return false
  }
}
