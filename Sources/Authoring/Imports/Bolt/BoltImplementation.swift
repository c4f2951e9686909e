internal import JSON

/// One implementation of a task, on its way to a variant of the tool.
struct BoltImplementation {
  enum Method: String {
    case environment, stdin, both, powershell
  }

  let task: BoltTask
  /// Its name in the folder of tasks.
  let file: String
  let requirements: [String]
  /// As the metadata says; the file's kind decides where it does not.
  let method: Method?
  /// Files of modules that it reads, as `module/path`.
  let shared: [String]
  let supportsNoop: Bool

  func variant(
    for draft: Draft, _ remarks: inout Remarks
  ) throws(ItemRefusal) -> Draft.Variant {
    let path = try located(&remarks)
    let bytes: [UInt8]
    switch task.library.files.bytes(of: path) {
    case .success(let read): bytes = read
    case .failure(let error): throw ItemRefusal(error, file)
    }
    var variant = conditions(&remarks)
    switch LibraryPath.parts(of: file).suffix {
    case "ps1": try powerShell(bytes, draft, &variant, &remarks)
    case "bat", "cmd":
      let text = try ScriptText(bytes, path: file, reader: .windows)
      remarks.take(text)
      variant.executor = "powershell"
      variant.os = ["windows"]
      variant.script = try BatchFrame.around(
        text.text, path: file, hasArguments: !draft.arguments.isEmpty, &remarks)
    default: try script(bytes, path, draft, &variant, &remarks)
    }
    return variant
  }

  private func located(_ remarks: inout Remarks) throws(ItemRefusal) -> String {
    guard let name = LibraryPath.referred(file) else {
      throw ItemRefusal(.fileOutside, "\(file.quoted()) leads out of the module")
    }
    let path = LibraryPath.joined(LibraryPath.joined(task.module.folder, "tasks"), name)
    if task.library.files.contains(path) { return path }
    if let found = task.library.files.ignoringCase(path) {
      remarks.note(.fileCase, "it names \(name), and the file is \(LibraryPath.name(of: found))")
      return found
    }
    throw ItemRefusal(.fileMissing, "it names \(name), and there is no such file in tasks")
  }

  // MARK: Where it runs

  private func conditions(_ remarks: inout Remarks) -> Draft.Variant {
    var variant = Draft.Variant()
    var os: [String]?
    for requirement in requirements {
      switch requirement {
      case "shell": os = ["linux", "macos"]
      case "powershell", "cmd": os = ["windows"]
      case "puppet-agent": variant.commands.append("puppet")
      default:
        remarks.gap(
          .boltRequirement,
          "\(file) requires the feature \(requirement.quoted()), which no condition here can ask for"
        )
      }
    }
    let isForWindows = ["ps1", "bat", "cmd"].contains(LibraryPath.parts(of: file).suffix)
    variant.os = os ?? (isForWindows ? ["windows"] : ["linux", "macos"])
    return variant
  }

  // MARK: PowerShell

  private func powerShell(
    _ bytes: [UInt8], _ draft: Draft, _ variant: inout Draft.Variant, _ remarks: inout Remarks
  ) throws(ItemRefusal) {
    let text = try ScriptText(bytes, path: file, reader: .windows)
    remarks.take(text)
    try refuseFiles(text.text, &remarks)
    variant.executor = "powershell"
    variant.script = text.text
    switch method ?? .powershell {
    case .powershell: try bindParameters(text.text, draft, &variant, &remarks)
    case .environment:
      try refuseSecrets(draft)
      variant.environment = Self.environment(draft.arguments)
    case .both:
      variant.environment = Self.environment(draft.arguments.filter { !$0.isSecret })
      variant.hasStdin = !draft.arguments.isEmpty
    case .stdin: variant.hasStdin = !draft.arguments.isEmpty
    }
    PowerShellWords(text.text).remark(isFramed: variant.script != text.text, &remarks)
  }

  private func bindParameters(
    _ script: String, _ draft: Draft, _ variant: inout Draft.Variant, _ remarks: inout Remarks
  ) throws(ItemRefusal) {
    guard !draft.arguments.isEmpty else { return }
    variant.hasStdin = true
    let block: ParamBlock?
    do throws(PowerShellScanner.Unreadable) {
      block = try ParamBlock.read(script)
    } catch {
      throw ItemRefusal(
        .scriptLanguage,
        "the parameters of \(file) cannot be read: line \(error.line): \(error.reason)")
    }
    let declared = block?.parameters ?? []
    var bindings: [PowerShellFrame.Binding] = []
    for argument in draft.arguments {
      let wanted = argument.name == "noop" && supportsNoop ? "_noop" : argument.name
      guard let parameter = declared.first(where: { $0.name.lowercased() == wanted }) else {
        remarks.gap(
          .argumentUndeclared, "\(file) has no parameter \(wanted), so it does not get the argument"
        )
        continue
      }
      let kind = ParameterType(parameter.type).kind
      bindings.append(
        PowerShellFrame.Binding(
          argument: argument.name, parameter: parameter.name,
          kind: kind == .credential ? .value : kind))
    }
    for parameter in declared
    where ["_task", "_installdir", "_target"].contains(parameter.name.lowercased()) {
      remarks.gap(
        .boltMetaparameter,
        "\(file) takes \(parameter.name), which Bolt fills in and nobody does here")
    }
    if !bindings.isEmpty { variant.script = PowerShellFrame.named(bindings).around(script) }
  }

  /// A PowerShell script cannot bring other files along.
  private func refuseFiles(_ script: String, _ remarks: inout Remarks) throws(ItemRefusal) {
    guard !shared.isEmpty else { return }
    let list = shared.joined(separator: ", ")
    guard !script.lowercased().contains("_installdir") else {
      throw ItemRefusal(
        .boltFiles,
        "\(file) reads files of modules (\(list)), which a PowerShell script cannot bring")
    }
    remarks.gap(
      .boltFiles, "the files \(list) do not come along; \(file) does not name their place")
  }

  func refuseSecrets(_ draft: Draft) throws(ItemRefusal) {
    guard let secret = draft.arguments.first(where: \.isSecret) else { return }
    throw ItemRefusal(
      .secretUnreachable,
      "\(file) reads the secret \(secret.name) from its environment, where no secret travels")
  }

  static func environment(
    _ arguments: [Draft.Argument]
  ) -> [(name: String, argument: String)] {
    arguments.map { argument in
      (argument.name == "noop" ? "PT__noop" : "PT_" + argument.name, argument.name)
    }
  }
}
