import Model
import PluginProtocol
import Testing

@testable import PluginHost

@Suite("When a plugin is started, given up and started again")
struct PluginMachineTests {
  private var machine = PluginMachine()
  private let hello = PluginDescription(
    name: "shell", version: "1", executors: ["shell"], platform: "linux")

  private func at(_ seconds: Int64) -> Instant { Instant(microseconds: seconds * 1_000_000) }

  private func failed(_ why: String, backoff: Duration) -> [PluginMachine.Effect] {
    [.abandon(why: why), .refuseWaiting(why: why), .arm(backoff)]
  }

  @Test("a plugin is started when it is wanted, and only once")
  mutating func lazy() {
    #expect(machine.step(.wanted, at: at(0)) == [.spawn, .arm(PluginMachine.helloLimit)])
    #expect(machine.step(.wanted, at: at(0)) == [])
    #expect(machine.step(.hello(hello), at: at(1)) == [.disarm, .announce])
    #expect(machine.step(.wanted, at: at(2)) == [.announce])
  }

  @Test("a plugin that says nothing is given up, and tried again later")
  mutating func silent() {
    _ = machine.step(.wanted, at: at(0))
    let effects = machine.step(.timeUp, at: at(10))
    #expect(effects == failed("no handshake within 10.0 seconds", backoff: .milliseconds(100)))
    #expect(machine.step(.wanted, at: at(10)) == [])
    #expect(machine.step(.timeUp, at: at(11)) == [.spawn, .arm(PluginMachine.helloLimit)])
  }

  @Test("each failure in a row doubles the pause, up to its limit")
  mutating func backoff() {
    _ = machine.step(.wanted, at: at(0))
    var pauses: [Duration] = []
    for _ in 0..<12 {
      for effect in machine.step(.failed(why: "x"), at: at(0)) {
        if case .arm(let pause) = effect { pauses.append(pause) }
      }
      _ = machine.step(.timeUp, at: at(0))
    }
    #expect(Array(pauses.prefix(4)) == [100, 200, 400, 800].map { .milliseconds($0) })
    #expect(pauses.last == PluginMachine.maxBackoff)
  }

  @Test("a plugin that worked for a while has its failures forgotten")
  mutating func recovered() {
    _ = machine.step(.wanted, at: at(0))
    _ = machine.step(.failed(why: "x"), at: at(0))
    _ = machine.step(.timeUp, at: at(0))
    _ = machine.step(.hello(hello), at: at(1))
    let effects = machine.step(.failed(why: "y"), at: at(100))
    #expect(effects == failed("y", backoff: .milliseconds(100)))
  }

  @Test(
    "another protocol is as good as a failure; nothing on offer is none, and is not started again")
  mutating func objections() {
    _ = machine.step(.wanted, at: at(0))
    var other = hello
    other.protocolVersion = 2
    let effects = machine.step(.hello(other), at: at(0))
    #expect(effects.first == .abandon(why: "it speaks protocol 2, not 1"))
    _ = machine.step(.timeUp, at: at(1))
    other = hello
    other.executors = []
    #expect(machine.step(.hello(other), at: at(1)) == [.disarm, .announce])
  }

  @Test("an idle plugin leaves, and comes back when it is wanted")
  mutating func idle() {
    _ = machine.step(.wanted, at: at(0))
    _ = machine.step(.hello(hello), at: at(0))
    #expect(machine.step(.idle, at: at(600)) == [.dismiss])
    #expect(machine.step(.failed(why: "late"), at: at(601)) == [])
    #expect(machine.step(.wanted, at: at(700)) == [.spawn, .arm(PluginMachine.helloLimit)])
  }
}
