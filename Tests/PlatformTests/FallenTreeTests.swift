import Glibc
import Platform
import Support
import Testing

@Suite("A tree of processes whose root is killed")
struct FallenTreeTests {
  private func shell(_ script: String) throws -> ChildProcess {
    let null = try Files.open("/dev/null", .readWrite)
    return try ChildProcess.spawn(
      Launch("/bin/sh", arguments: ["sh", "-c", script], environment: [("PATH", "/usr/bin:/bin")]),
      stdin: null, stdout: null, stderr: null)
  }

  private func isGone(_ entry: ProcessTree.Entry) -> Bool {
    ProcessTree.entry(entry.id, startTicks: entry.startTicks) == nil
  }

  @Test("all of it goes, also what left the group, and what was stopped")
  func whole() throws {
    let child = try shell("setsid sh -c 'sleep 96; :' & sleep 96 & wait")
    while ProcessTree.descendants(of: child.id).count < 3 {}
    let tree = ProcessTree.descendants(of: child.id)
    try child.signalGroup(SIGSTOP)
    var fallen = FallenTree(killing: try #require(ProcessTree.entry(child.id)))
    #expect(try child.wait().how == .signal(number: Int(SIGKILL), coreDumped: false))
    while !fallen.killRest() {}
    #expect(tree.allSatisfy(isGone))
  }

  @Test("a process that got the number later is not found, nor is one that is dead")
  func recycled() throws {
    let child = try shell("exec sleep 95")
    let entry = try #require(ProcessTree.entry(child.id))
    #expect(ProcessTree.entry(child.id, startTicks: entry.startTicks) != nil)
    #expect(ProcessTree.entry(child.id, startTicks: entry.startTicks + 1) == nil)
    try child.signal(SIGKILL)
    while ProcessTree.entry(child.id)?.isDead == false {}
    #expect(isGone(entry))
    _ = try child.wait()
  }
}
