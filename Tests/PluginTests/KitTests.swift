import Model
import Redaction
import Testing

@testable import PluginKit

@Suite("Redaction")
struct RedactorTests {
  private func redact(_ text: String, _ secrets: [String], cuts: [Int]) -> String {
    guard var redactor = Redactor(secrets) else { return text }
    let bytes = Array(text.utf8)
    var out: [UInt8] = []
    var start = 0
    for end in cuts + [bytes.count] {
      bytes[start..<end].withUnsafeBytes { redactor.redact($0, into: &out) }
      let longest = secrets.map(\.utf8.count).max() ?? 0
      #expect(redactor.heldBytes < longest)
      start = end
    }
    redactor.finish(into: &out)
    return String(decoding: out, as: UTF8.self)
  }

  private func expect(
    _ text: String, _ secrets: [String], _ expected: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let count = text.utf8.count
    #expect(redact(text, secrets, cuts: []) == expected, sourceLocation: sourceLocation)
    for cut in 0...count {
      #expect(redact(text, secrets, cuts: [cut]) == expected, sourceLocation: sourceLocation)
    }
    let single = Array(0..<count)
    #expect(redact(text, secrets, cuts: single) == expected, sourceLocation: sourceLocation)
  }

  @Test("a secret is found wherever the stream is cut")
  func cuts() {
    expect("a hunter2 b hunter2", ["hunter2"], "a [redacted] b [redacted]")
    expect("hunter", ["hunter2"], "hunter")
    expect("huhunter2", ["hunter2"], "hu[redacted]")
    expect("aaab", ["aab"], "a[redacted]")
    expect("naïve naïvé", ["naïvé"], "naïve [redacted]")
  }

  @Test("of secrets that begin together the longest is replaced, else the first")
  func overlaps() {
    expect("abcdef", ["abc", "abcdef"], "[redacted]")
    expect("abcdex", ["abc", "abcdef"], "[redacted]dex")
    expect("abcd", ["bc", "abcd"], "[redacted]")
    expect("abce", ["bc", "abcd"], "a[redacted]e")
    expect("abcabc", ["cab", "abc"], "[redacted][redacted]")
    expect("ababab", ["abab"], "[redacted]ab")
    expect("aaaaa", ["a", "aaa"], "[redacted][redacted][redacted]")
  }

  @Test("a secret may look like the marker, and an empty one is none")
  func odd() {
    expect("x[redacted]x", ["redacted"], "x[[redacted]]x")
    #expect(Redactor(["", ""]) == nil)
    expect("ab", ["", "b"], "a[redacted]")
  }

  @Test("nothing is held back that cannot be the beginning of a secret")
  func live() {
    var redactor = Redactor(["secret"])
    var out: [UInt8] = []
    Array("prompt> ".utf8).withUnsafeBytes { redactor?.redact($0, into: &out) }
    #expect(String(decoding: out, as: UTF8.self) == "prompt> ")
    Array("sec".utf8).withUnsafeBytes { redactor?.redact($0, into: &out) }
    #expect(redactor?.heldBytes == 3)
    // Complete: out at once, although more may follow.
    Array("ret".utf8).withUnsafeBytes { redactor?.redact($0, into: &out) }
    #expect(redactor?.heldBytes == 0)
    #expect(redactor?.count == 1)
    #expect(String(decoding: out, as: UTF8.self) == "prompt> [redacted]")
  }

  @Test("agrees with a plain search on random texts over a small alphabet")
  func random() {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<400 {
      func word(_ length: ClosedRange<Int>) -> String {
        String((0..<Int.random(in: length, using: &generator)).map { _ in "abc".randomElement()! })
      }
      let secrets = (0..<Int.random(in: 1...4)).map { _ in word(1...4) }
      let text = word(0...24)
      let cuts = (0..<3).map { _ in Int.random(in: 0...text.count) }.sorted()
      #expect(
        redact(text, secrets, cuts: cuts) == plain(text, secrets), "\(text) \(secrets) \(cuts)")
    }
  }

  private func plain(_ text: String, _ secrets: [String]) -> String {
    var out = ""
    var rest = Substring(text)
    let longestFirst = secrets.sorted { $0.count > $1.count }
    while let first = rest.first {
      if let secret = longestFirst.first(where: { rest.hasPrefix($0) }) {
        out += Redactor.marker
        rest = rest.dropFirst(secret.count)
      } else {
        out.append(first)
        rest = rest.dropFirst()
      }
    }
    return out
  }
}

@Suite("Books of a stream")
struct StreamBookTests {
  private func take(
    _ book: inout StreamBook, _ text: String, into kept: inout [UInt8], room: Int = .max
  ) {
    Array(text.utf8).withUnsafeBytes { bytes in
      book.take(bytes) { piece, offset in
        #expect(offset == kept.count)
        if kept.count + piece.count > room { return false }
        kept += piece
        return true
      }
    }
  }

  @Test("the first bytes up to the limit are kept, and the rest is counted")
  func limit() {
    var book = StreamBook(limit: 5, secrets: [])
    var kept: [UInt8] = []
    for piece in ["abc", "def", "ghi"] { take(&book, piece, into: &kept) }
    #expect(String(decoding: kept, as: UTF8.self) == "abcde")
    #expect((book.produced, book.kept, book.dropped) == (9, 5, 4))
  }

