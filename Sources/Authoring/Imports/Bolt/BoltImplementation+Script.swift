internal import JSON

/// Implementations that the shell executor starts: shells, Ruby, Python and what else a first line
/// names.
extension BoltImplementation {
  private static let puppetRuby = "/opt/puppetlabs/puppet/bin/ruby"

  func script(
    _ bytes: [UInt8], _ path: String, _ draft: Draft, _ variant: inout Draft.Variant,
    _ remarks: inout Remarks
  ) throws(ItemRefusal) {
    let text = try ScriptText(bytes, path: file, reader: .other)
    remarks.take(text)
    guard variant.os.contains("linux") || variant.os.contains("macos") else {
      throw ItemRefusal(
        .interpreterUnknown, "\(file) is for Windows, where nothing here starts such a script")
    }
    variant.os.removeAll { $0 == "windows" }
    let interpreter = try interpreter(text.text, &variant, &remarks)
    let way = way(text.text)
    let files = try sharedFiles(text.text, &remarks)
    let needsBundle = !files.isEmpty || (way.usesStdin && namesMetaparameters(text.text))
    variant.interpreter = interpreter.path
    variant.script = interpreter.script
    try bind(way, draft, interpreter, &variant, &remarks)
    if needsBundle {
      bundle(interpreter, files, way, draft, &variant, &remarks)
    } else if interpreter.isShell, !draft.arguments.isEmpty || text.text.contains("PT__task") {
      variant.script = ShellFrame.inserted(
        preamble(text.text, way, draft), into: interpreter.script)
    }
    guard variant.script.utf8.count <= 256 << 10 else {
      throw ItemRefusal(
        .scriptTooLarge, "\(file) and its files have more than 262,144 bytes together")
    }
  }

  // MARK: Interpreters

  private func interpreter(
    _ text: String, _ variant: inout Draft.Variant, _ remarks: inout Remarks
  ) throws(ItemRefusal) -> Interpreter {
    guard let shebang = Shebang(text) else {
      let suffix = LibraryPath.parts(of: file).suffix
      let paths = [
        "sh": ("/bin/sh", "sh"), "rb": (Self.puppetRuby, "ruby"),
        "py": ("/usr/bin/python3", "python"), "pl": ("/usr/bin/perl", "perl"),
      ]
      guard let (path, family) = paths[suffix] else {
        throw ItemRefusal(
          .interpreterUnknown,
          "\(file) has no first line that names an interpreter, and its name does not tell one")
      }
      remarks.gap(
        .interpreterAssumed, "\(file) has no first line that names an interpreter; \(path) is taken"
      )
      return Interpreter(path: path == "/bin/sh" ? nil : path, family: family, script: text)
    }
    let hasPuppet = variant.commands.contains("puppet")
    let interpreter = Interpreter(
      shebang, text,
      lookedUp: { name in
        if name == "ruby", hasPuppet { return Self.puppetRuby }
        return Interpreter.usualPath(name)
      }, &remarks)
    for command in interpreter.commands
    where interpreter.path != Self.puppetRuby && !variant.commands.contains(command) {
      variant.commands.append(command)
    }
    return interpreter
  }

  // MARK: Input

  /// How the script gets its parameters.
  struct Way {
    let usesEnvironment: Bool
    let usesStdin: Bool
  }

  /// Bolt gives most scripts both, and they read one.
  private func way(_ text: String) -> Way {
    switch method ?? .both {
    case .environment: return Way(usesEnvironment: true, usesStdin: false)
    case .stdin, .powershell: return Way(usesEnvironment: false, usesStdin: true)
    case .both:
      let readsEnvironment = text.contains("PT_")
      return Way(usesEnvironment: readsEnvironment, usesStdin: !readsEnvironment)
    }
  }

  private func bind(
    _ way: Way, _ draft: Draft, _ interpreter: Interpreter, _ variant: inout Draft.Variant,
    _ remarks: inout Remarks
  ) throws(ItemRefusal) {
    guard way.usesEnvironment else {
      variant.hasStdin = !draft.arguments.isEmpty || readsStdin(interpreter.script)
      if supportsNoop, !namesMetaparameters(interpreter.script) {
        remarks.gap(.boltNoop, "\(file) does not look at _noop, so noop has no effect there")
      }
      return
    }
    let secrets = draft.arguments.filter(\.isSecret)
    if !secrets.isEmpty {
      guard interpreter.isShell else {
        try refuseSecrets(draft)
        return
      }
      variant.hasStdin = true
      remarks.gap(
        .secretVariable,
        "\(file) gets \(secrets.map(\.name).joined(separator: ", ")) as a variable that is not exported:"
          + " programs that it starts do not see it")
    }
    variant.environment = Self.environment(draft.arguments.filter { !$0.isSecret })
    guard variant.environment.count <= 64 else {
      throw ItemRefusal(
        .argumentTooMany, "it has \(variant.environment.count) parameters, and 64 can be bound")
    }
  }

