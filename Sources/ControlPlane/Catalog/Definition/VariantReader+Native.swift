internal import JSON
internal import NativeCalls
internal import Tools

extension VariantReader {
  static let nativeExecutor = "native"

  /// A variant that calls functions instead of running a script. What it takes of the arguments is
  /// in its native section, so it has no bindings; they all come as JSON.
  func readNative(
    _ fields: Fields, _ when: Variant.Conditions?, _ executor: String?
  ) -> Part? {
    if executor != Self.nativeExecutor, executor != nil {
      faults.add(
        .native, at: fields["native"]?.position ?? fields.node.position,
        "only the executor native has a native section", remedy: "write \"with: native\"")
      return nil
    }
    refuseScript(fields)
    guard let node = fields.required("native", "{library: {linux: libc.so.6}, calls: […]}") else {
      return nil
    }
    let section = node.json
    switch NativePlan.read(section) {
    case .failure(let refused):
      for fault in refused.all {
        faults.add(
          fault.kind == .memory ? .nativeMemory : .native, at: node.place(fault.pointer),
          "native\(fault.pointer): \(fault.message)", remedy: fault.remedy)
      }
      return nil
    case .success(let plan):
      guard let bound = bound(plan, node), let when, executor != nil else { return nil }
      refuseOtherPlatforms(plan, when, node)
      return Part(
        when: when, input: Input(environment: [], arguments: bound, hasStdin: false),
        json: [
          "when": when.json, "with": .string(Self.nativeExecutor), "interpreter": .null,
          "input": Input(environment: [], arguments: [], hasStdin: true).json,
          "native": section,
        ])
    }
  }

  private func refuseScript(_ fields: Fields) {
    guard fields.form == .file else { return }
    for name in ["script", "interpreter", "input", "runAs", "needs"] where fields.has(name) {
      faults.add(
        .native,
        at: fields.node.members?.first { $0.key == name }?.keyPosition
          ?? fields.node.position,
        "a variant of the executor native has no \(name)",
        remedy: "remove it; a parameter takes an argument with \"argument: /name\"")
    }
  }

  /// A platform that it is offered to, and has no library for, would be a call that is refused there.
  private func refuseOtherPlatforms(
    _ plan: NativePlan, _ when: Variant.Conditions, _ node: Node
  ) {
    for platform in when.os.isEmpty ? Variant.Conditions.platforms : when.os
    where plan.libraries[platform] == nil {
      faults.add(
        .native, at: node.place("/library"), "it has no library for \(platform)",
        remedy: "add one, or write \"when: {os: …}\" with the platforms that have one")
    }
  }

  /// The arguments that its parameters and results name.
  private func bound(_ plan: NativePlan, _ node: Node) -> [JSONPointer]? {
    var pointers: [JSONPointer] = []
    for call in plan.calls {
      for case .argument(_, let text) in call.arguments.flatMap(\.values) {
        if let pointer = try? JSONPointer(text) { pointers.append(pointer) }
      }
    }
    for pointer in plan.outputs.flatMap(\.expression.pointers) {
      guard let tokens = (try? JSONPointer(pointer))?.tokens,
        tokens.first == NativePlan.argumentsName
      else { continue }
      pointers.append(JSONPointer(tokens: Array(tokens.dropFirst())))
    }
    guard let arguments else { return pointers }
    for pointer in pointers { _ = reader.declared(pointer, arguments, at: node.position) }
    return pointers
  }
}

extension Variant.Conditions {
  var json: JSON {
    ["os": .array(os.map(JSON.string)), "commands": .array(commands.map(JSON.string))]
  }
}

extension Node {
  /// Where the value of a pointer stands; the nearest place above it, if there is none.
  fileprivate func place(_ text: String) -> Position {
    var node = self
    for token in (try? JSONPointer(text))?.tokens ?? [] {
      let next = node.items.flatMap { items in
        Int(token).flatMap { items.indices.contains($0) ? items[$0] : nil }
      }
      guard let next = next ?? node[token] else { break }
      node = next
    }
    return node.position
  }
}
