/// Replaces every occurrence of a set of secrets in a stream that comes in pieces.
///
/// Of secrets that overlap, the one that begins first is replaced, and of those that begin at the
/// same place the longest. A secret is found across any cut between pieces: bytes that may be the
/// beginning of one are held back until it is decided, never more than the longest secret less one,
/// and none when nothing matches.
package struct Redactor: Sendable {
  /// What stands in the output instead of a secret.
  package static let marker = "[redacted]"

  /// All secrets of one call together; more is refused when the call is prepared.
  package static let maxSecretBytes = 64 << 10

  private static let markerBytes = Array(marker.utf8)

  private let trie: SecretTrie
  private var held: [UInt8] = []
  /// How many secrets have been replaced.
  package private(set) var count = 0

  /// - Parameter secrets: empty ones are left out.
  /// - Returns: `nil` when there is nothing to look for.
  package init?(_ secrets: [String]) {
    let patterns = secrets.filter { !$0.isEmpty }.map { Array($0.utf8) }
    if patterns.isEmpty { return nil }
    trie = SecretTrie(patterns)
  }

  /// Appends to `out` what of the stream is decided after `bytes` have come.
  package mutating func redact(_ bytes: UnsafeRawBufferPointer, into out: inout [UInt8]) {
    if held.isEmpty {
      scan(bytes, isLast: false, into: &out)
    } else {
      let together = held + bytes
      held.removeAll(keepingCapacity: true)
      together.withUnsafeBytes { scan($0, isLast: false, into: &out) }
    }
  }

  /// Appends what was held back: the stream has ended.
  package mutating func finish(into out: inout [UInt8]) {
    let rest = held
    held.removeAll()
    rest.withUnsafeBytes { scan($0, isLast: true, into: &out) }
  }

  /// The bytes that wait for a decision.
  package var heldBytes: Int { held.count }

  private mutating func scan(
    _ bytes: UnsafeRawBufferPointer, isLast: Bool, into out: inout [UInt8]
  ) {
    var start = 0
    while start < bytes.count {
      let found = trie.search(bytes, from: start)
      if let match = found.match, isLast || found.isDecided {
        out.append(contentsOf: bytes[start..<match.lowerBound])
        out += Self.markerBytes
        count += 1
        start = match.upperBound
      } else if isLast {
        out.append(contentsOf: bytes[start...])
        return
      } else {
        out.append(contentsOf: bytes[start..<found.undecided])
        held.append(contentsOf: bytes[found.undecided...])
        return
      }
    }
  }
}

/// The secrets as an Aho-Corasick automaton: one step per byte, however many there are.
struct SecretTrie: Sendable {
  struct Found {
    /// The first match, and of those the longest that has been seen.
    var match: Range<Int>?
    /// No longer match can begin where `match` does, or before it.
    var isDecided: Bool
    /// From here on the bytes may be part of a match.
    var undecided: Int
  }

  private struct Node {
    var byte: UInt8
    var depth: Int32
    var firstChild: Int32 = -1
    var nextSibling: Int32 = -1
    /// The longest other node that is a suffix of this one.
    var fallback: Int32 = 0
    /// Length of the longest secret that ends here.
    var match: Int32 = 0
  }

  private var nodes = [Node(byte: 0, depth: 0)]
  /// The children of the root by byte; 0 where there is none.
  private var first = [Int32](repeating: 0, count: 256)

  init(_ patterns: [[UInt8]]) {
    for pattern in patterns { insert(pattern) }
    connect()
  }

  /// Looks for the first match at or after `start`.
  func search(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Found {
    nodes.withUnsafeBufferPointer { nodes in
      first.withUnsafeBufferPointer { first in
        var node: Int32 = 0
        var best: Range<Int>?
        var index = start
        while index < bytes.count {
          if node == 0 {
            while index < bytes.count, first[Int(bytes[index])] == 0 { index += 1 }
            if index == bytes.count { break }
          }
          node = step(nodes, first, from: node, bytes[index])
          index += 1
          let here = nodes[Int(node)]
          let candidate = index - Int(here.depth)
          if here.match > 0 {
            let begin = index - Int(here.match)
            if best.map({ begin <= $0.lowerBound }) ?? true { best = begin..<index }
          }
          guard let match = best else { continue }
          let isLeaf = here.firstChild < 0
          if candidate > match.lowerBound || (isLeaf && candidate == match.lowerBound) {
            return Found(match: match, isDecided: true, undecided: match.lowerBound)
          }
        }
        let candidate = bytes.count - Int(nodes[Int(node)].depth)
        return Found(match: best, isDecided: false, undecided: candidate)
      }
    }
  }

  @inline(__always)
  private func step(
    _ nodes: UnsafeBufferPointer<Node>, _ first: UnsafeBufferPointer<Int32>, from start: Int32,
    _ byte: UInt8
  ) -> Int32 {
    var node = start
    while node != 0 {
      var child = nodes[Int(node)].firstChild
      while child >= 0 {
        if nodes[Int(child)].byte == byte { return child }
        child = nodes[Int(child)].nextSibling
      }
      node = nodes[Int(node)].fallback
    }
    return first[Int(byte)]
  }

  private mutating func insert(_ pattern: [UInt8]) {
    var node = 0
    for byte in pattern {
      var child = nodes[node].firstChild
      while child >= 0, nodes[Int(child)].byte != byte { child = nodes[Int(child)].nextSibling }
      if child < 0 {
        child = Int32(nodes.count)
        var new = Node(byte: byte, depth: nodes[node].depth + 1)
        new.nextSibling = nodes[node].firstChild
        nodes.append(new)
        nodes[node].firstChild = child
        if node == 0 { first[Int(byte)] = child }
      }
      node = Int(child)
    }
    nodes[node].match = Int32(pattern.count)
  }

  /// Sets the fallbacks, shorter nodes before longer ones.
  private mutating func connect() {
    var queue = [0]
    var next = 0
    while next < queue.count {
      let parent = queue[next]
      next += 1
      var child = nodes[parent].firstChild
      while child >= 0 {
        let index = Int(child)
        if parent != 0 {
          let fallback = nodes.withUnsafeBufferPointer { nodes in
            first.withUnsafeBufferPointer { first in
              step(nodes, first, from: nodes[parent].fallback, nodes[index].byte)
            }
          }
          nodes[index].fallback = fallback
          if nodes[index].match == 0 { nodes[index].match = nodes[Int(fallback)].match }
        }
        queue.append(index)
        child = nodes[index].nextSibling
      }
    }
  }
}
