internal import JSON
internal import Tools

extension VariantReader {
  static let maxBindings = 64

  /// Variables that make a program load, look up or run something: bound to an argument, they would
  /// give the caller what the script does not.
  static let dangerousVariables: Set<String> = [
    "PATH", "IFS", "ENV", "BASH_ENV", "SHELLOPTS", "BASHOPTS", "PS1", "PS2", "PS4", "CDPATH",
    "GLOBIGNORE", "PROMPT_COMMAND", "HOME", "SHELL", "TMPDIR", "EDITOR", "VISUAL", "PAGER",
    "LESSOPEN", "GIT_SSH", "GIT_SSH_COMMAND", "PYTHONPATH", "PYTHONSTARTUP", "PYTHONHOME",
    "PERL5LIB", "PERL5OPT", "PERL5DB", "RUBYLIB", "RUBYOPT", "NODE_OPTIONS", "NODE_PATH",
    "JAVA_TOOL_OPTIONS", "GCONV_PATH", "LOCPATH", "NLSPATH", "RES_OPTIONS", "HOSTALIASES",
    "OPENSSL_CONF", "OPENSSL_MODULES", "SSL_CERT_FILE", "SSL_CERT_DIR", "PSMODULEPATH", "PATHEXT",
    "COMSPEC", "SYSTEMROOT", "WINDIR",
  ]
  static let dangerousPrefixes = ["LD_", "DYLD_", "BASH_FUNC_", "SIGNALBOX_"]

  func readInput(_ fields: Fields) -> Input? {
    guard fields.has("input") else { return Input(environment: [], arguments: [], hasStdin: false) }
    guard let node = fields["input"],
      let input = reader.fields(node, "input", ["env", "argv", "stdin"])
    else { return nil }
    let variables = readVariables(input)
    let list = readList(input)
    let stdin = readStdin(input)
    guard let variables, let list, let stdin else { return nil }
    return Input(environment: variables, arguments: list, hasStdin: stdin)
  }

  private func readVariables(_ input: Fields) -> [Input.Variable]? {
    guard input.has("env") else { return [] }
    guard let node = input["env"] else { return nil }
    guard let members = node.members, members.count <= Self.maxBindings else {
      input.wrongType("env", node, "a mapping of at most \(Self.maxBindings) names to pointers")
      return nil
    }
    let variables = members.compactMap { member -> Input.Variable? in
      checkName(member)
      guard let pointer = bound(member.value, "env") else { return nil }
      return Input.Variable(name: member.key, pointer: pointer)
    }
    return variables.count == members.count ? variables : nil
  }

  private func checkName(_ member: Node.Member) {
    let name = member.key
    let upper = name.uppercased()
    guard Words.isVariableName(name) else {
      faults.add(
        .bindingName, at: member.keyPosition,
        "\"\(excerpt(name))\" cannot be the name of a variable",
        remedy: "write letters, digits and \"_\", not beginning with a digit, such as UNIT")
      return
    }
    guard Catalog.isDangerous(variable: name) else { return }
    faults.add(
      .bindingName, at: member.keyPosition,
      "the variable \(name) changes what programs load or run, so no argument may set it",
      remedy: "choose a name of your own, such as TOOL_\(upper)")
  }

  private func readList(_ input: Fields) -> [JSONPointer]? {
    guard input.has("argv") else { return [] }
    guard let node = input["argv"] else { return nil }
    guard let items = node.items, items.count <= Self.maxBindings else {
      input.wrongType("argv", node, "a list of at most \(Self.maxBindings) pointers")
      return nil
    }
    let pointers = items.compactMap { bound($0, "argv") }
    guard pointers.count == items.count else { return nil }
    refuseGaps(pointers, items)
    return pointers
  }

  /// An element that may be absent before one that never is would make the call impossible.
  private func refuseGaps(_ pointers: [JSONPointer], _ items: [Node]) {
    guard let arguments, let last = pointers.lastIndex(where: { !arguments.mayBeAbsent($0) }) else {
      return
    }
    for (index, pointer) in pointers[..<last].enumerated() where arguments.mayBeAbsent(pointer) {
      faults.add(
        .bindingGap, at: items[index].position,
        "\(pointer.text) may be absent, and an argument that is always there comes after it",
        remedy: "move it to the end of argv, make it required, or give it a default")
    }
  }

  private func readStdin(_ input: Fields) -> Bool? {
    guard input.has("stdin") else { return false }
    guard let node = input["stdin"] else { return nil }
    guard node.string == "json" else {
      faults.add(
        .value, at: node.position, "stdin is \(node.spoken)",
        remedy: "write \"stdin: json\": all the arguments as one JSON object")
      return nil
    }
    return true
  }

  /// A pointer to a declared argument that may travel where other processes can read it.
  private func bound(_ node: Node, _ place: String) -> JSONPointer? {
    guard let pointer = reader.pointer(node, place) else { return nil }
    if let arguments { _ = reader.declared(pointer, arguments, at: node.position) }
    let secret = secrets.first { secret in
      secret.tokens.starts(with: pointer.tokens) || pointer.tokens.starts(with: secret.tokens)
    }
    if let secret {
      faults.add(
        .secretExposed, at: node.position,
        "\(secret.text) is a secret, and \(place) shows it to every process of the endpoint",
        remedy: "take it from standard input with \"stdin: json\"")
    }
    return pointer
  }
}

extension Catalog {
  /// Whether a definition may bind a variable of this name.
  package static func mayBind(variable name: String) -> Bool {
    Words.isVariableName(name) && !isDangerous(variable: name)
  }

  static func isDangerous(variable name: String) -> Bool {
    let upper = name.uppercased()
    return VariantReader.dangerousVariables.contains(upper)
      || VariantReader.dangerousPrefixes.contains(where: upper.hasPrefix)
  }
}

extension Input {
  /// The canonical form: only what is bound.
  var json: JSON {
    var object = JSONObject()
    if !environment.isEmpty {
      object["env"] = .object(
        JSONObject(environment.map { ($0.name, JSON.string($0.pointer.text)) }))
    }
    if !arguments.isEmpty { object["argv"] = .array(arguments.map { .string($0.text) }) }
    if hasStdin { object["stdin"] = "json" }
    return .object(object)
  }
}
