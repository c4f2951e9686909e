internal import Platform

/// Why a file that a hook names is not to be used. Asked when the policy is read, and again before
/// every attempt.
package enum HookFiles {
  /// A secret that others may read is none.
  package static func objection(toSecret path: String) -> String? {
    objection(to: path) { status in
      status.permissions & 0o077 == 0
        ? nil : "others may read or write \(path): run \"chmod 600 \(path)\""
    }
  }

  /// A program that others may write runs what they want.
  package static func objection(toProgram path: String) -> String? {
    if let wrong = objection(to: path, { Self.writable($0, path) }) { return wrong }
    guard Files.isExecutable(path) else { return "\(path) may not be executed: run \"chmod +x\"" }
    let directory = Files.directory(of: path)
    do throws(SystemError) {
      let status = try Files.status(directory)
      // In a directory with the sticky bit nobody can replace what others own.
      if status.permissions & 0o1000 != 0 { return nil }
      return Self.writable(status, directory)
    } catch {
      return "\(error)"
    }
  }

  package static func objection(toTrust path: String) -> String? {
    objection(to: path) { Self.writable($0, path) }
  }

  private static func writable(_ status: FileStatus, _ path: String) -> String? {
    status.permissions & 0o022 == 0
      ? nil : "others may write \(path): run \"chmod go-w \(path)\""
  }

  private static func objection(
    to path: String, _ more: (FileStatus) -> String?
  ) -> String? {
    do throws(SystemError) {
      let status = try Files.status(path)
      guard status.kind == .file else { return "\(path) is no file" }
      guard status.owner == 0 || status.owner == Machine.effectiveUser else {
        return "\(path) belongs to user \(status.owner): run \"chown\", to root or to the user of"
          + " the control plane"
      }
      return more(status)
    } catch {
      return "\(error)"
    }
  }
}
