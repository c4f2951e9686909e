import Digest
import JSON
import Model
import Platform
import PluginProtocol
import Support
import Testing

@Suite("docs/PLUGINS.md")
struct DocumentTests {
  /// The fenced blocks of the page that begin with `kind`.
  private func blocks(_ kind: String) throws -> [String] {
    let root = Files.directory(of: Files.directory(of: Files.directory(of: #filePath)))
    let page = String(decoding: try Files.read(root + "/docs/PLUGINS.md"), as: UTF8.self)
    var blocks: [String] = []
    var block: String?
    for line in page.split(separator: "\n", omittingEmptySubsequences: false) {
      if let text = block {
        if line == "```" { blocks.append(text) }
        block = line == "```" ? nil : text + line + "\n"
      } else if line == "```" + kind {
        block = ""
      }
    }
    return blocks
  }

  @Test("every request on the page is one, and is written so by the agent")
  func requests() throws {
    var methods: [String] = []
    for block in try blocks("json request") {
      let message = try JSON(parsing: block)
      let received = ReceivedRequest(line: message.bytes)
      let request = try received.content.get()
      methods.append(request.method)
      let id = try #require(received.id?.int)
      #expect(try JSON(parsing: Array(request.line(id: id).dropLast())) == message)
    }
    #expect(methods == ["initialize", "prepare", "start", "discard", "cancel", "ping", "shutdown"])
  }

  @Test("every message of a plugin on the page is one, and is written so by the kit")
  func messages() throws {
    let texts = try blocks("json message")
    #expect(texts.count == 10)
    for text in texts {
      let message = try JSON(parsing: text)
      let parsed = try #require(try PluginMessage.parse(line: message.bytes))
      #expect(try JSON(parsing: Array(parsed.line.dropLast())) == message)
    }
  }

  @Test("the spool on the page is read to its last frame, and its books are right")
  func spool() throws {
    let text = try #require(try blocks("spool").first)
    try withTemporaryDirectory { directory in
      try Files.writeAtomically(Array(text.utf8), to: directory + "/spool")
      let content = try SpoolContent(directory + "/spool")
      #expect(content.frames.count == 6)
      #expect(content.size == text.utf8.count)
      let record = try #require(content.record)
      #expect(record.stdout.sha256 == SHA256.hex(of: content.stdoutBytes))
      #expect(record.stdout.keptBytes == content.stdoutBytes.count)
      #expect(record.stderr.sha256 == SHA256.hex(of: Array(content.stderr.utf8)))
    }
  }
}
