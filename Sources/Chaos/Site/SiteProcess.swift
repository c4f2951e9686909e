import Glibc
import Platform

/// A process of the site: killed, stopped and continued at will.
package final class SiteProcess {
  private let child: ChildProcess
  private var exit: ProcessExit?

  init(_ launch: Launch, log: String) throws {
    let null = try Files.open("/dev/null", .read)
    let number = Glibc.open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard number >= 0 else { throw SystemError.last("open", path: log) }
    let out = Descriptor(owning: number)
    child = try ChildProcess.spawn(launch, stdin: null, stdout: out, stderr: out)
  }

  package var id: Int { child.id }

  package var hasEnded: Bool {
    if exit == nil { exit = (try? child.waitIfEnded()) ?? nil }
    return exit != nil
  }

  /// `kill -9`, and gone on return.
  package func kill() { end(SIGKILL) }
  package func terminate() { end(SIGTERM) }

  package func pause() { try? child.signal(SIGSTOP) }
  package func resume() { try? child.signal(SIGCONT) }

  private func end(_ signal: Int32) {
    guard !hasEnded else { return }
    try? child.signal(signal)
    exit = try? child.wait()
  }
}
