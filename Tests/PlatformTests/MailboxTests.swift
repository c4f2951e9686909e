import Platform
import Testing

@Suite("Mailbox and threads")
struct MailboxTests {
  @Test("what several threads post arrives once each, in the order of each thread")
  func manyThreads() throws {
    let mailbox = Mailbox<(sender: Int, number: Int)>()
    let threads = try (0..<4).map { sender in
      try WorkerThread(name: "sender") {
        for number in 0..<1_000 { mailbox.post((sender, number)) }
      }
    }
    var last = [-1, -1, -1, -1]
    var batch: [(sender: Int, number: Int)] = []
    while last != [999, 999, 999, 999] {
      batch.removeAll(keepingCapacity: true)
      try #require(mailbox.drain(into: &batch))
      for element in batch {
        #expect(element.number == last[element.sender] + 1)
        last[element.sender] = element.number
      }
    }
    for thread in threads { thread.join() }
  }

  @Test("a closed mailbox gives what it has, and then says that it is over")
  func close() {
    let mailbox = Mailbox<Int>()
    mailbox.post(contentsOf: [1, 2])
    mailbox.close()
    mailbox.post(3)
    var taken: [Int] = []
    #expect(mailbox.drain(into: &taken))
    #expect(taken == [1, 2])
    #expect(!mailbox.drain(into: &taken))
  }

  @Test("closing wakes the one who waits")
  func closeWakes() throws {
    let mailbox = Mailbox<Int>()
    let thread = try WorkerThread(name: "closer") { mailbox.close() }
    var taken: [Int] = []
    #expect(!mailbox.drain(into: &taken))
    thread.join()
  }

  @Test("a wait ends when its time is up, with the mailbox still open")
  func timeUp() {
    let mailbox = Mailbox<Int>()
    var taken: [Int] = []
    #expect(mailbox.drain(into: &taken, waitUpTo: .milliseconds(1)))
    #expect(mailbox.drain(into: &taken, waitUpTo: .zero))
    #expect(taken.isEmpty)
  }

  @Test("elements are appended to those the caller still has")
  func append() {
    let mailbox = Mailbox<Int>()
    mailbox.post(2)
    var taken = [1]
    #expect(mailbox.drain(into: &taken))
    #expect(taken == [1, 2])
  }

  @Test("a poller that watches nothing is woken by a post")
  func wakesPoller() throws {
    let poller = try Poller()
    let mailbox = Mailbox<Int>(onArrival: { poller.wake() })
    let thread = try WorkerThread(name: "poster") { mailbox.post(5) }
    var events: [Poller.Event] = []
    try poller.wait(upTo: nil, into: &events)
    #expect(events.isEmpty)
    var taken: [Int] = []
    #expect(mailbox.drain(into: &taken, waitUpTo: .zero))
    #expect(taken == [5])
    thread.join()
  }

  @Test("the clock does not go backwards, and agrees with the wall when it starts")
  func clock() {
    let first = Clock.now()
    let second = Clock.now()
    #expect(second >= first)
    #expect(abs(Clock.wall() - Clock.now()) < 60_000_000)
  }

  @Test("random bytes come in the asked number and differ")
  func random() {
    #expect(Random.bytes(0).isEmpty)
    #expect(Random.bytes(1_000).count == 1_000)
    #expect(Random.bytes(16) != Random.bytes(16))
  }
}
