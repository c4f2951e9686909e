internal import JSON
internal import Model
internal import Platform
internal import PluginProtocol
internal import Redaction

// What the agent asks.

extension PluginServer {
  func handle(_ request: PluginRequest, _ address: ReplyAddress) {
    do throws(PluginFault) {
      switch request {
      case .initialize(_, _, let version): reply(to: address, .success(try initialize(version)))
      case .prepare(let preparation):
        try prepare(preparation)
        reply(to: address, .success(["prepared": true]))
      case .start(let call): try start(call, address)
      case .discard(let call):
        try discard(try known(call))
        reply(to: address, .success(["discarded": true]))
      case .cancel(let call):
        try cancel(try known(call))
        reply(to: address, .success(["cancelling": true]))
      case .ping: reply(to: address, .success([:]))
      case .shutdown:
        reply(to: address, .success([:]))
        leave()
      }
    } catch {
      reply(to: address, .failure(error))
    }
  }

  private func initialize(_ version: Int) throws(PluginFault) -> JSON {
    guard version == PluginProtocol.version else {
      throw PluginFault(
        message: "protocol \(version) is not spoken here, only \(PluginProtocol.version)",
        reason: "plugin.protocol", remedy: "install a plugin and an agent of the same release")
    }
    isInitialized = true
    return PluginDescription(
      name: plugin.name, version: plugin.version, executors: plugin.executors,
      inputs: plugin.inputs.map(\.rawValue), isolation: plugin.isolation.map(\.rawValue),
      platform: Machine.platform
    ).json
  }

  private func prepare(_ preparation: Preparation) throws(PluginFault) {
    try requireReady()
    let id = preparation.call.text
    guard calls[id] == nil else {
      throw .refusal("call.known", "call \(id) was prepared before", "start or discard that one")
    }
    guard plugin.executors.contains(preparation.executor) else {
      throw .refusal(
        "executor.unknown", "no executor \(preparation.executor) here",
        "use one of \(plugin.executors)")
    }
    let secretBytes = preparation.redact.reduce(0) { $0 + $1.utf8.count }
    guard secretBytes <= Redactor.maxSecretBytes else {
      throw .refusal(
        "redact.tooLong", "\(secretBytes) bytes of secrets, over \(Redactor.maxSecretBytes)",
        "redact shorter values")
    }
    let call: PluginCall
    do throws(SystemError) {
      try Files.makeDirectories(preparation.directory)
      let spool = try SpoolWriter(
        path: preparation.spool, call: preparation.call, plugin: plugin.name)
      call = PluginCall(preparation, spool: spool, server: self)
    } catch {
      throw .refusal("spool.unwritable", "\(error)", "make room for the call's directory")
    }
    do throws(Refusal) {
      try executor?.prepare(call)
    } catch {
      // Nothing will run; the same call may be prepared again once the reason is gone. The spool stays:
      // a missing one would prove nothing.
      try? call.spool.withdraw()
      throw .refusal(error.reason, error.message, error.remedy)
    }
    calls[id] = call
  }

  private func start(_ id: CallID, _ address: ReplyAddress) throws(PluginFault) {
    try requireReady()
    let call = try known(id)
    guard call.state == .prepared else {
      throw .refusal("call.alreadyStarted", "call \(id) was started before", "wait for its end")
    }
    do throws(SystemError) {
      try call.beginStart()
    } catch {
      drop(call)
      throw .refusal("spool.unwritable", "\(error)", "make room for the call's directory")
    }
    call.startRequest = address
    executor?.start(call)
  }

  private func discard(_ call: PluginCall) throws(PluginFault) {
    guard call.state == .prepared else {
      throw .refusal("call.alreadyStarted", "call \(call.id) was started", "cancel it instead")
    }
    drop(call)
  }

  private func cancel(_ call: PluginCall) throws(PluginFault) {
    guard call.state != .prepared else {
      throw .refusal("call.notStarted", "call \(call.id) was not started", "discard it instead")
    }
    cancel(call, because: .requested)
  }

  func cancel(_ call: PluginCall, because reason: CancelReason) {
    guard call.state == .starting || call.state == .running, !call.cancelRequested else { return }
    call.cancelRequested = true
    executor?.cancel(call, because: reason)
  }

  private func requireReady() throws(PluginFault) {
    guard isInitialized else {
      throw .refusal("plugin.notInitialized", "no handshake yet", "send initialize first")
    }
    guard !isLeaving else {
      throw .refusal("plugin.leaving", "the plugin is shutting down", "start it again")
    }
    // Asked with the spool locked, for a start: whoever asked for it and found the spool free after
    // it was gone knows that nothing will run.
    guard !input.hasNoWriter else {
      throw .refusal("plugin.leaving", "the agent that asked is gone", "start another plugin")
    }
  }

  private func known(_ id: CallID) throws(PluginFault) -> PluginCall {
    guard let call = calls[id.text] else {
      throw .refusal(
        "call.unknown", "call \(id) is not here", "it has ended, or it was never prepared")
    }
    return call
  }
}

extension PluginFault {
  static func refusal(
    _ reason: String, _ message: String, _ remedy: String
  ) -> PluginFault {
    PluginFault(message: message, reason: reason, remedy: remedy)
  }
}
