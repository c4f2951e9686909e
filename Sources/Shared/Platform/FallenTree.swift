#if os(Linux)
  /// What is left of a tree of processes whose root was killed from outside.
  ///
  /// Supervisors below the root kill their own trees when it dies (Supervisor.c), exactly and to
  /// the last descendant. This is for what has no supervisor, or one that is stopped or was killed.
  package struct FallenTree {
    private var members: [ProcessTree.Entry]

    /// The kernel needs a moment for each generation of a tree.
    package static let pause: Duration = .milliseconds(500)

    private static let resume: Int32 = 18  // SIGCONT, signal(7)

    /// Kills the root, and nothing else yet: whoever is to clean up after it does.
    package init(killing root: ProcessTree.Entry) {
      members = ProcessTree.descendants(of: root.id)
      root.signal(Signals.kill)
      // A group that was stopped as a whole has stopped its supervisors too.
      for member in members where member.group == root.group { member.signal(Self.resume) }
    }

    /// Kills what is still there, with what came after it.
    ///
    /// - Returns: whether nothing was left. If not, call again after `pause`.
    package mutating func killRest() -> Bool {
      var left: [ProcessTree.Entry] = []
      for member in members {
        guard let now = ProcessTree.entry(member.id, startTicks: member.startTicks) else {
          continue
        }
        left += [now] + ProcessTree.descendants(of: now.id)
      }
      for member in left { member.signal(Signals.kill) }
      members = left
      return left.isEmpty
    }
  }
#endif
