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
    private let makeSetup: (String) -> HostProcess.Setup
    private let pool: HostPool

    /// - Parameter directory: for the host's files and channels; nobody else may enter it. `nil` for a
    ///   plugin that offers no executor, and so gets no calls.
    package init(
      _ server: PluginServer, _ settings: Settings, directory: String?
    ) throws {
      self.server = server
      self.settings = settings
      if settings.hostScript == nil, let directory { try HostFiles.write(into: directory) }
      var pooled = HostPool.Settings()
      pooled.rule.maxCalls = settings.maxCalls
      makeSetup = { program in
        HostProcess.Setup(
          program: program, directory: directory ?? "/", hostScript: settings.hostScript)
      }
      pool = HostPool(server, pooled, makeSetup: makeSetup)
    }

    package func prepare(_ call: PluginCall) throws(Refusal) {
      let program = call.interpreter ?? settings.program
      try PowerShellPrograms.check(program)
      let work = call.directory + "/work"
      let request = try HostRequest(
        script: call.script, directory: work, environment: call.agentVariables + call.environment,
        arguments: call.arguments, input: call.stdin)
      do throws(SystemError) {
        try Files.makeDirectories(work)
      } catch {
        throw Refusal(
          reason: "script.notStaged", message: "\(error)",
          remedy: "make room in the call's directory")
      }
      let own = call.asksForIsolation ? pool.make(try ownSetup(call, program)) : nil
      call.attachment = Prepared(program: program, request: request, host: own)
      if own == nil { pool.warm(program) }
    }

    /// For a host of this call alone.
    private func ownSetup(
      _ call: PluginCall, _ program: String
    ) throws(Refusal) -> HostProcess.Setup {
      let groups = server.controlGroups
      if call.limits.memoryBytes != nil, let why = groups.lacks("memory") {
        throw Refusal(
          reason: "limit.unavailable",
          message:
            "the memory of PowerShell can only be limited by a cgroup, since .NET reserves far"
            + " more addresses than it uses: \(why)",
          remedy: "\(ControlGroups.remedy); or take the limit out of the tool")
      }
      var setup = makeSetup(program)
      setup.held = try CallConfinement(call, groups)
      setup.isForOneCall = true
      // .NET 7 to 9 maps executable memory through a file of 2 TB (dotnet/runtime#117819).
      if call.limits.fileSizeBytes != nil {
        setup.environment = [("DOTNET_EnableWriteXorExecute", "0")]
      }
      return setup
    }

    package func start(_ call: PluginCall) {
      let prepared = prepared(call)
      do throws(Refusal) {
        let host: HostProcess
        if let own = prepared.host {
          try pool.start(own)
          host = own
        } else {
          host = try pool.host(for: prepared.program)
          prepared.host = host
        }
        host.take(call, prepared.request)
      } catch {
        call.didNotStart(error)
      }
    }

    package func cancel(_ call: PluginCall, because reason: CancelReason) {
      prepared(call).host?.stop(call, reason == .shutdown ? .limit("shutdown") : .cancel)
    }

    package func discard(_ call: PluginCall) { call.attachment = nil }

    private final class Prepared {
      let program: String
      let request: HostRequest
      /// From the start on; before it, of a call that has one for itself.
      var host: HostProcess?

      init(program: String, request: HostRequest, host: HostProcess?) {
        self.program = program
        self.request = request
        self.host = host
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
