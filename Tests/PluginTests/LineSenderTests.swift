import Platform
import PluginProtocol
import Testing

@Suite("Lines on their way through a pipe")
final class LineSenderTests {
  private let loop: EventLoop
  private let reader: Descriptor
  private let sender: LineSender

  init() throws {
    var pipe = try Pipe()
    reader = pipe.takeReadEnd()
    try reader.setNonblocking()
    loop = EventLoop(try Poller())
    sender = try LineSender(pipe.takeWriteEnd(), loop)
  }

  private func arrived() throws -> String {
    try withUnsafeTemporaryAllocation(byteCount: 1 << 10, alignment: 1) { buffer in
      guard let count = try reader.readIfReady(into: buffer) else { return "" }
      return String(decoding: buffer[..<count], as: UTF8.self)
    }
  }

  @Test("a line that can wait goes before the next one, in the same write")
  func together() throws {
    sender.put(Array("a\n".utf8), within: .seconds(60))
    sender.sendWaiting()
    #expect(try arrived() == "")
    sender.send(Array("b\n".utf8))
    #expect(try arrived() == "a\nb\n")
    // Nobody is woken for it any more.
    #expect(loop.timeToWait(upTo: nil) == nil)
  }

  @Test("a line that can wait goes alone when its time is up")
  func alone() throws {
    sender.put(Array("a\n".utf8), within: .milliseconds(1))
    sender.put(Array("b\n".utf8), within: .seconds(60))
    while try arrived() != "a\nb\n" { try loop.turn() }
    #expect(loop.timeToWait(upTo: nil) == nil)
  }

  @Test("a sender that is closed sends nothing later")
  func closed() throws {
    sender.put(Array("a\n".utf8), within: .milliseconds(1))
    sender.close()
    #expect(loop.timeToWait(upTo: nil) == nil)
    sender.put(Array("b\n".utf8), within: .milliseconds(1))
    #expect(loop.timeToWait(upTo: nil) == nil)
    #expect(try arrived() == "")
  }

  @Test("what can wait is not forgotten at the end of the process")
  func flush() throws {
    sender.put(Array("a\n".utf8), within: .seconds(60))
    sender.flush()
    #expect(try arrived() == "a\n")
  }
}
