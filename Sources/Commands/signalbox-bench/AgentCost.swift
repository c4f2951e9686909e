import ControlPlane
import Glibc
import JSON
import Platform
import Sockets

/// What an idle agent costs: memory, and the time from its start until it is connected.
enum AgentCost {
  static func run(_ bench: Bench) throws -> JSON {
    let directory = try bench.directory()
    let box = try Box(directory: directory) { _ in }
    let token = directory + "/join-token"
    try Files.writeAtomically(Array(Box.joinToken.utf8), to: token)
    let plugins = try bench.plugins("signalbox-plugin-shell", in: directory)
    var starts: [Double] = []
    var resident = 0
    for number in 0..<10 {
      let name = "agent-\(number)"
      let began = ContinuousClock.now
      let agent = try Child(
        try bench.command("signalbox-agent"),
        [
          "run", "--state", directory + "/" + name, "--name", name, "--control-plane",
          "127.0.0.1:\(box.port)", "--join-token-file", token, "--plugins", plugins,
        ], log: directory + "/agent.log")
      _ = box.awaitEndpoint(name)
      starts.append(microseconds(ContinuousClock.now - began))
      usleep(500_000)
      resident = max(resident, agent.residentBytes)
      agent.terminate()
    }
    box.controlPlane.stop()
    box.loop.stop()
    let figures = Figures(starts)
    bench.say("agent: \(resident / 1_024) KiB resident, start to connected \(figures.text)")
    return ["agent": ["residentBytes": .int(resident), "startToConnected": figures.json]]
  }
}
