import Catalog
import Digest
import JSON
import Model
import Platform
import Schema
import Support
import Testing
import Tools

/// Runs a shipped tool on this machine as the shell executor would: the script in a file, arguments
/// by environment, list and standard input.
struct ScriptRun {
  let tool: Tool
  /// The platform that it is run as if it were.
  var os = "linux"
  var shell = "/bin/sh"
  var shellOptions: [String] = []
  /// What the script inherits besides the path.
  var inherited: [(String, String)] = []
  var path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

  struct Ended {
    let evaluation: Evaluation
    let stdout: String
    let stderr: String
  }

  static let definitions: String = {
    let package = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    return "/\(package)/ToolDefinitions"
  }()

  static func tool(_ name: String) throws -> Tool {
    try Catalog.load(file: "\(definitions)/Linux/\(name).yaml").get()
  }

  static func text(_ name: String) throws -> String {
    String(decoding: try Files.read("\(definitions)/Linux/\(name).yaml"), as: UTF8.self)
  }

  static func texts(in folder: String) throws -> [String] {
    let directory = "\(definitions)/\(folder)"
    return try Files.list(directory).filter { $0.hasSuffix(".yaml") }.map {
      String(decoding: try Files.read("\(directory)/\($0)"), as: UTF8.self)
    }
  }

  init(_ tool: Tool) { self.tool = tool }
  init(_ name: String) throws { tool = try Self.tool(name) }

  func has(_ command: String) -> Bool {
    path.split(separator: ":").contains { Files.isExecutable("\($0)/\(command)") }
  }

  /// Whether a variant of the tool would run here.
  var isPossible: Bool { (try? tool.plan.variant(os: os, hasCommand: has).get()) != nil }

  func run(_ given: JSON = [:]) throws -> Ended {
    guard case .valid(let arguments) = tool.check(arguments: given) else {
      throw Refused(check: tool.check(arguments: given))
    }
    let variant = try tool.plan.variant(os: os, hasCommand: has).get()
    let input = try variant.input.resolve(arguments: arguments)
    return try withTemporaryDirectory { directory in
      let script = "\(directory)/script"
      try Files.writeAtomically(Array(variant.script.utf8), to: script)
      try Files.writeAtomically(Array((input.stdin ?? "").utf8), to: "\(directory)/in")
      let launch = Launch(
        shell, arguments: [shell] + shellOptions + [script] + input.arguments,
        environment: [("PATH", path)] + inherited + input.environment, directory: directory)
      let stdin = try Files.open("\(directory)/in", .read)
      let stdout = try Files.open("\(directory)/out", .createNew)
      let stderr = try Files.open("\(directory)/err", .createNew)
      let child = try ChildProcess.spawn(launch, stdin: stdin, stdout: stdout, stderr: stderr)
      return try ended(try child.wait(), directory)
    }
  }

  /// With programs that are looked for first: the name of each, and its shell script.
  func run(_ given: JSON = [:], with programs: [(String, String)]) throws -> Ended {
    try withTemporaryDirectory { directory in
      for (program, script) in programs {
        try Files.writeAtomically(
          Array("#!/bin/sh\n\(script)\n".utf8), to: "\(directory)/\(program)", permissions: 0o755)
      }
      var run = self
      run.path = "\(directory):\(path)"
      return try run.run(given)
    }
  }

  struct Refused: Error { let check: ArgumentCheck }

  private func ended(_ exit: ProcessExit, _ directory: String) throws -> Ended {
    let out = try Files.read("\(directory)/out")
    let err = try Files.read("\(directory)/err")
    let ending: Ending =
      switch exit.how {
      case .exit(let code): .exit(code: code)
      case .signal(let number, let core): .signal(number: number, coreDumped: core)
      }
    let account = StreamAccount(
      producedBytes: out.count, keptBytes: out.count, droppedBytes: 0, redactions: 0,
      sha256: SHA256.hex(of: out))
    return Ended(
      evaluation: tool.evaluate(ended: ending, stdout: out, stdoutAccount: account),
      stdout: String(decoding: out, as: UTF8.self), stderr: String(decoding: err, as: UTF8.self))
  }
}