  @Test("a limit of 0 keeps nothing and counts all")
  func zero() {
    var book = StreamBook(limit: 0, secrets: [])
    var kept: [UInt8] = []
    take(&book, "abc", into: &kept)
    #expect((book.produced, book.kept, book.dropped) == (3, 0, 3))
  }

  @Test("a store that is full ends the keeping for good, without a hole")
  func full() {
    var book = StreamBook(limit: 100, secrets: [])
    var kept: [UInt8] = []
    take(&book, "abcd", into: &kept, room: 6)
    take(&book, "efgh", into: &kept, room: 6)
    take(&book, "i", into: &kept, room: 6)
    #expect(String(decoding: kept, as: UTF8.self) == "abcd")
    #expect((book.produced, book.kept, book.dropped) == (9, 4, 5))
  }

  @Test("a limit cuts behind the redaction: no part of a secret is kept")
  func redacted() {
    var book = StreamBook(limit: 8, secrets: ["hunter2"])
    var kept: [UInt8] = []
    take(&book, "pw: hun", into: &kept)
    take(&book, "ter2 and more", into: &kept)
    book.finish { _, _ in false }
    #expect(String(decoding: kept, as: UTF8.self) == "pw: [red")
    #expect(book.account().redactions == 1)
    #expect((book.produced, book.kept, book.dropped) == (20, 8, 15))
  }
}

@Suite("The end of a run")
struct RunMachineTests {
  private var machine = RunMachine(runLimit: .seconds(10), killGrace: .seconds(1))
  private let drain = RunMachine.Effect.arm(.drain, RunMachine.drainLimit)
  private let killing: [RunMachine.Effect] = [.kill, .arm(.kill, RunMachine.killLimit)]

  @Test("a process that ends alone is over when its output is")
  mutating func plain() {
    #expect(machine.step(.started) == [.arm(.run, .seconds(10))])
    #expect(machine.step(.ended) == [.disarm(.run), .disarm(.grace), drain])
    #expect(machine.step(.treeGone) == [drain])
    #expect(machine.step(.outputClosed) == [.finish(nil)])
    #expect(machine.step(.fired(.drain)) == [])
  }

  @Test("the run limit asks, waits the grace, and kills")
  mutating func limit() {
    _ = machine.step(.started)
    #expect(machine.step(.fired(.run)) == [.terminate, .arm(.grace, .seconds(1))])
    #expect(machine.step(.fired(.grace)) == killing)
    _ = machine.step(.ended)
    _ = machine.step(.treeGone)
    #expect(machine.step(.outputClosed) == [.finish(.limit("run"))])
  }

  @Test("a cancel after the limit does not change the reason")
  mutating func firstReason() {
    _ = machine.step(.started)
    _ = machine.step(.fired(.run))
    #expect(machine.step(.stop(.cancel)) == [])
    _ = machine.step(.ended)
    _ = machine.step(.outputClosed)
    #expect(machine.step(.treeGone) == [.finish(.limit("run"))])
  }

  @Test("a cancel before the process runs is carried out when it does")
  mutating func earlyCancel() {
    #expect(machine.step(.stop(.cancel)) == [])
    #expect(
      machine.step(.started) == [
        .arm(.run, .seconds(10)), .terminate, .arm(.grace, .seconds(1)),
      ])
  }

  @Test("what a process leaves behind with its output closed is killed at once")
  mutating func leftover() {
    _ = machine.step(.started)
    _ = machine.step(.outputClosed)
    #expect(machine.step(.ended) == [.disarm(.run), .disarm(.grace)] + killing)
    #expect(machine.step(.treeGone) == [.finish(nil)])
  }

  @Test("what holds the output open has the drain limit, and is killed then")
  mutating func holder() {
    _ = machine.step(.started)
    _ = machine.step(.ended)
    #expect(machine.step(.fired(.drain)) == killing)
    #expect(machine.step(.outputClosed) == [])
    #expect(machine.step(.treeGone) == [.finish(nil)])
  }

  @Test("a cancel during the drain kills the rest, and the process has still ended by itself")
  mutating func lateCancel() {
    _ = machine.step(.started)
    _ = machine.step(.ended)
    #expect(machine.step(.stop(.cancel)) == killing)
    _ = machine.step(.outputClosed)
    #expect(machine.step(.treeGone) == [.finish(nil)])
  }

  @Test("a call does not wait for ever for a process that the kernel does not let go")
  mutating func unkillable() {
    _ = machine.step(.started)
    _ = machine.step(.fired(.run))
    _ = machine.step(.fired(.grace))
    #expect(machine.step(.fired(.kill)) == [.finish(.limit("run"))])
  }

  @Test("output held by a process outside of the tree ends with the drain limit")
  mutating func outsider() {
    _ = machine.step(.started)
    _ = machine.step(.ended)
    _ = machine.step(.treeGone)
    #expect(machine.step(.fired(.drain)) == [.finish(nil)])
  }

  @Test("without grace the kill follows at once")
  func noGrace() {
    var machine = RunMachine(runLimit: .seconds(1), killGrace: .zero)
    _ = machine.step(.started)
    #expect(machine.step(.fired(.run)) == [.terminate] + killing)
  }
}
