import Glibc
import Platform

/// File systems of the site's own, for its data and its agent's state, that can be filled up.
struct SmallDisks {
  static let bytes = 1 << 30
  private let directories: [String]

  /// - Returns: `nil` where mounting is not permitted.
  static func mount(over directories: [String]) -> SmallDisks? {
    var mounted: [String] = []
    for directory in directories {
      let options = "size=\(bytes),mode=700"
      guard Programs.run("/bin/mount", ["-t", "tmpfs", "-o", options, "none", directory]) else {
        SmallDisks(directories: mounted).unmount()
        return nil
      }
      mounted.append(directory)
    }
    return SmallDisks(directories: mounted)
  }

  func unmount() {
    // umount2(2): gone from the tree at once, and for good when nobody uses it any more.
    for directory in directories { umount2(directory, Int32(MNT_DETACH)) }
  }

  /// Takes all the room that is left.
  static func fill(_ directory: String) {
    let descriptor = open(balloon(directory), O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    var size: off_t = 0
    var step: off_t = 1 << 29
    while step >= 4_096 {
      // posix_fallocate(3): what does not fit is given back.
      if posix_fallocate(descriptor, size, step) == 0 { size += step } else { step /= 2 }
    }
  }

  static func empty(_ directory: String) { unlink(balloon(directory)) }

  private static func balloon(_ directory: String) -> String { directory + "/balloon" }
}

enum Programs {
  /// - Returns: whether the program ran and was content.
  static func run(_ path: String, _ arguments: [String]) -> Bool {
    do {
      let null = try Files.open("/dev/null", .readWrite)
      let name = Files.name(of: path)
      let child = try ChildProcess.spawn(
        Launch(path, arguments: [name] + arguments), stdin: null, stdout: null, stderr: null)
      return try child.wait().how == .exit(code: 0)
    } catch {
      return false
    }
  }
}
