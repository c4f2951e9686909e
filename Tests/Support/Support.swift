import Glibc
import Platform

/// Runs `body` with a fresh directory that is gone afterwards.
package func withTemporaryDirectory<Result>(_ body: (String) throws -> Result) throws -> Result {
  let directory = try Files.makeTemporaryDirectory(prefix: "signalbox-test")
  defer { try? Files.removeTree(directory) }
  return try body(directory)
}

/// As the other, for a body that waits.
package func withTemporaryDirectory<Result>(
  isolation: isolated (any Actor)? = #isolation, _ body: (String) async throws -> Result
) async throws -> Result {
  let directory = try Files.makeTemporaryDirectory(prefix: "signalbox-test")
  defer { try? Files.removeTree(directory) }
  return try await body(directory)
}

package func makeLink(_ path: String, to target: String) throws {
  guard symlink(target, path) == 0 else { throw SystemError.last("symlink", path: path) }
}
