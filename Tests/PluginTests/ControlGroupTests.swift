import Platform
import PluginKit
import Support
import Testing

@Suite("Finding cgroups")
struct ControlGroupTests {
  private static let mounts = """
    22 1 0:20 / / rw,relatime shared:1 - ext4 /dev/vda rw
    30 22 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate

    """

  @Test(
    "the cgroup of a process is found by its mount",
    arguments: [
      ("0::/\n", "/sys/fs/cgroup", true),
      ("0::/system.slice/agent.service\n", "/sys/fs/cgroup/system.slice/agent.service", false),
      ("12:pids:/a\n1:name=systemd:/b\n0::/c d\n", "/sys/fs/cgroup/c d", false),
    ])
  func found(membership: String, directory: String, isTop: Bool) throws {
    let own = try #require(OwnControlGroup(membership: membership, mounts: Self.mounts))
    #expect(own.directory == directory && own.isTop == isTop)
  }

  @Test("a part that is mounted is where the process sees it, and what lies outside is not there")
  func part() {
    let mounts = "30 22 0:26 /pod /sys/fs/cgroup rw - cgroup2 cgroup rw\n"
    #expect(OwnControlGroup(membership: "0::/pod\n", mounts: mounts)?.isTop == true)
    #expect(
      OwnControlGroup(membership: "0::/pod/a\n", mounts: mounts)?.directory == "/sys/fs/cgroup/a")
    for outside in ["0::/podium\n", "0::/other\n", "0::/../x\n"] {
      #expect(OwnControlGroup(membership: outside, mounts: mounts) == nil)
    }
  }

  @Test(
    "without cgroup v2 there is none, and nonsense is no place",
    arguments: [
      ("1:cpu:/a\n", mounts), ("", mounts), ("0::/a\n", ""), ("0::relative\n", mounts),
      ("0::/a\n", "30 22 0:26 / /sys/fs/cgroup rw - cgroup cgroup rw,pids\n"),
      ("0::/a\n", "30 22 0:26 / /with\\040space rw - cgroup2 cgroup rw\n"),
      ("0::/a\n", " - cgroup2\n- cgroup2 - cgroup2"),
    ])
  func nowhere(membership: String, mounts: String) {
    #expect(OwnControlGroup(membership: membership, mounts: mounts) == nil)
  }

  @Test("a call is not told what an earlier one met in the same cgroup")
  func forgotten() throws {
    try withTemporaryDirectory { directory in
      for file in ["pids.max", "memory.max"] {
        try Files.writeAtomically([], to: directory + "/" + file)
      }
      let group = try ControlGroup(directory)
      try group.limit(processes: 5)
      try group.limit(memory: 1 << 20)
      func happened(_ count: Int) throws {
        try Files.writeAtomically(Array("max \(count)\n".utf8), to: directory + "/pids.events")
        try Files.writeAtomically(
          Array("oom_kill \(count)\n".utf8), to: directory + "/memory.events")
      }
      try happened(7)
      group.forgetWhatWasMet()
      #expect(group.takeRefusedProcesses() == 0 && group.takeKilledForMemory() == 0)
      try happened(9)
      #expect(group.takeRefusedProcesses() == 2 && group.takeKilledForMemory() == 2)
    }
  }

  @Test("counts of the kernel's events are read by their names")
  func events() {
    let text = "low 0\nmax 12\noom 3\noom_kill 2\noom_group_kill x\n"
    #expect(ControlGroup.event("oom_kill", in: text) == 2)
    #expect(ControlGroup.event("max", in: text) == 12)
    #expect(ControlGroup.event("oom_group_kill", in: text) == 0)
    #expect(ControlGroup.event("missing", in: text) == 0)
  }
}
