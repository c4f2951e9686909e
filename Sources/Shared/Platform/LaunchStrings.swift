internal import CPlatform

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// The C strings of a launch, at addresses that stay while this object lives.
final class LaunchStrings {
  private let bytes: UnsafeMutablePointer<CChar>
  private let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  private let environmentIndex: Int
  private let hasDirectory: Bool

  /// - Throws: `EINVAL` for a value with NUL, which would silently be cut short.
  init(_ launch: Launch) throws(SystemError) {
    let environment = launch.environment.map { "\($0.name)=\($0.value)" }
    let texts = [launch.executable, launch.directory ?? ""] + launch.arguments + environment
    for text in texts where text.utf8.contains(0) {
      throw SystemError(
        "pass a value that contains NUL to", path: launch.executable, number: EINVAL)
    }
    bytes = .allocate(capacity: texts.reduce(0) { $0 + $1.utf8.count + 1 })
    // Two ends of lists: behind the arguments and behind the environment.
    pointers = .allocate(capacity: texts.count + 2)
    environmentIndex = 2 + launch.arguments.count + 1
    hasDirectory = launch.directory != nil

    var free = bytes
    var index = 0
    for (number, text) in texts.enumerated() {
      if number == 2 + launch.arguments.count {
        pointers[index] = nil
        index += 1
      }
      pointers[index] = free
      index += 1
      for byte in text.utf8 {
        free.pointee = CChar(bitPattern: byte)
        free += 1
      }
      free.pointee = 0
      free += 1
    }
    if environment.isEmpty {
      pointers[index] = nil
      index += 1
    }
    pointers[index] = nil
  }

  deinit {
    bytes.deallocate()
    pointers.deallocate()
  }

  func request(standard: (Int32, Int32, Int32), newSession: Bool) -> signalbox_spawn {
    signalbox_spawn(
      executable: pointers[0], arguments: pointers + 2, environment: pointers + environmentIndex,
      directory: hasDirectory ? pointers[1] : nil, standard: standard,
      new_session: newSession ? 1 : 0)
  }
}
