import Digest
import Model
import SQLite

/// One row as it is in the file, and what is wrong with it.
struct Row {
  let sequence: Int
  let call: CallID?
  let kind: EntryKind?
  let at: Instant
  let hash: [UInt8]
  /// nil where it was dropped, or was not asked for.
  let body: [UInt8]?
  let hasBody: Bool
  let problem: String?

  /// From a statement whose columns are (sequence, call, kind, at, digest, hash, body).
  /// - Parameter keepsBody: false where it is only verified, in SQLite's memory.
  init(_ row: Statement, after previous: [UInt8], chain: inout Chain, keepsBody: Bool = true) {
    sequence = row.int(0)
    at = Instant(microseconds: row.int64(3))
    let digest = row.blob(4)
    hash = row.blob(5)
    hasBody = !row.isNull(6)
    call = String(validating: row.bytes(1), as: UTF8.self).map { CallID($0) }
    kind = String(validating: row.bytes(2), as: UTF8.self).flatMap { EntryKind(rawValue: $0) }
    let expected = chain.hash(
      after: previous, sequence: sequence, at: at.microseconds, kind: row.bytes(2),
      call: row.bytes(1), bodyDigest: digest)
    body = hasBody && keepsBody ? row.blob(6) : nil
    problem =
      if Self.hasWrongType(row) {
        "a column has another type than was written"
      } else if hash != expected {
        "its hash does not match its content and the entry before it"
      } else if call == nil || kind == nil {
        "its call or kind cannot be read"
      } else if hasBody, SHA256.digest(of: row.bytes(6)) != digest {
        "its body does not match its digest"
      } else {
        nil
      }
  }

  private static func hasWrongType(_ row: Statement) -> Bool {
    let types = (0...6).map { row.type($0) }
    return types[0...5] != [.integer, .text, .text, .integer, .blob, .blob]
      || (types[6] != .blob && types[6] != .null)
  }
}
