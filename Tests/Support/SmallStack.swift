import Platform
import Synchronization

/// Runs code with as little stack as our own threads may have.
package enum SmallStack {
  package static let bytes = 512 * 1024 * (Sanitizer.isOn ? sanitized : 1)

  /// A sanitizer lays room between the values of a frame.
  private static let sanitized = 16

  /// Runs the body on a thread of its own and returns what it returned.
  package static func run(_ body: @escaping @Sendable () -> Bool) -> Bool {
    let result = Result()
    do {
      let thread = try WorkerThread(name: "small stack", stackBytes: bytes) {
        result.value.store(body(), ordering: .releasing)
      }
      thread.join()
    } catch {
      return false
    }
    return result.value.load(ordering: .acquiring)
  }

  private final class Result: Sendable {
    let value = Atomic<Bool>(false)
  }
}
