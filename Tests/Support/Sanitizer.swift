import Glibc

package enum Sanitizer {
  /// Its heap keeps what was freed, and tells nothing of itself: what a process holds of memory says
  /// nothing then.
  package static let isOn = has("__asan_init") || has("__tsan_init")

  private static func has(_ function: String) -> Bool { dlsym(nil, function) != nil }
}
