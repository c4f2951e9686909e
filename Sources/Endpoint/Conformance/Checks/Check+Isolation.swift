internal import JSON
internal import Model
internal import Platform
internal import PluginProtocol

extension Check {
  /// What a plugin can write in `capabilities.isolation`.
  static let isolationWords = ["limits", "runAs", "privileges", "agent"]

  /// What every call is held to, as far as the record tells it: that has to be so.
  static let holding: [Check] = [
    Check(
      "isolation.processGroup", "a call has a process group of its own",
      needs: [.handshake, .script(.empty)]
    ) { trial in
      let held = try trial.holding()
      guard held.told.hasProcessGroup else { throw Lack("the record says that it has none") }
      if let seen = held.seen?.processGroup, let process = held.process, seen != process {
        throw Flaw(
          "the record tells a process group, and process \(process) of the call is in group \(seen)"
        )
      }
      return held.source
    },
    Check(
      "isolation.subreaper", "no process leaves the tree of its call",
      needs: [.handshake, .linux, .script(.empty)]
    ) { trial in
      guard try trial.holding().told.hasSubreaper else {
        throw Lack("the record says that nothing keeps processes in the tree of their call")
      }
      guard trial.subject.scripts?.text(.escape) != nil else { return "told by the record" }
      let facts = try trial.run(trial.open(), "escape", .escape)
      guard let process = Int(facts.text.split(separator: "\n").first ?? "") else {
        throw Flaw("the script did not print the id of its process: \(facts.endWords)")
      }
      if let left = ProcessTree.entry(process), !left.isDead {
        left.signal(Signals.kill)
        throw Flaw("process \(process), in a session of its own, outlived its call")
      }
      guard facts.record?.process.escapedKilled ?? 0 > 0 else {
        throw Flaw("a process that left its session was ended, and escapedKilled does not count it")
      }
      return "one that left its session was ended with its call"
    },
    Check(
      "isolation.noNewPrivileges", "set-user-id programs have no effect",
      needs: [.handshake, .linux, .script(.empty)]
    ) { trial in
      let held = try trial.holding()
      guard held.told.hasNoNewPrivileges else {
        throw Lack("the record says that calls may gain privileges (no no_new_privs)")
      }
      if held.seen?.hasNoNewPrivileges == false {
        throw Flaw("the record tells noNewPrivileges, and /proc/self/status has NoNewPrivs: 0")
      }
      return held.source
    },
    Check(
      "isolation.cgroup", "a call has a cgroup of its own",
      needs: [.handshake, .linux, .script(.empty)]
    ) { trial in
      var held = try trial.holding()
      var whose = ""
      if let why = held.told.lacksControlGroup {
        // Where processes are made before their calls are known, those of some calls are not.
        if trial.subject.description?.isolation.contains("limits") == true {
          held = try trial.holding("limited") { $0.limits.openFiles = 512 }
        }
        if let why = held.told.lacksControlGroup { throw Lack(why, remedy: remedy(for: why)) }
        whose = "of calls with limits alone (\(why)): "
      }
      guard let own = held.seen?.controlGroup else { return whose + "told by the record" }
      if own == held.plugin.controlGroup {
        throw Flaw("the record tells a cgroup, and the call was in the plugin's: \(own)")
      }
      let kept = held.told.limits.filter(\.isOfGroup).map(\.by)
      if kept.isEmpty {
        return "\(whose)\(own), which limits nothing: no controllers are handed on to it"
      }
      return "\(whose)\(own), with \(kept.joined(separator: " and "))"
    },
  ]

  private static func remedy(for why: String) -> String {
    why.contains(OwnControlGroup.variable)
      ? "take \(OwnControlGroup.variable) out of the agent's environment" : delegation
  }

  static let delegation =
    "delegate one to the agent: \"Delegate=memory pids\" and \"DelegateSubgroup=agent\" in its"
    + " systemd unit, or SIGNALBOX_CGROUP"

