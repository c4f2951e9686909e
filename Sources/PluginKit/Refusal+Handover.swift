extension Refusal {
  /// Refuses what no process can be given: it would be cut short, or become another variable.
  ///
  /// - Parameter isName: whether a variable can have the name.
  package static func checkHandover(
    environment: [(name: String, value: String)], arguments: [String] = [],
    isName: (String) -> Bool = isVariableName
  ) throws(Refusal) {
    for (name, _) in environment where !isName(name) {
      throw Refusal(
        reason: "environment.name", message: "a variable cannot be named \"\(name)\"",
        remedy: "use letters, digits and underscores in the tool's definition")
    }
    let values = environment.map(\.value) + arguments
    if values.contains(where: { $0.utf8.contains(0) }) {
      throw Refusal(
        reason: "argument.nul", message: "a value contains a NUL character",
        remedy: "pass it by \"stdin: json\", which can carry it")
    }
  }

  /// environ(7): anything but what ends a name.
  package static func isVariableName(_ name: String) -> Bool {
    !name.isEmpty && !name.utf8.contains(UInt8(ascii: "=")) && !name.utf8.contains(0)
  }
}
