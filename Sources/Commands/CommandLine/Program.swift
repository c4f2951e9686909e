/// A program: its tree of commands, and how what goes wrong is said.
package struct Program: Sendable {
  package let root: Command

  package init(_ root: Command) { self.root = root }

  /// Runs the command that `words` (without the program's name) ask for.
  /// - Returns: the exit status.
  package func run(
    _ words: [String], output: Terminal = Terminal(.output), error: Terminal = Terminal(.error)
  ) -> Int32 {
    do {
      switch try Parser.parse(words, for: root) {
      case .help(let command, let path):
        let help = Help(command: command, path: path, width: min(output.width, 100)) {
          output.paint($0, .bold)
        }
        output.write(help.text)
        return 0
      case .run(let command, let arguments):
        return try command.run?(arguments) ?? 0
      }
    } catch let wrong as UsageError {
      say(wrong.message, wrong.remedy, to: error)
      return ExitCode.usage.code
    } catch let failure as Failure {
      say(failure.message, failure.remedy, to: error)
      return failure.exit.code
    } catch let other {
      say("\(other)", "", to: error)
      return ExitCode.software.code
    }
  }

  private func say(_ message: String, _ remedy: String, to error: Terminal) {
    let text = Visible.text(remedy.isEmpty ? message : "\(message); \(remedy)", keepingLines: true)
    error.line("\(root.name): \(text)")
  }
}
