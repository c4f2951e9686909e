import JSON
import Platform
import Support
import Tools

/// Runs an imported tool on this machine as the shell executor would: the script in a file, and
/// arguments by environment, list and standard input.
struct ScriptMachine {
  struct Ended {
    let code: Int?
    let stdout: String
    let stderr: String
    /// What is in the folder that it ran in.
    let files: [String]
  }

  static let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

  static func has(_ command: String) -> Bool {
    path.split(separator: ":").contains { Files.isExecutable("\($0)/\(command)") }
  }

  /// - Parameter shell: instead of the interpreter that the variant names.
  static func run(_ variant: Variant, _ arguments: JSON, shell: String? = nil) throws -> Ended {
    let input = try variant.input.resolve(arguments: arguments)
    let program = shell ?? variant.interpreter ?? "/bin/sh"
    return try withTemporaryDirectory { directory in
      let work = directory + "/work"
      try Files.makeDirectories(work)
      try Files.writeAtomically(Array(variant.script.utf8), to: directory + "/script")
      try Files.writeAtomically(Array((input.stdin ?? "").utf8), to: directory + "/in")
      let launch = Launch(
        program, arguments: [program, directory + "/script"] + input.arguments,
        environment: [("PATH", path), ("LANG", "C.UTF-8")] + input.environment, directory: work)
      let stdin = try Files.open(directory + "/in", .read)
      let stdout = try Files.open(directory + "/out", .createNew)
      let stderr = try Files.open(directory + "/err", .createNew)
      let child = try ChildProcess.spawn(launch, stdin: stdin, stdout: stdout, stderr: stderr)
      let exit = try child.wait()
      var code: Int?
      if case .exit(let number) = exit.how { code = number }
      return Ended(
        code: code, stdout: String(decoding: try Files.read(directory + "/out"), as: UTF8.self),
        stderr: String(decoding: try Files.read(directory + "/err"), as: UTF8.self),
        files: try Files.list(work))
    }
  }
}
