/// What PowerShell commands are, by their names.
enum PowerShellWords {
  /// Tokens that stand where a command begins.
  static func commands(in script: Script) -> [(index: Int, token: Token)] {
    var found: [(Int, Token)] = []
    var previous: Token?
    for (index, token) in script.tokens.enumerated() {
      defer { previous = token }
      // A string is a command behind & only, and a value anywhere else.
      let isCalled = token.kind == .string && previous?.isSymbol("&") ?? false
      guard isCalled || token.kind == .word && begins(after: previous) else { continue }
      found.append((index, token))
    }
    return found
  }

  private static func begins(after previous: Token?) -> Bool {
    guard let previous else { return true }
    switch previous.kind {
    case .lineEnd: return true
    case .symbol: return [";", "|", "{", "(", "}", "&", "=", "!"].contains(previous.text)
    case .word: return ["return", "throw", "do", "try", "else", "finally"].contains(previous.lower)
    case .string, .variable: return false
    }
  }

  /// The command that installs a Windows Installer package.
  static func installer(in script: Script) -> Token? {
    script.tokens.first { token in
      guard token.kind == .word || token.kind == .string else { return false }
      let text = token.lower
      return ["msiexec", "msiexec.exe", "wusa", "wusa.exe"].contains(text)
        || text.hasSuffix("\\msiexec.exe") || text.hasSuffix(".msi") || text.hasSuffix(".msu")
    }
  }

  /// `Verb-Noun` commands that change something, in words; `nil` for those that read.
  static func change(_ name: String) -> Bool {
    let parts = name.lowercased().split(separator: "-", maxSplits: 1)
    guard parts.count == 2, verbs.contains(String(parts[0])) else {
      return programs.contains(name.lowercased())
    }
    return !harmlessNouns.contains(String(parts[1]))
  }

  private static let verbs: Set<String> = [
    "remove", "stop", "restart", "set", "clear", "disable", "enable", "uninstall", "install", "new",
    "rename", "move", "suspend", "reset", "update", "add", "unregister", "register", "initialize",
    "dismount", "mount", "repair", "resize", "optimize", "checkpoint", "restore", "revoke", "grant",
  ]
  private static let harmlessNouns: Set<String> = [
    "strictmode", "location", "variable", "alias", "psdebug", "culture", "object", "timespan",
    "psobject", "cimsession", "pssession", "guid", "module", "job", "member", "type", "typedata",
    "formatdata", "host", "transcript", "psdrive", "cimsessionoption", "event", "winevent",
    "temporaryfile", "pssessionoption", "content",
  ]
  private static let programs: Set<String> = [
    "format-volume", "start-service", "invoke-cimmethod", "invoke-wmimethod", "msiexec",
    "msiexec.exe", "wusa.exe", "sc.exe", "diskpart", "bcdedit", "format.com", "takeown", "icacls",
    "taskkill", "taskkill.exe", "schtasks", "netsh", "dism", "dism.exe",
  ]

  static let restarts: Set<String> = [
    "restart-computer", "stop-computer", "shutdown", "shutdown.exe",
  ]
}

/// The codes that a PowerShell script ends with.
struct PowerShellExits {
  private(set) var direct: [ShellExits.Exit] = []
  private(set) var isOpen = false

  init(_ script: Script) {
    let tokens = script.tokens
    for (index, token) in tokens.enumerated() {
      let isExit = token.isWord("exit")
      guard isExit || token.isWord("setshouldexit") else { continue }
      var next = index + 1
      while next < tokens.count, tokens[next].isSymbol("(") { next += 1 }
      guard next < tokens.count, let code = Int(tokens[next].text) else {
        isOpen = true
        continue
      }
      let range = token.range.lowerBound..<tokens[next].range.upperBound
      direct.append(ShellExits.Exit(code: code, range: range))
    }
  }
}
