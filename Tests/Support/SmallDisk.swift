import Glibc
import Platform

/// Mounts an empty file system of `bytes` over `directory`.
/// - Returns: `false` where that is not permitted.
package func mountSmall(_ directory: String, bytes: Int) throws -> Bool {
  try mount(["-t", "tmpfs", "-o", "size=\(bytes),mode=700", "none", directory])
}

/// Gives a file system of `mountSmall` another size, with what is on it.
package func mountSmall(_ directory: String, resizedTo bytes: Int) throws -> Bool {
  try mount(["-o", "remount,size=\(bytes)", directory])
}

private func mount(_ arguments: [String]) throws -> Bool {
  guard Machine.effectiveUser == 0 else { return false }
  let null = try Files.open("/dev/null", .readWrite)
  let mount = try ChildProcess.spawn(
    Launch("/bin/mount", arguments: ["mount"] + arguments), stdin: null, stdout: null, stderr: null)
  return try mount.wait().how == .exit(code: 0)
}

package func unmount(_ directory: String) { umount2(directory, Int32(MNT_DETACH)) }
