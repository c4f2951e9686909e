internal import CFaultyDisk

/// An empty faulty disk, and the path of a file on it that is not there yet.
package func withFaultyDisk(
  _ file: String, _ body: (FaultyDisk, String) throws -> Void
) throws {
  try withTemporaryDirectory { directory in
    let disk = FaultyDisk(directory: directory)
    defer { disk.format() }
    try body(disk, directory + "/" + file)
  }
}

/// A disk in memory, for SQLite, that fails when it is told to. There is one in a process, so the tests
/// that use it are serialized; what other tests write goes to their real disk meanwhile.
package struct FaultyDisk {
  package enum Fault: Sendable, Hashable, CaseIterable {
    /// One operation fails. A sync that failed has lost what it was for.
    case error
    /// Nothing grows any more.
    case full
    case powerCut
  }

  /// What a power cut leaves of that which was not synced.
  package enum Remains: Sendable, Hashable, CaseIterable {
    case nothing, everything, prefix, sectors
  }

  /// Takes over what SQLite writes in `directory`, which exists, and empties the disk.
  package init(directory: String) { faulty_disk_install(directory) }

  package func format() { faulty_disk_format() }

  /// - Parameter operation: of writes, truncations, syncs and removals from now on; from 1.
  package func plan(_ fault: Fault?, at operation: Int = 0) {
    let planned =
      switch fault {
      case nil: faulty_disk_none
      case .error: faulty_disk_error
      case .full: faulty_disk_full
      case .powerCut: faulty_disk_power_cut
      }
    faulty_disk_plan(planned, operation)
  }

  /// Since the last plan.
  package var operations: Int { faulty_disk_operations() }
  package var reads: Int { faulty_disk_reads() }

  /// One bit of one reading from now on comes out wrong.
  package func flip(bit: Int, ofRead read: Int) {
    faulty_disk_plan_read_flip(read, UInt32(truncatingIfNeeded: bit))
  }

  /// Whatever had a file open is dead; what was not synced is there as far as `remains` says.
  package func cutPower(leaving remains: Remains, seed: Int) {
    let kind =
      switch remains {
      case .nothing: faulty_disk_nothing
      case .everything: faulty_disk_everything
      case .prefix: faulty_disk_prefix
      case .sectors: faulty_disk_sectors
      }
    faulty_disk_cut_power(kind, UInt64(seed))
  }

  package func save() { faulty_disk_save() }
  package func restore() { faulty_disk_restore() }

  package func length(of path: String) -> Int {
    var length = 0
    _ = faulty_disk_bytes(path, &length)
    return length
  }

  package func byte(of path: String, at position: Int) -> UInt8 {
    var length = 0
    guard let bytes = faulty_disk_bytes(path, &length), position < length else { return 0 }
    return bytes[position]
  }

  package func flip(bit: Int, ofByte position: Int, in path: String) {
    var length = 0
    guard let bytes = faulty_disk_bytes(path, &length), position < length else { return }
    bytes[position] ^= 1 << UInt8(bit & 7)
  }
}
