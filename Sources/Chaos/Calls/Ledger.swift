import Platform

/// What really ran: lines that the scripts themselves appended.
struct Ledger {
  private var counts: [String: Int] = [:]

  init(_ path: String) {
    let bytes = (try? Files.read(path, limit: 1 << 30)) ?? []
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
      counts[String(line), default: 0] += 1
    }
  }

  func begins(_ mark: String) -> Int { counts["begin \(mark)"] ?? 0 }
  func ends(_ mark: String) -> Int { counts["end \(mark)"] ?? 0 }

  /// Marks that no call has.
  func strangers(among known: Set<String>) -> [String] {
    counts.keys.filter { line in
      !known.contains(line.split(separator: " ").last.map(String.init) ?? "")
    }.sorted()
  }
}
