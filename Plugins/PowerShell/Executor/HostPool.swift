internal import Platform
internal import PluginKit

#if os(Linux)
  /// The hosts of one plugin. A call has a host for itself; one that is free is used again.
  final class HostPool {
    struct Settings {
      var maxHosts = 16
      /// A host that nobody wanted for so long is let go.
      var idleLimit: Duration = .seconds(300)
      var rule = Retirement()
    }

    private let server: PluginServer
    private let settings: Settings
    private let makeSetup: (String) -> HostProcess.Setup
    private var hosts: [HostProcess] = []
    private var started = 0
    private var idleSince: [ObjectIdentifier: PluginServer.Deadline] = [:]

    init(
      _ server: PluginServer, _ settings: Settings,
      makeSetup: @escaping (String) -> HostProcess.Setup
    ) {
      self.server = server
      self.settings = settings
      self.makeSetup = makeSetup
    }

    /// Starts a host for a call that is about to come, so that it need not wait for it.
    func warm(_ program: String) {
      if hosts.contains(where: { $0.program == program && $0.isFree }) { return }
      if count >= settings.maxHosts { return }
      // If it cannot be started, the call will meet the same and tell.
      try? start(make(makeSetup(program)))
    }

    /// - Throws: when there is no host, and none can be started. Nothing has run.
    func host(for program: String) throws(Refusal) -> HostProcess {
      let free = hosts.filter { $0.program == program && $0.isFree }
      if let host = free.first(where: \.isIdle) ?? free.first { return host }
      let host = make(makeSetup(program))
      try start(host)
      return host
    }

    /// Those that are on their way out keep nobody waiting.
    private var count: Int { hosts.count { !$0.isRetiring } }

    /// A host that is to be started.
    func make(_ setup: HostProcess.Setup) -> HostProcess {
      started += 1
      return HostProcess(setup, named: "h\(started)", on: server, rule: settings.rule) {
        [weak self] host in self?.changed(host)
      }
    }

    /// - Throws: when it cannot be started. Nothing has run.
    func start(_ host: HostProcess) throws(Refusal) {
      if count >= settings.maxHosts { hosts.first(where: \.isIdle)?.dismiss() }
      guard count < settings.maxHosts else {
        throw Refusal(
          reason: "powershell.busy",
          message: "all \(settings.maxHosts) PowerShell hosts of this endpoint have calls",
          remedy: "nothing has run; call again when some have ended")
      }
      do {
        try host.start()
      } catch {
        throw Refusal(
          reason: "powershell.host", message: "PowerShell could not be started: \(error)",
          remedy: "see the message; nothing has run")
      }
      hosts.append(host)
    }

    private func changed(_ host: HostProcess) {
      let id = ObjectIdentifier(host)
      if let deadline = idleSince.removeValue(forKey: id) { server.cancel(deadline) }
      if host.isGone {
        hosts.removeAll { $0 === host }
        return
      }
      guard host.isIdle else { return }
      idleSince[id] = server.after(settings.idleLimit) { [weak host] in host?.dismiss() }
    }
  }
#endif
