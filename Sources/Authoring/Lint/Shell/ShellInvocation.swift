/// A program that a command runs, with its arguments: the command's own, and those that it hands to
/// another one, as `sudo`, `timeout`, `xargs` and `find -exec` do.
struct ShellInvocation: Sendable {
  /// Without its directory.
  let name: String
  let nameRange: Range<Int>
  /// What follows the name.
  let arguments: ArraySlice<ShellWord>
  /// The command, by its place in the script.
  let command: Int
  /// Whether it is the word that the command begins with.
  let isFirst: Bool

  /// Whether one of the arguments is exactly this text.
  func has(_ words: String...) -> Bool {
    arguments.contains { argument in argument.literal.map(words.contains) ?? false }
  }

  /// The first argument that is no option, and not the value of one of `valued`.
  func operand(after valued: Set<String> = []) -> ShellWord? {
    var skips = false
    for argument in arguments {
      let text = argument.prefix
      if skips {
        skips = false
      } else if text.hasPrefix("-"), text != "-" {
        skips = valued.contains(text)
      } else {
        return argument
      }
    }
    return nil
  }

  var operandText: String? { operand()?.literal }
}

extension ShellScript {
  /// Programs that hand on to programs; nobody writes more.
  private static let maxWrappers = 8

  /// Every program that is run, as far as its name stands in the script.
  var invocations: [ShellInvocation] {
    var found: [ShellInvocation] = []
    for (index, command) in commands.enumerated() where command.kind == .simple {
      var words = command.words[...]
      for level in 0..<Self.maxWrappers {
        guard let head = words.first, let name = head.literal, !name.isEmpty else { break }
        let invocation = ShellInvocation(
          name: Self.base(name), nameRange: head.range, arguments: words.dropFirst(),
          command: index, isFirst: level == 0)
        found.append(invocation)
        words = Wrapper.inner(of: invocation)
      }
    }
    return found
  }

  private static func base(_ path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return path }
    return String(path[path.index(after: slash)...])
  }
}

/// Programs that run the program that their arguments name.
private enum Wrapper {
  /// Options of theirs that take the next word.
  private static let valued: [String: Set<String>] = [
    "command": [], "builtin": [], "exec": ["-a"], "nohup": [], "setsid": [], "time": ["-f", "-o"],
    "env": ["-u", "-C", "--unset", "--chdir"],
    "sudo": ["-u", "-g", "-h", "-p", "-C", "-T", "-R", "-D", "-r", "-t", "-U"],
    "doas": ["-u", "-C"], "nice": ["-n"], "ionice": ["-c", "-n", "-p"], "chrt": [],
    "stdbuf": ["-i", "-o", "-e"], "timeout": ["-k", "-s", "--kill-after", "--signal"],
    "chroot": [], "xargs": ["-a", "-d", "-E", "-I", "-L", "-n", "-P", "-s"],
    "busybox": [], "flock": ["-w", "-E", "-c"], "systemd-run": ["-p", "-u", "-E", "-M"],
    "runuser": ["-u", "-g", "-G"], "caffeinate": ["-t", "-w"],
  ]
  /// How many words of their own come before the program.
  private static let operands = ["timeout": 1, "chroot": 1, "chrt": 1, "flock": 1]

  static func inner(of invocation: ShellInvocation) -> ArraySlice<ShellWord> {
    if invocation.name == "find" { return executed(invocation.arguments) }
    guard let valued = valued[invocation.name] else { return [] }
    // `command -v` asks, and runs nothing.
    if invocation.name == "command", invocation.has("-v", "-V") { return [] }
    var rest = invocation.arguments
    while let text = rest.first?.prefix, text.hasPrefix("-"), text != "-" {
      rest.removeFirst()
      if text == "--" { break }
      if valued.contains(text) { rest = rest.dropFirst() }
    }
    if invocation.name == "env" || invocation.name == "sudo" {
      rest = rest.drop { $0.prefix.contains("=") }
    }
    return rest.dropFirst(operands[invocation.name] ?? 0)
  }

  /// The command of the first `-exec`, up to its `;` or `+`.
  private static func executed(_ arguments: ArraySlice<ShellWord>) -> ArraySlice<ShellWord> {
    let actions = ["-exec", "-execdir", "-ok", "-okdir"]
    guard let action = arguments.firstIndex(where: { $0.literal.map(actions.contains) ?? false })
    else { return [] }
    let rest = arguments[(action + 1)...]
    let end = rest.firstIndex { $0.literal == ";" || $0.literal == "+" } ?? rest.endIndex
    return rest[..<end]
  }
}
