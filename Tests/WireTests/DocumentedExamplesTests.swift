import Glibc
import JSON
import Model
import Testing
import Wire

/// The examples of docs/WIRE.md, so that the page cannot drift from the code.
@Suite("Documented examples of the bridge")
struct DocumentedExamplesTests {
  @Test("every example of docs/WIRE.md is read, and written back to the same value")
  func examplesRoundTrip() throws {
    let page = try Page.read()
    let examples = page.blocks("json")
    #expect(!examples.isEmpty)
    for example in examples {
      let bytes = Array(example.text.utf8)
      let message = try Self.decode(Frame(bytes: bytes, isBinary: false), example)
      let written = try JSON(parsing: message.frame.bytes)
      #expect(try written == JSON(parsing: bytes), "docs/WIRE.md:\(example.line)")
      #expect(!message.frame.isBinary, "docs/WIRE.md:\(example.line)")
    }
  }

  @Test("the output example of docs/WIRE.md is the very bytes of a binary message")
  func outputRoundTrip() throws {
    let examples = try Page.read().blocks("output")
    #expect(examples.count == 1)
    for example in examples {
      let frame = Frame(bytes: Array(example.text.utf8), isBinary: true)
      #expect(try Self.decode(frame, example).frame == frame, "docs/WIRE.md:\(example.line)")
    }
  }

  @Test("docs/WIRE.md has an example of every message, reply and report")
  func nothingMissing() throws {
    let page = try Page.read()
    var shown: Set<String> = []
    for (kind, isBinary) in [("json", false), ("output", true)] {
      for example in page.blocks(kind) {
        let frame = Frame(bytes: Array(example.text.utf8), isBinary: isBinary)
        shown.formUnion(Self.names(try Self.decode(frame, example)))
      }
    }
    for name in Self.all { #expect(shown.contains(name), "no example of \(name)") }
  }

  private static func decode(_ frame: Frame, _ example: Page.Block) throws -> Message {
    do {
      return try Message(frame)
    } catch {
      throw Undocumented(description: "docs/WIRE.md:\(example.line): \(error)")
    }
  }

  // MARK: What there is

  private static let all = [
    "hello", "offer", "acknowledge", "refused", "released", "output", "finished", "confirm",
    "cancel", "probe",
    "heartbeat", "welcome", "prove", "state", "alive", "refusal", "ended", "interrupted",
    "rejected",
    "cancelled", "expired", "lost", "joinToken", "credential", "proof",
  ]

  /// Exhaustive, so that a new message does not compile before it is named here.
  private static func names(_ message: Message) -> Set<String> {
    switch message {
    case .hello(_, let hello): names(hello).union(["hello"])
    case .offer: ["offer"]
    case .acknowledge: ["acknowledge"]
    case .refused: ["refused"]
    case .released: ["released"]
    case .output: ["output"]
    case .finished(let finished): ["finished", name(finished.report)]
    case .confirm: ["confirm"]
    case .cancel: ["cancel"]
    case .probe: ["probe"]
    case .heartbeat: ["heartbeat"]
    case .reply(_, let reply): [name(reply)]
    case .refusal: ["refusal"]
    }
  }

  private static func names(_ hello: Hello) -> Set<String> {
    var names: Set<String> = hello.provenRow == nil ? [] : ["proof"]
    switch hello.proof {
    case .joinToken: names.insert("joinToken")
    case .credential: names.insert("credential")
    }
    return names
  }

  private static func name(_ reply: Reply) -> String {
    switch reply {
    case .welcome: "welcome"
    case .prove: "prove"
    case .state: "state"
    case .alive: "alive"
    }
  }

  private static func name(_ report: Report) -> String {
    switch report {
    case .ended: "ended"
    case .interrupted: "interrupted"
    case .rejected: "rejected"
    case .cancelled: "cancelled"
    case .expired: "expired"
    case .lost: "lost"
    }
  }
}

/// docs/WIRE.md, as its fenced blocks.
private struct Page {
  struct Block {
    /// What follows the fence's back-quotes.
    let kind: String
    /// Of its opening fence, counted from 1.
    let line: Int
    /// With the line feed of its last line.
    var text = ""
  }

  private var all: [Block] = []

  func blocks(_ kind: String) -> [Block] { all.filter { $0.kind == kind } }

  static func read() throws -> Page {
    let package = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    return Page(text: try contents(of: "/\(package)/docs/WIRE.md"))
  }

  private init(text: String) {
    var open: Block?
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      if line.hasPrefix("```") {
        if let block = open {
          all.append(block)
          open = nil
        } else {
          open = Block(kind: String(line.dropFirst(3)), line: index + 1)
        }
      } else {
        open?.text += line + "\n"
      }
    }
  }

  private static func contents(of path: String) throws -> String {
    guard let file = fopen(path, "r") else { throw Undocumented(description: "no \(path)") }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = fread(&chunk, 1, chunk.count, file)
      if count == 0 { return String(decoding: bytes, as: UTF8.self) }
      bytes.append(contentsOf: chunk[..<count])
    }
  }
}

private struct Undocumented: Error, CustomStringConvertible {
  let description: String
}
