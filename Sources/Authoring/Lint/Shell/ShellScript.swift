/// A script for a POSIX shell as far as lint asks: its commands with their words, in the order in
/// which they begin.
///
/// It is no tree. A command knows which compound it stands in, and what its input comes from.
struct ShellScript: Sendable {
  var commands: [ShellCommand] = []
  var compounds: [ShellCompound] = []
  var functions: [ShellFunction] = []
  var hereDocuments: [HereDocument] = []
  /// What bash has and a POSIX shell lacks.
  var extensions: [ShellExtension] = []
  var comments: [Range<Int>] = []
  /// The first place at which the script cannot be read on, if there is one.
  var fault: ShellFault?
}

struct ShellCommand: Sendable {
  enum Kind: Sendable {
    case simple
    /// `case WORD in`
    case caseSubject
    /// `for NAME in WORDS`
    case forList
    /// `[[ WORDS ]]`
    case test
  }

  var kind: Kind
  var assignments: [Assignment] = []
  var words: [ShellWord] = []
  var redirects: [Redirect] = []
  /// The compound it stands in.
  var compound: Int?
  /// The function whose body it stands in.
  var function: Int?
  /// The command whose output it reads, if that is a simple one.
  var source: Int?
  /// Whether it reads the output of what stands before it.
  var isPiped = false
  /// Whether it only runs if what stands before it went well: `a && b`.
  var isConditional = false
  /// Substitutions around it: `$(…)`, and those in backquotes.
  var depth: Int
  var range: Range<Int>

  struct Assignment: Sendable {
    var name: String
    var value: ShellWord
    var range: Range<Int>
  }
}

struct Redirect: Sendable {
  /// `<`, `>`, `>>`, `<<`, `<<-`, `<<<`, `<&`, `>&`, `<>`, `>|`, `&>`, `&>>`.
  var kind: String
  /// The number before it.
  var descriptor: Int?
  var target: ShellWord
  var range: Range<Int>

  /// Whether standard input comes from it.
  var isInput: Bool { kind.hasPrefix("<") && (descriptor ?? 0) == 0 }
  /// Whether it writes to a file.
  var isOutput: Bool { kind.contains(">") && kind != "<>" && kind != ">&" }
}

struct ShellCompound: Sendable {
  enum Kind: Sendable {
    case condition
    case loop
    case cases
    case group
    case subshell
  }

  let kind: Kind
  let parent: Int?
  let isPiped: Bool
  var hasInput = false
  var range: Range<Int>
}

struct ShellFunction: Sendable {
  let name: String
  let range: Range<Int>
}

/// The text of `<<END`, without what it expands if the end was quoted.
struct HereDocument: Sendable {
  /// The command that it goes to; `nil` for a compound.
  let command: Int?
  let body: ShellWord
}

struct ShellExtension: Sendable {
  let what: String
  let range: Range<Int>
}

struct ShellFault: Sendable {
  let message: String
  let offset: Int
}

/// One word, with all that is expanded in it.
struct ShellWord: Sendable {
  enum Quoting: Sendable {
    case none
    case single
    case double
  }

  struct Part: Sendable {
    enum Kind: Sendable {
      case literal(String)
      /// `$NAME`, or `${NAME:-…}` with the operator.
      case parameter(name: String, modifier: String)
      /// `$(…)`, backquotes, `<(…)`: the commands in it, by their places in the script.
      case command(Range<Int>)
      case arithmetic
    }

    var kind: Kind
    var quoting: Quoting
    var range: Range<Int>
  }

  var parts: [Part] = []
  var range: Range<Int>

  /// The text, if nothing in it is expanded.
  var literal: String? {
    if parts.count == 1, case .literal(let text) = parts[0].kind { return text }
    var text = ""
    for part in parts {
      guard case .literal(let piece) = part.kind else { return nil }
      text += piece
    }
    return text
  }

  /// The literal text up to the first expansion.
  var prefix: String {
    var text = ""
    for part in parts {
      guard case .literal(let piece) = part.kind else { return text }
      text += piece
    }
    return text
  }

  /// All literal text, without what is expanded between.
  var literals: String {
    var text = ""
    for part in parts {
      if case .literal(let piece) = part.kind { text += piece }
    }
    return text
  }

  /// Whether the value of a variable, or the output of a command, becomes part of it.
  var isExpanded: Bool {
    parts.contains {
      switch $0.kind {
      case .literal, .arithmetic: false
      case .parameter(let name, let modifier): modifier != "#" && !"?#$!-".contains(name)
      case .command: true
      }
    }
  }

  var isQuoted: Bool { parts.contains { $0.quoting != .none } }
}
