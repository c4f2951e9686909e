package import JSON
internal import Model

/// How arguments reach a script: by environment, argument list or standard input. Never by its
/// text.
package struct Input: Sendable, Hashable {
  package struct Variable: Sendable, Hashable {
    package let name: String
    /// Into the arguments of the call.
    package let pointer: JSONPointer

    package init(name: String, pointer: JSONPointer) {
      self.name = name
      self.pointer = pointer
    }
  }

  package let environment: [Variable]
  package let arguments: [JSONPointer]
  /// Whether standard input carries all the arguments as one JSON object.
  package let hasStdin: Bool

  package init(environment: [Variable], arguments: [JSONPointer], hasStdin: Bool) {
    self.environment = environment
    self.arguments = arguments
    self.hasStdin = hasStdin
  }
}

/// What a process is started with.
package struct ResolvedInput: Sendable {
  package let environment: [(name: String, value: String)]
  package let arguments: [String]
  package let stdin: String?
}

/// Arguments that no process can be started with.
package struct BindingError: Error, Sendable, Hashable, CustomStringConvertible {
  package enum Code: String, Sendable, CaseIterable {
    case containsNUL = "binding.containsNUL"
    case tooLong = "binding.tooLong"
    case totalTooLong = "binding.totalTooLong"
    case absent = "binding.absent"
  }

  package let code: Code
  /// The argument, or the root for all of them together.
  package let pointer: JSONPointer
  package let message: String
  package let remedy: String

  package var description: String { "\(message); \(remedy) [\(code.rawValue)]" }
}

extension Input {
  /// execve(2): one string is at most 32 pages with its NUL (MAX_ARG_STRLEN), so 131,071 bytes.
  package static let maxStringBytes = (128 << 10) - 1
  /// Under what every platform takes for the arguments and the environment together.
  package static let maxTotalBytes = 1 << 20

  /// Strings go as they are, numbers as they were written, booleans as `true` and `false`, arrays
  /// and objects as compact JSON. An absent or null argument leaves its variable unset, and is left
  /// out at the end of the argument list.
  package func resolve(arguments: JSON) throws(BindingError) -> ResolvedInput {
    var total = 0
    var variables: [(name: String, value: String)] = []
    for variable in environment {
      guard let value = Self.text(variable.pointer, in: arguments) else { continue }
      let overhead = variable.name.utf8.count + 1
      try Self.check(value, variable.pointer, overhead: overhead, total: &total)
      variables.append((variable.name, value))
    }
    let list = try resolvedList(arguments, total: &total)
    return ResolvedInput(
      environment: variables, arguments: list, stdin: hasStdin ? arguments.compact : nil)
  }

  private func resolvedList(
    _ arguments: JSON, total: inout Int
  ) throws(BindingError) -> [String] {
    var list: [String] = []
    var gap: JSONPointer?
    for pointer in self.arguments {
      guard let value = Self.text(pointer, in: arguments) else {
        gap = gap ?? pointer
        continue
      }
      if let gap {
        throw BindingError(
          code: .absent, pointer: gap,
          message: "\(gap.text) is absent, and \(pointer.text) comes after it in the argument list",
          remedy: "give \(gap.text), or leave out \(pointer.text) too")
      }
      try Self.check(value, pointer, overhead: 0, total: &total)
      list.append(value)
    }
    return list
  }

  /// - Returns: `nil` for what is absent or null.
  private static func text(_ pointer: JSONPointer, in arguments: JSON) -> String? {
    guard let value = pointer.value(in: arguments) else { return nil }
    switch value {
    case .null: return nil
    case .bool(let value): return value ? "true" : "false"
    case .number(let number): return number.text
    case .string(let text): return text
    case .array, .object: return value.compact
    }
  }

  private static func check(
    _ value: String, _ pointer: JSONPointer, overhead: Int, total: inout Int
  ) throws(BindingError) {
    guard !value.utf8.contains(0) else {
      throw BindingError(
        code: .containsNUL, pointer: pointer,
        message: "\(pointer.text) contains NUL, which ends a string for the operating system",
        remedy: "remove it, or have the tool take its input with \"stdin: json\"")
    }
    let count = value.utf8.count + overhead
    guard count <= maxStringBytes else {
      throw BindingError(
        code: .tooLong, pointer: pointer,
        message: "\(pointer.text) takes \(count) bytes, and one string of a process has at most"
          + " \(maxStringBytes)",
        remedy: "shorten it, or have the tool take its input with \"stdin: json\"")
    }
    total += count + 1
    guard total <= maxTotalBytes else {
      throw BindingError(
        code: .totalTooLong, pointer: JSONPointer(),
        message: "the arguments take more than \(maxTotalBytes) bytes together",
        remedy: "shorten them, or have the tool take its input with \"stdin: json\"")
    }
  }
}

extension Input {
  init(_ part: Part) throws(ShapeError) {
    var variables: [Variable] = []
    if part.json["env"] != nil {
      let names = try part.object("env")
      for member in names.json.object?.members ?? [] {
        let place = Part(member.value, at: names.pointer.appending(member.key))
        variables.append(Variable(name: member.key, pointer: try place.asPointer()))
      }
      // The order that the canonical form has, whichever form this is.
      variables.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }
    var list: [JSONPointer] = []
    if part.json["argv"] != nil {
      for item in try part.list("argv") { list.append(try item.asPointer()) }
    }
    let stdin = part.json["stdin"]
    guard stdin == nil || stdin == "json" else { throw part.wrong("stdin", "json") }
    self.init(environment: variables, arguments: list, hasStdin: stdin != nil)
  }
}