  /// Words of `capabilities.isolation` that are no limits.
  static let words: [Check] = [
    Check(
      "isolation.runAs", "a call runs as the user that it names",
      needs: [.handshake, .isolation("runAs"), .script(.proc)]
    ) { trial in
      let plugin = try trial.open()
      try trial.refusesUnknownUser(plugin)
      let account = try trial.otherUser()
      guard Machine.effectiveUser == 0 else {
        try plugin.expectRefusal(
          .prepare(try trial.preparation("other", .proc) { $0.runAs = account.name }),
          "a call as \(account.name), which only root may run,")
        throw Lack(
          "only root may run a call as another user; it refuses to, as it has to",
          remedy: "let the agent run as root where tools name a user")
      }
      let facts = try trial.run(plugin, "other", .proc) { $0.runAs = account.name }
      try facts.expect(account, in: Standing(facts.text))
      return "as \(account.name): users \(account.user), groups \(account.group)"
    },
    Check(
      "isolation.privileges", "a call that needs privileges does without no_new_privs",
      needs: [.handshake, .linux, .isolation("privileges"), .script(.proc)]
    ) { trial in
      // What a process has of it, all that it starts has for ever: prctl(2).
      if Standing(process: "self").hasNoNewPrivileges == true {
        throw Lack(
          "this check is itself held to no_new_privs, and so is all that it starts",
          remedy: "run it at a terminal of the endpoint")
      }
      let facts = try trial.run(trial.open(), "privileged", .proc) { $0.needs = ["privileges"] }
      if Standing(facts.text).hasNoNewPrivileges == true {
        throw Flaw("a call that needs privileges had no_new_privs (NoNewPrivs: 1)")
      }
      if facts.record?.isolation?.hasNoNewPrivileges == true {
        throw Flaw("the record of a call that needed privileges tells noNewPrivileges")
      }
      return ""
    },
    Check(
      "isolation.agent", "where the agent is, a call is told if it needs it, and else not",
      needs: [.handshake, .isolation("agent"), .script(.agent)]
    ) { trial in
      let plugin = try trial.open()
      try trial.run(plugin, "without", .agent)
        .expectOutput(Array("\n\n\n".utf8), of: "a call that does not need the agent")
      let told = PluginUnderCheck.agentPlaces.map { $0.value + "\n" }.joined()
      try trial.run(plugin, "with", .agent) { $0.needs = ["agent"] }
        .expectOutput(Array(told.utf8), of: "a call that needs the agent")
      return ""
    },
  ]
}

extension SpoolFacts {
  /// The process that printed this was that user's, and had nothing more.
  fileprivate func expect(_ account: Confinement.Account, in seen: Standing) throws {
    try expect(.exit(code: 0), of: "a call as \(account.name)")
    func list(_ numbers: [UInt32]) -> String { numbers.map(String.init).joined(separator: " ") }
    guard Set(seen.users) == [account.user] else {
      throw Flaw(
        "a call as \(account.name) had the users \(list(seen.users)), not \(account.user) four times"
      )
    }
    guard Set(seen.groups) == [account.group] else {
      throw Flaw(
        "a call as \(account.name) had the groups \(list(seen.groups)), not \(account.group)")
    }
    let foreign = Set(seen.moreGroups).subtracting(account.groups).sorted()
    guard foreign.isEmpty else {
      throw Flaw("a call as \(account.name) kept groups that are not its user's: \(list(foreign))")
    }
    guard record?.isolation?.runAs == account.name else {
      throw Flaw("it ran as \(account.name), and isolation.runAs of the record does not tell it")
    }
  }
}

extension Trial {
  /// Users that every system has, and that hardly anything runs as.
  private static let users = ["games", "nobody", "daemon"]

  func otherUser() throws -> Confinement.Account {
    for name in Self.users {
      if let account = try? Confinement.Account.named(name), account.user != Machine.effectiveUser {
        return account
      }
    }
    throw Lack("there is none of the users \(Self.users.joined(separator: ", ")) here")
  }

  fileprivate func refusesUnknownUser(_ plugin: PluginUnderCheck) throws {
    let preparation = try preparation("nobody", .proc) { $0.runAs = "no-such-user-here" }
    try plugin.expectRefusal(.prepare(preparation), "a call as a user that there is not")
  }
}
