import Platform

/// Waits until a process and all that has come from it sleep: what each told another has arrived, and
/// was acted on.
package func waitForRest(of process: Int) throws {
  let deadline = Clock.now() + 60_000_000
  while Clock.now() < deadline {
    // None ran between the two looks, so there was a moment at which all slept.
    if let looked = sleepers(process), looked == sleepers(process) { return }
    Clock.sleep(for: .milliseconds(1))
  }
  throw Unexpected(what: "process \(process) does not come to rest")
}

/// The threads of them all, each with how often it has run; nothing while one has something to do.
private func sleepers(_ process: Int) -> [String: [String]]? {
  var found: [String: [String]] = [:]
  for id in [process] + ProcessTree.descendants(of: process).map(\.id) {
    guard let threads = try? Files.list("/proc/\(id)/task") else { return nil }
    for thread in threads {
      let path = "/proc/\(id)/task/\(thread)/status"
      guard let status = Files.text(path) else { return nil }
      // proc(5). What has ended and is not waited for has nothing to do either.
      let lines = status.split(separator: "\n").map(String.init)
      let isAsleep = lines.contains { $0.hasPrefix("State:\tS") || $0.hasPrefix("State:\tZ") }
      guard isAsleep else { return nil }
      found[path] = lines.filter { $0.contains("ctxt_switches:") }
    }
  }
  return found
}
