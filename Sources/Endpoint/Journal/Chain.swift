import Digest
import Model

/// The hash of an entry, which covers the hash before it:
/// SHA256(previous || sequence || at || kind || 0 || call || 0 || SHA256(body)),
/// numbers as 8 bytes with the highest first. The body takes part by its digest, so that a
/// confirmed call's bodies can go while the chain stays verifiable.
struct Chain {
  private var message: [UInt8] = []

  init() { message.reserveCapacity(256) }

  mutating func hash(
    after previous: [UInt8], sequence: Int, at: Int64, kind: UnsafeRawBufferPointer,
    call: UnsafeRawBufferPointer, bodyDigest: [UInt8]
  ) -> [UInt8] {
    message.removeAll(keepingCapacity: true)
    message.append(contentsOf: previous)
    append(UInt64(bitPattern: Int64(sequence)))
    append(UInt64(bitPattern: at))
    message.append(contentsOf: kind)
    message.append(0)
    message.append(contentsOf: call)
    message.append(0)
    message.append(contentsOf: bodyDigest)
    return SHA256.digest(of: message)
  }

  private mutating func append(_ number: UInt64) {
    withUnsafeBytes(of: number.bigEndian) { message.append(contentsOf: $0) }
  }
}
