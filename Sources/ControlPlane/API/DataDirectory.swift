import Digest
import JSON
package import Platform

/// The directory that one control plane keeps everything in. It holds secrets: it is its owner's
/// alone, and one process's at a time.
package final class DataDirectory: Sendable {
  package static let apiTokenName = "api-token"
  package static let joinTokenName = "join-token"
  package static let addressName = "api.json"

  package let path: String
  package let apiToken: String
  package let joinToken: String
  private let lock: Locked<Descriptor?>

  /// Creates what is missing, and takes the lock.
  package init(_ path: String) throws {
    try Files.makeDirectories(path, permissions: 0o700)
    let status = try Files.status(path)
    guard status.permissions & 0o077 == 0 else {
      throw DataDirectoryError(
        code: "data.permissions",
        message: "others may enter the data directory \(path)", remedy: "run \"chmod 700 \(path)\"")
    }
    guard let lock = try Ownership.take("\(path)/lock") else {
      throw DataDirectoryError(
        code: "data.inUse", message: "another control plane uses the data directory \(path)",
        remedy: "stop it, or choose another directory with --data")
    }
    let apiToken = try Self.token("\(path)/\(Self.apiTokenName)")
    let joinToken = try Self.token("\(path)/\(Self.joinTokenName)")
    self.path = path
    self.apiToken = apiToken
    self.joinToken = joinToken
    self.lock = Locked(lock)
  }

  package var storePath: String { "\(path)/store.db" }

  /// Tells commands on this machine where to connect.
  package func announce(address: String, port: UInt16) throws(SystemError) {
    let place: JSON = [
      "address": .string(address), "port": .int(Int(port)), "pid": .int(Machine.processID),
    ]
    try Files.writeAtomically(place.bytes + [0x0A], to: "\(path)/\(Self.addressName)")
  }

  package func withdraw() throws(SystemError) { try Files.remove("\(path)/\(Self.addressName)") }

  /// Lets another control plane have the directory.
  package func release() {
    lock.withLock { try? Ownership.release(&$0) }
  }

  /// 256 random bits in hexadecimal, made at the first start.
  private static func token(_ path: String) throws -> String {
    if !Files.exists(path) {
      try Files.writeAtomically(Array((Hex.text(Random.bytes(32)) + "\n").utf8), to: path)
    }
    return try readToken(path)
  }

  /// Reads a token that a control plane wrote.
  package static func readToken(_ path: String) throws -> String {
    let bytes = try Files.read(path, limit: 4_096)
    let text = String(decoding: bytes.prefix { $0 > 0x20 }, as: UTF8.self)
    guard text.utf8.count >= 32 else {
      throw DataDirectoryError(
        code: "data.token", message: "\(path) holds no token of at least 32 characters",
        remedy: "remove it, and start the control plane: it writes a new one")
    }
    return text
  }
}

package struct DataDirectoryError: Error, Sendable, Hashable, CustomStringConvertible {
  package let code: String
  package let message: String
  package let remedy: String

  package var description: String { "\(message); \(remedy)" }
}
