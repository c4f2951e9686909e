package import Platform

/// The read end of a process's output.
package final class OutputPipe {
  private let descriptor: Descriptor
  private var isGrown = false

  /// One read takes at most this much.
  static let readBytes = 256 << 10
  /// The kernel's usual size. A read that gets all of it meets a busy writer.
  private static let usualPipeBytes = 64 << 10
  private static let grownPipeBytes = 1 << 20

  // One buffer serves all pipes: reads follow one another on the loop's thread, and a page that no
  // read has touched costs no memory.
  nonisolated(unsafe) private static let buffer = UnsafeMutableRawBufferPointer.allocate(
    byteCount: readBytes, alignment: 4_096)

  package init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }

  package var number: Int32 { descriptor.number }

  /// Reads once.
  /// - Returns: `false` at the end of the stream.
  package func read(_ take: (UnsafeRawBufferPointer) -> Void) -> Bool {
    do throws(SystemError) {
      guard let count = try descriptor.readIfReady(into: Self.buffer) else { return true }
      if count >= Self.usualPipeBytes, !isGrown {
        isGrown = true
        descriptor.growPipe(to: Self.grownPipeBytes)
      }
      take(UnsafeRawBufferPointer(rebasing: Self.buffer[..<count]))
      return count > 0
    } catch {
      return false
    }
  }

  /// Reads what is there now.
  package func readRest(_ take: (UnsafeRawBufferPointer) -> Void) {
    var rest = Self.grownPipeBytes
    while rest > 0 {
      guard let count = try? descriptor.readIfReady(into: Self.buffer), count > 0 else { return }
      take(UnsafeRawBufferPointer(rebasing: Self.buffer[..<count]))
      rest -= count
    }
  }
}
