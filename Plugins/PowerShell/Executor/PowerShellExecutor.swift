internal import Platform
package import PluginKit

#if os(Linux)
  /// Runs scripts of PowerShell in warm hosts, one call in one host at a time.
  package final class PowerShellExecutor: CallExecutor {
    package struct Settings {
      /// The program of calls that name none.
      package var program: String
      /// Calls before a host is replaced.
      package var maxCalls: Int
      /// An installed copy of `host.ps1`, with `call.ps1` beside it, where a policy wants them signed.
      package var hostScript: String?

      package init(program: String, maxCalls: Int = 50, hostScript: String? = nil) {
        self.program = program
        self.maxCalls = maxCalls
        self.hostScript = hostScript
      }
    }

    private let server: PluginServer
    private let settings: Settings
    private let pool: HostPool

    /// - Parameter directory: for the host's files and channels; nobody else may enter it. `nil` for a
    ///   plugin that offers no executor, and so gets no calls.
    package init(
      _ server: PluginServer, _ settings: Settings, directory: String?
    ) throws {
      self.server = server
      self.settings = settings
      let root = directory ?? "/"
      let script = settings.hostScript ?? root + "/host.ps1"
      if settings.hostScript == nil, let directory {
        try Files.writeAtomically(PackageResources.host_ps1, to: script, isSynced: false)
        try Files.writeAtomically(
          PackageResources.call_ps1, to: directory + "/call.ps1", isSynced: false)
      }
      var pooled = HostPool.Settings()
      pooled.rule.maxCalls = settings.maxCalls
      pool = HostPool(server, pooled) { program in
        HostProcess.Setup(
          program: program, directory: root, hostScript: script,
          environment: Self.surroundings)
      }
    }

    /// What a host sees of the agent's environment, and what keeps PowerShell to itself.
    private static let surroundings: [(name: String, value: String)] = [
      ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
      ("HOME", Machine.homeDirectory), ("LANG", "C.UTF-8"), ("NO_COLOR", "1"),
      ("POWERSHELL_TELEMETRY_OPTOUT", "1"), ("POWERSHELL_UPDATECHECK", "Off"),
    ]

    package func prepare(_ call: PluginCall) throws(Refusal) {
      let program = call.interpreter ?? settings.program
      try PowerShellPrograms.check(program)
      let work = call.directory + "/work"
      let request = try HostRequest(
        script: call.script, directory: work, environment: call.environment,
        arguments: call.arguments, input: call.stdin)
      do throws(SystemError) {
        try Files.makeDirectories(work)
      } catch {
        throw Refusal(
          reason: "script.notStaged", message: "\(error)",
          remedy: "make room in the call's directory")
      }
      call.attachment = Prepared(program: program, request: request)
      pool.warm(program)
    }

    package func start(_ call: PluginCall) {
      let prepared = prepared(call)
      do throws(Refusal) {
        let host = try pool.host(for: prepared.program)
        prepared.host = host
        host.take(call, prepared.request)
      } catch {
        call.didNotStart(error)
      }
    }

    package func cancel(_ call: PluginCall, because reason: CancelReason) {
      prepared(call).host?.stop(reason == .shutdown ? .limit("shutdown") : .cancel)
    }

    package func discard(_ call: PluginCall) { call.attachment = nil }

    private final class Prepared {
      let program: String
      let request: HostRequest
      var host: HostProcess?

      init(program: String, request: HostRequest) {
        self.program = program
        self.request = request
      }
    }

    private func prepared(_ call: PluginCall) -> Prepared {
      guard let prepared = call.attachment as? Prepared else {
        preconditionFailure("a prepared call has its request")
      }
      return prepared
    }
  }
#endif
