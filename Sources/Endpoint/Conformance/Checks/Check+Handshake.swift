internal import JSON
internal import Model
internal import Platform
internal import PluginProtocol

extension Check {
  static let handshakes: [Check] = [
    Check("program", "the agent would start the program", needs: []) { trial in
      let program = trial.subject.settings.program
      let status = try Files.status(program)
      if status.kind != .file { throw Flaw("\(program) is not a file") }
      if !Files.isExecutable(program) { throw Flaw("it is not executable: chmod 755") }
      if status.permissions & 0o022 != 0 {
        throw Flaw("others can write to it: chmod go-w")
      }
      if status.owner != 0, status.owner != Machine.effectiveUser {
        throw Flaw("it belongs to user \(status.owner): chown it to root or to yourself")
      }
      let isNamed = Files.name(of: program).hasPrefix("signalbox-plugin-")
      return isNamed ? "" : "in the plugin directory, name it signalbox-plugin-<name>"
    },
    Check("handshake", "it says what it is", needs: []) { trial in
      let plugin = try trial.launch()
      let description = try plugin.hello()
      guard description.protocolVersion == PluginProtocol.version else {
        throw Flaw(
          "it speaks protocol \(description.protocolVersion), not \(PluginProtocol.version)")
      }
      if description.executors.isEmpty { throw Flaw("it offers no executor") }
      let unknown = description.inputs.filter { !["env", "argv", "stdin"].contains($0) }
      if !unknown.isEmpty { throw Flaw("there is no input \(unknown.joined(separator: ", "))") }
      let strange = description.isolation.filter { !isolationWords.contains($0) }
      if !strange.isEmpty { throw Flaw("there is no isolation \(strange.joined(separator: ", "))") }
      if let wanted = trial.subject.settings.executor, !description.executors.contains(wanted) {
        throw Flaw("it offers \(description.executors.joined(separator: ", ")), and no \(wanted)")
      }
      trial.subject.description = description
      return "\(description.name) \(description.version), for"
        + " \(description.executors.joined(separator: ", "))"
    },
    Check("handshake.version", "it refuses a protocol that it does not speak") { trial in
      let plugin = try trial.launch()
      let answer = try plugin.ask(
        .initialize(agentName: "signalbox-check", agentVersion: "1", protocolVersion: 999))
      if case .success(let result) = answer, result["protocol"] == 999 {
        throw Flaw("it says that it speaks protocol 999")
      }
      return ""
    },
  ]

  static let messages: [Check] = [
    Check("message.notJSON", "a line that is no JSON is answered, and it goes on") { trial in
      let plugin = try trial.open()
      plugin.send(line: Array("}{ this is no message\n".utf8))
      guard
        case .reply(.null, .failure) = try plugin.next(
          "a line that is no JSON", Deadline(.seconds(10)))
      else { throw Flaw("it did not answer with an error and \"id\": null") }
      try plugin.goesOn()
      return ""
    },
    Check("message.bytes", "a line of arbitrary bytes is answered, and it goes on") { trial in
      let plugin = try trial.open()
      plugin.send(line: [0xFF, 0xC0, 0x80, 0x00, 0x1B, 0xFE, 0x0A])
      guard case .reply(_, .failure) = try plugin.next("arbitrary bytes", Deadline(.seconds(10)))
      else { throw Flaw("it did not answer with an error") }
      try plugin.goesOn()
      return ""
    },
    Check("message.unknownMethod", "an unknown method is refused, and it goes on") { trial in
      let plugin = try trial.open()
      plugin.send(
        line: Array(#"{"jsonrpc":"2.0","id":900,"method":"dance","params":{}}"#.utf8) + [0x0A])
      let told = try plugin.next("an unknown method", Deadline(.seconds(10)))
      guard case .reply(900, .failure(let fault)) = told else {
        throw Flaw("it did not answer with an error and the request's id")
      }
      guard fault.code == PluginFault.unknownMethod else {
        throw Flaw("its error has code \(fault.code), not \(PluginFault.unknownMethod)")
      }
      try plugin.goesOn()
      return ""
    },
    Check("message.incomplete", "a request without its parameters is refused, and it goes on") {
      trial in
      let plugin = try trial.open()
      plugin.send(line: Array(#"{"jsonrpc":"2.0","id":901,"method":"prepare"}"#.utf8) + [0x0A])
      guard
        case .reply(901, .failure) = try plugin.next(
          "an incomplete request", Deadline(.seconds(10)))
      else { throw Flaw("it did not answer with an error and the request's id") }
      try plugin.goesOn()
      return ""
    },
    Check("message.unknownCall", "calls that it does not have are refused") { trial in
      let plugin = try trial.open()
      try plugin.expectRefusal(
        .start(CallID("nobody")), "the start of a call that was not prepared")
      // An ended call is not known any more, so an error and an answer are both right.
      _ = try plugin.ask(.cancel(CallID("nobody")))
      try plugin.goesOn()
      return ""
    },
  ]
}

extension PluginUnderCheck {
  /// It still answers.
  fileprivate func goesOn() throws {
    switch try ask(.discard(CallID("nobody"))) {
    case .success, .failure: return
    }
  }
}
