import Agent
import Model

/// What survives an endpoint's processes.
struct Disk {
  var journal = JournalFile()
  var identity: Identity?
  var spools: [String: Spool] = [:]

  /// As a snapshot of a virtual machine has it.
  func copy() -> Disk {
    var copy = self
    copy.spools = spools.mapValues { $0.copy() }
    return copy
  }
}
