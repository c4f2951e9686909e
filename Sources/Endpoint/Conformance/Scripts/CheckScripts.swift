package import Platform

/// What the checks have a plugin run. Only its executor knows a language, so each has scripts of its
/// own for the same few things.
package enum CheckScript: String, CaseIterable, Sendable {
  case print
  case empty
  case exit
  case signal
  case wait
  case stubborn
  case env
  case argv
  case stdin
  case large
  case proc
  case escape
  case memory
  case processes
  case files
  case file
  case spin
  case agent

  /// What it has to do, for those who write their own.
  package var duty: String {
    switch self {
    case .print:
      "print \"out\" to standard output and \"err\" to standard error, each with a newline"
    case .empty: "print nothing, and end well"
    case .exit: "exit with 7"
    case .signal: "end by SIGUSR1, sent to itself"
    case .wait: "print \"waiting\" and a newline at once, and end a minute later"
    case .stubborn: "the same, and not end at SIGTERM"
    case .env: "print the variable VALUE and a newline"
    case .argv: "print each argument and a newline"
    case .stdin: "print standard input as it is"
    case .large: "print @BYTES@ bytes: \"signalbox\" and a newline, again and again, cut at the end"
    case .proc: "print the files status, limits and cgroup of /proc/self, one after the other"
    case .escape:
      "start a process in a session of its own that stays for a minute and holds no output open,"
        + " print its id and a newline, and end a second later"
    case .memory: "take 128 MiB of memory at once, and print \"taken\" and a newline if it could"
    case .processes:
      "start 40 processes that stay for a minute and hold no output open, one after the other, and"
        + " print \"process\" and a newline after each; end at the first that cannot be started"
    case .files: "have 64 files open at once, and print \"opened\" and a newline if it could"
    case .file:
      "write 1 MiB to the file \"written\" in its working directory, and print \"written\" and a"
        + " newline if it could"
    case .spin: "use the processor, for ever"
    case .agent:
      "print the variables SIGNALBOX_AGENT, SIGNALBOX_STATE and SIGNALBOX_PLUGINS, a line for each,"
        + " empty if there is none"
    }
  }

  /// In place of the number of bytes that `large` is to print.
  package static let sizeMark = "@BYTES@"
}

/// The scripts for one language, or from a directory.
package struct CheckScripts: Sendable {
  package let origin: String
  private let texts: [CheckScript: String]

  /// A directory with a file for each script, named by its word. Those that are missing are skipped.
  package init(directory: String) throws(SystemError) {
    origin = directory
    var texts: [CheckScript: String] = [:]
    for script in CheckScript.allCases {
      let path = directory + "/" + script.rawValue
      guard Files.exists(path) else { continue }
      texts[script] = String(decoding: try Files.read(path, limit: 1 << 20), as: UTF8.self)
    }
    self.texts = texts
  }

  package init(_ language: CheckLanguage) {
    origin = language.rawValue
    texts = language.texts
  }

  package func text(_ script: CheckScript, bytes: Int = 0) -> String? {
    guard let text = texts[script] else { return nil }
    return script == .large ? text.replacing(CheckScript.sizeMark, with: String(bytes)) : text
  }

  package var isEmpty: Bool { texts.isEmpty }
}

/// The languages that the kit has scripts for.
package enum CheckLanguage: String, CaseIterable, Sendable {
  case sh
  case python
  case powershell
  case applescript
  case native

  /// The language of the executors that bear a name everyone knows.
  package init?(executor: String) {
    switch executor {
    case "shell", "sh", "bash", "posix-sh": self = .sh
    case "python", "python3": self = .python
    case "powershell", "pwsh": self = .powershell
    case "osascript", "applescript": self = .applescript
    case "native": self = .native
    default: return nil
    }
  }

  var texts: [CheckScript: String] {
    switch self {
    case .sh: ScriptTexts.sh
    case .python: ScriptTexts.python
    case .powershell: ScriptTexts.powershell
    case .applescript: ScriptTexts.applescript
    case .native: ScriptTexts.native
    }
  }
}

extension String {
  /// Standard Swift has no such method without Foundation.
  fileprivate func replacing(_ word: String, with other: String) -> String {
    var rest = self[...]
    var text = ""
    while let start = rest.firstRange(of: word) {
      text += rest[..<start.lowerBound] + other
      rest = rest[start.upperBound...]
    }
    return text + rest
  }

}