  /// Without parameters Bolt still gives an empty object, which a reader of JSON wants to have.
  private func readsStdin(_ text: String) -> Bool {
    let text = text.lowercased()
    return text.contains("stdin") || text.contains("task_helper")
  }

  private func namesMetaparameters(_ text: String) -> Bool {
    ["_noop", "_task", "_installdir"].contains(where: text.contains)
  }

  /// What stands before the script of a shell.
  private func preamble(_ text: String, _ way: Way, _ draft: Draft) -> String {
    var lines = ""
    if way.usesEnvironment {
      lines += ShellFrame.reading(
        draft.arguments.filter(\.isSecret).map {
          ShellFrame.Secret(argument: $0.name, variable: "PT_" + $0.name)
        })
    }
    if text.contains("PT__task") { lines += "PT__task='\(task.name)'; export PT__task\n" }
    return lines
  }

  // MARK: Files

  struct SharedFile {
    /// Below the place where Bolt would put it.
    let place: String
    let text: String
  }

  private func sharedFiles(
    _ script: String, _ remarks: inout Remarks
  ) throws(ItemRefusal) -> [SharedFile] {
    var files: [SharedFile] = []
    var missing: [String] = []
    for name in shared {
      let found = try read(name)
      if found.isEmpty { missing.append(name) }
      for file in found where !files.contains(where: { $0.place == file.place }) {
        files.append(file)
      }
    }
    guard !missing.isEmpty else { return files }
    let list = missing.joined(separator: ", ")
    guard !readsFiles(script, missing) else {
      throw ItemRefusal(
        .boltFiles,
        "\(file) reads files that are not in this library (\(list)); import their modules together"
          + " with this one")
    }
    remarks.gap(
      .boltFiles, "the files \(list) are not in this library; \(file) does not seem to read them")
    return files
  }

  /// Whether the script looks for what is missing: where Bolt puts files, beside itself, or by name.
  private func readsFiles(_ script: String, _ names: [String]) -> Bool {
    let places = [
      "installdir", "require_relative", "__dir__", "BASH_SOURCE", "dirname", "__file__",
    ]
    let stems = names.map { LibraryPath.parts(of: LibraryPath.name(of: $0)).stem }.filter {
      $0.count > 2
    }
    return (places + stems).contains(where: script.contains)
  }

  /// One file, or all files of a folder where the name ends with a slash.
  private func read(_ name: String) throws(ItemRefusal) -> [SharedFile] {
    guard let path = task.library.path(of: name), let place = LibraryPath.referred(name) else {
      return []
    }
    let library = task.library.files
    let paths = library.contains(path) ? [path] : library.paths(below: path)
    var files: [SharedFile] = []
    for found in paths {
      guard case .success(let bytes) = library.bytes(of: found) else { continue }
      let text = try ScriptText(bytes, path: name, reader: .other)
      files.append(SharedFile(place: place + found.dropFirst(path.count), text: text.text))
    }
    return files
  }

  /// A script that lays the files out as Bolt does, and then runs the task.
  private func bundle(
    _ interpreter: Interpreter, _ files: [SharedFile], _ way: Way, _ draft: Draft,
    _ variant: inout Draft.Variant, _ remarks: inout Remarks
  ) {
    let own = "\(task.module.name)/tasks/\(file)"
    var bundle = ShellBundle(taskName: task.name)
    for file in files where file.place != own { bundle.add(file.place, file.text) }
    bundle.add(own, interpreter.script)
    if !files.isEmpty {
      remarks.note(
        .boltBundle,
        "it brings along \(files.map(\.place).joined(separator: ", "))")
    }
    if interpreter.isShell, way.usesEnvironment {
      variant.script =
        "#!\(interpreter.path ?? "/bin/sh")\n" + preamble("", way, draft) + bundle.sourcing(own)
      return
    }
    variant.interpreter = nil
    let program = interpreter.path ?? "/bin/sh"
    if way.usesStdin, supportsNoop {
      variant.environment.append((name: "PT__noop", argument: "noop"))
    }
    variant.script = bundle.running(
      program, own, givesStdin: variant.hasStdin)
  }
}
