/// One command of a program, declared once: parsing, help and completion all come from this.
package struct Command: Sendable {
  package var name: String
  /// One line for lists.
  package var summary: String
  /// Paragraphs for the command's own help.
  package var discussion: String
  package var options: [Option]
  package var positionals: [Positional]
  package var subcommands: [Command]
  /// The subcommand that is meant when none is named.
  package var defaultSubcommand: String?
  package var exitCodes: [ExitCode]
  package var run: (@Sendable (Arguments) throws -> Int32)?
  /// Of a subcommand of a command that also runs by itself: whether the words after its name show that
  /// it is meant, and that the name is no argument.
  package var isMeant: @Sendable (ArraySlice<String>) -> Bool = { _ in true }

  package init(
    _ name: String, _ summary: String, discussion: String = "", options: [Option] = [],
    positionals: [Positional] = [], subcommands: [Command] = [], defaultSubcommand: String? = nil,
    exitCodes: [ExitCode] = [], run: (@Sendable (Arguments) throws -> Int32)? = nil
  ) {
    self.name = name
    self.summary = summary
    self.discussion = discussion
    self.options = options
    self.positionals = positionals
    self.subcommands = subcommands
    self.defaultSubcommand = defaultSubcommand
    self.exitCodes = exitCodes
    self.run = run
  }

  package func subcommand(_ name: String) -> Command? {
    subcommands.first { $0.name == name }
  }

  func option(_ name: String) -> Option? { options.first { $0.name == name } }
}

/// A long flag: `--name value` or `--name=value`; without a `value` it is a switch.
package struct Option: Sendable {
  package var name: String
  /// What stands for the value in help texts; `nil` for a switch.
  package var value: String?
  package var summary: String
  /// The only values there are; empty when any will do.
  package var choices: [String]
  package var isRepeatable: Bool
  package var completion: Completion

  package init(
    _ name: String, value: String? = nil, _ summary: String, choices: [String] = [],
    isRepeatable: Bool = false, completion: Completion = .none
  ) {
    self.name = name
    self.value = value
    self.summary = summary
    self.choices = choices
    self.isRepeatable = isRepeatable
    self.completion = choices.isEmpty ? completion : .words(choices)
  }

  package static let help = Option("help", "Show this help")
}

/// An argument known by its place.
package struct Positional: Sendable {
  package enum Count: Sendable, Hashable {
    case one
    case optional
    case any
    case atLeastOne
  }

  package var name: String
  package var summary: String
  package var count: Count
  package var completion: Completion

  package init(
    _ name: String, _ summary: String, _ count: Count = .one, completion: Completion = .none
  ) {
    self.name = name
    self.summary = summary
    self.count = count
    self.completion = completion
  }
}

/// What a shell offers for a value.
package enum Completion: Sendable, Hashable {
  case none
  case words([String])
  case files
  case directories
  /// One word on each line of what this command prints. Only constants: it goes into a script.
  case output(of: String)
}

/// What a command's exit status means.
package struct ExitCode: Sendable, Hashable {
  package let code: Int32
  package let meaning: String

  package init(_ code: Int32, _ meaning: String) {
    self.code = code
    self.meaning = meaning
  }

  // The numbers of sysexits(3), which other programs use as well.
  package static let usage = ExitCode(64, "the command line is wrong")
  package static let invalidData = ExitCode(65, "what was given is not valid")
  package static let unavailable = ExitCode(69, "the control plane cannot be reached")
  package static let software = ExitCode(70, "an internal or disk error")
  package static let cannotCreate = ExitCode(73, "a file or directory cannot be used")
  package static let interrupted = ExitCode(130, "interrupted by the user")
}
