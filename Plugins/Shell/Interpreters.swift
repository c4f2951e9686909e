import Platform
import PluginKit

/// What is known of the interpreters on this machine. Their versions are asked for once each, while
/// the first call runs, and never hold a call up.
final class Interpreters {
  private struct Facts {
    /// Changes when another file takes the interpreter's place.
    let file: FileStatus
    let resolved: String
    var version: String?
  }

  private let server: PluginServer
  private var known: [String: Facts] = [:]

  init(_ server: PluginServer) { self.server = server }

  /// Makes sure that `path` can be executed.
  func check(_ path: String) throws(Refusal) {
    guard path.hasPrefix("/") else {
      throw Refusal(
        reason: "interpreter.notAbsolute", message: "the interpreter \(path) is no absolute path",
        remedy: "write its whole path in the tool's definition")
    }
    let status: FileStatus
    do throws(SystemError) {
      status = try Files.status(path)
    } catch {
      throw Refusal(
        reason: "interpreter.missing", message: "no interpreter at \(path)",
        remedy: "install it on the endpoint, or add a variant to the tool that needs another one")
    }
    // One that has not changed since is as it was then.
    if known[path]?.file == status { return }
    guard status.kind == .file, Files.isExecutable(path) else {
      throw Refusal(
        reason: "interpreter.notExecutable", message: "\(path) is no file that may be executed",
        remedy: "check its permissions on the endpoint")
    }
    learn(path, status)
  }

  /// The version, or at least the program behind the name: `/bin/sh` is rarely called sh.
  func version(_ path: String) -> String? {
    guard let facts = known[path] else { return nil }
    if let version = facts.version { return version }
    let name = Files.name(of: facts.resolved)
    return name == Files.name(of: path) ? nil : name
  }

  private func learn(_ path: String, _ status: FileStatus) {
    let resolved = (try? Files.resolved(path)) ?? path
    known[path] = Facts(file: status, resolved: resolved)
    guard Self.answersVersion(Files.name(of: resolved)) else { return }
    let probe = VersionProbe(resolved, on: server) { version in
      if self.known[path]?.file == status { self.known[path]?.version = version }
    }
    probe.start()
  }

  /// Whether `--version` is known to print a version and to do nothing else.
  private static func answersVersion(_ name: String) -> Bool {
    let letters = name.prefix { $0.isASCII && $0.isLetter }
    return ["bash", "zsh", "python", "perl", "ruby", "node", "fish", "pwsh"].contains(letters)
  }
}

/// Asks one interpreter for its version, beside the calls.
final class VersionProbe {
  private static let limit: Duration = .seconds(5)
  private static let maxBytes = 4_096

  private let path: String
  private let server: PluginServer
  private let onAnswer: (String) -> Void
  private var output: Descriptor?
  private var process: ChildProcess?
  private var text: [UInt8] = []

  init(_ path: String, on server: PluginServer, onAnswer: @escaping (String) -> Void) {
    self.path = path
    self.server = server
    self.onAnswer = onAnswer
  }

  func start() {
    do {
      let null = try Files.open("/dev/null", .readWrite)
      var pipe = try Pipe()
      let end = pipe.takeWriteEnd()
      let output = pipe.takeReadEnd()
      try output.setNonblocking()
      process = try ChildProcess.spawn(
        Launch(path, arguments: [path, "--version"], environment: [("LC_ALL", "C")]),
        stdin: null, stdout: end, stderr: null)
      try server.watch(output.number) { self.read() }
      self.output = consume output
      server.after(Self.limit) { self.finish() }
    } catch {
      server.log("no version of \(path): \(error)")
      finish()
    }
  }

  private func read() {
    var chunk = [UInt8](repeating: 0, count: Self.maxBytes)
    let count = chunk.withUnsafeMutableBytes { buffer in
      (try? output?.readIfReady(into: buffer)) ?? 0
    }
    text += chunk.prefix(count)
    if count == 0 || text.count >= Self.maxBytes { finish() }
  }

  private func finish() {
    if let number = output?.number { server.unwatch(number) }
    output = nil
    guard let process = process.take() else { return }
    do throws(SystemError) {
      try process.signalGroup(Signals.kill)
      _ = try process.wait()
    } catch {
      server.log("version of \(path): \(error)")
    }
    let line = text.prefix { $0 != UInt8(ascii: "\n") }
    if !line.isEmpty { onAnswer(String(decoding: line, as: UTF8.self)) }
  }
}
