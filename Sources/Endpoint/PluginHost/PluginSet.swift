package import Model
package import Platform
package import PluginProtocol

/// The executor plugins of an endpoint, on the loop of one thread: finds them, starts them when they
/// are wanted, restarts them when they fail, and passes calls to the one that has their executor.
/// What comes of a request is delivered as events.
package final class PluginSet {
  private let settings: PluginHost.Settings
  private let timers: any Timers
  private let find: () -> PluginFiles
  private let open: (String) throws(SystemError) -> any PluginChannel
  private let deliver: (PluginEvent) -> Void
  private var runners: [PluginRunner] = []
  private var told: [PluginExecutor]?
  private var hasLooked = false
  /// Calls whose executor may turn out to be one of a plugin that has not said what it offers.
  private var undecided: [Preparation] = []
  /// Those of them that may start.
  private var startable: Set<CallID> = []

  /// - Parameter deliver: called on the loop's thread, also before a request returns; to hand the
  ///   event on, not to work on it.
  package convenience init(
    _ settings: PluginHost.Settings, _ loop: EventLoop, deliver: @escaping (PluginEvent) -> Void
  ) {
    Signals.ignoreBrokenPipe()
    self.init(
      settings, timers: loop, find: { PluginFiles(directory: settings.directory) },
      open: { path throws(SystemError) in
        try PluginProcess(path: path, settings: settings, loop: loop)
      }, deliver: deliver)
  }

  /// - Parameters:
  ///   - find: looks for plugins.
  ///   - open: starts the plugin of a path.
  package init(
    _ settings: PluginHost.Settings, timers: any Timers, find: @escaping () -> PluginFiles,
    open: @escaping (String) throws(SystemError) -> any PluginChannel,
    deliver: @escaping (PluginEvent) -> Void
  ) {
    self.settings = settings
    self.timers = timers
    self.find = find
    self.open = open
    self.deliver = deliver
  }

  /// Ends a started call, which then tells `ended`. A call that is not running is no error.
  package func cancel(_ call: CallID) { runner(of: call)?.cancel(call) }

  /// Sees to it that a call that was not begun in its time never will be. One that has no plugin yet is
  /// dropped, and the plugin that has it is let go.
  /// - Returns: whether `pluginDied`, or `refused`, will tell of it.
  package func giveUp(_ call: CallID) -> Bool {
    undecided.removeAll { $0.call == call }
    startable.remove(call)
    return runner(of: call)?.giveUp(call) ?? false
  }

  /// Lets go of the plugins. Running calls go on to their end, and their spools tell it; calls that
  /// were not started never will be.
  package func leave() {
    for runner in runners { runner.leave() }
  }

  private func runner(of call: CallID) -> PluginRunner? { runners.first { $0.has(call) } }

  /// Looks into the directory, starts every plugin there to learn what it offers, and tells.
  package func discover() {
    hasLooked = true
    let files = find()
    for refused in files.refused {
      deliver(
        .pluginRefused(path: refused.path, reason: refused.reason, remedy: refused.remedy))
    }
    for (name, path) in files.found where !runners.contains(where: { $0.name == name }) {
      _ = add(name, path)
    }
    for runner in runners { runner.probe() }
    if runners.isEmpty { tellExecutors() }
  }

  private func add(_ name: String, _ path: String) -> PluginRunner {
    let runner = PluginRunner(
      name: name, path: path, settings: settings, timers: timers,
      open: { [open] () throws(SystemError) in try open(path) }, deliver: deliver,
      onChange: { [weak self] in self?.offersChanged() })
    runners.append(runner)
    return runner
  }

  /// Asks the plugins that run whether they answer. Starts none.
  package func ask() {
    for runner in runners { runner.ask() }
  }

  /// What keeps plugins from answering that should.
  package var silent: [String] { runners.compactMap(\.silence) }

  /// Starts silent plugins anew that have no call, takes in those that were put into the directory,
  /// and forgets those that are gone from it.
  /// - Returns: what was done, in words.
  package func rebuild() -> [String] {
    var done = runners.compactMap { $0.restartIfSilent() }
    let files = find()
    for (name, path) in files.found where !runners.contains(where: { $0.name == name }) {
      add(name, path).probe()
      done.append("plugin \(name) was found")
    }
    let names = Set(files.found.map(\.name))
    for runner in runners where !names.contains(runner.name) && runner.isAbandoned {
      runner.retire()
      done.append("plugin \(runner.name) is gone, and forgotten")
    }
    runners.removeAll { !names.contains($0.name) && $0.isAbandoned }
    tellExecutors()
    return done
  }

  private func offersChanged() {
    tellExecutors()
    let preparations = undecided
    undecided = []
    for preparation in preparations {
      prepare(preparation)
      if startable.remove(preparation.call) != nil { start(preparation.call) }
    }
  }

  private func isUndecided(_ call: CallID) -> Bool { undecided.contains { $0.call == call } }

  /// To be called once, when the journal has on disk that the call is released; `prepared` need not
  /// have come. Answered by `started` or `refused`, and later by `ended`; or by `pluginDied`.
  package func start(_ call: CallID) {
    if isUndecided(call) {
      startable.insert(call)
    } else if let runner = runner(of: call) {
      runner.start(call)
    } else {
      deliver(
        .refused(
          call, reason: "call.unknown", message: "no plugin has call \(call)",
          remedy: "prepare it, then start it"))
    }
  }

  /// Drops a call that was not told to start, and tells `refused`. Any other is left alone.
  package func discard(_ call: CallID) {
    guard isUndecided(call) else {
      runner(of: call)?.discard(call)
      return
    }
    undecided.removeAll { $0.call == call }
    startable.remove(call)
    deliver(
      .refused(
        call, reason: "call.discarded", message: "call \(call) was dropped before its start",
        remedy: "call again"))
  }

  /// Answered by `prepared` or `refused`.
  package func prepare(_ preparation: Preparation) {
    if !hasLooked { discover() }
    let runner = runners.first {
      $0.description?.executors.contains(preparation.executor) ?? false
    }
    guard let runner else {
      if runners.contains(where: \.isLearning), undecided.count < settings.maxWaiting {
        undecided.append(preparation)
        return
      }
      let executor = preparation.executor
      deliver(
        .refused(
          preparation.call, reason: "executor.missing",
          message: "no executor for \(executor) on \(Machine.platform)",
          remedy: "install signalbox-plugin-\(executor), or add a variant to the tool"))
      return
    }
    let offered = runner.description?.isolation ?? []
    if let lacking = preparation.asksFor.first(where: { !offered.contains($0) }) {
      return deliver(
        .refused(
          preparation.call, reason: "isolation.unsupported",
          message: Self.refusal(of: lacking, by: preparation.executor),
          remedy: "update the plugin signalbox-plugin-\(runner.name), or take it out of the tool"))
    }
    runner.prepare(preparation)
  }

  /// Without what it asks for a call does not run at all.
  private static func refusal(of word: String, by executor: String) -> String {
    switch word {
    case "limits": "the executor \(executor) cannot limit what a call takes, and the tool does"
    case "runAs": "the executor \(executor) cannot run a call as another user, and the tool does"
    default: "the tool needs \"\(word)\", which the executor \(executor) does not offer"
    }
  }

  private func tellExecutors() {
    // The agent refuses calls for executors that it was not told of, so the first word is a whole one.
    if told == nil, runners.contains(where: \.isLearning) { return }
    let executors = runners.flatMap { runner -> [PluginExecutor] in
      guard let description = runner.description else { return [] }
      return description.executors.map {
        PluginExecutor(
          name: $0, plugin: description.name, pluginVersion: description.version,
          inputs: description.inputs,
          runsAsOthers: description.isolation.contains(Preparation.asOther))
      }
    }
    guard executors != told else { return }
    told = executors
    deliver(.executors(executors))
  }
}
