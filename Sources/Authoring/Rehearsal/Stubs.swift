package import Catalog
import JSON
import Platform
import Tools

/// The programs that stand in for the machine's own while a tool runs.
package struct Stubs: Sendable {
  package struct Program: Sendable, Hashable {
    package let name: String
    package let content: [UInt8]
  }

  package static let none = Stubs(programs: [])

  /// Programs of one directory; more is a wrong directory.
  package static let maxCount = 100
  package static let maxBytes = 1 << 20

  package let programs: [Program]

  private init(programs: [Program]) { self.programs = programs }

  /// - Parameter directory: of the definition that the test is in.
  package init(_ stubs: ToolTest.Stubs, beside directory: String) throws(StubError) {
    switch stubs {
    case .none: programs = []
    case .scripts(let scripts):
      programs = scripts.map { stub in
        let text = stub.script.hasPrefix("#!") ? stub.script : "#!/bin/sh\n" + stub.script + "\n"
        return Program(name: stub.command, content: Array(text.utf8))
      }
    case .directory(let path):
      programs = try Self.read(directory.hasSuffix("/") ? directory + path : "\(directory)/\(path)")
    }
  }

  private static func read(_ path: String) throws(StubError) -> [Program] {
    let names = try reading { () throws(SystemError) in try Files.list(path) }
      .filter { !$0.hasPrefix(".") }
    guard (1...maxCount).contains(names.count) else {
      throw StubError(
        "\(path) has \(names.count) files, and stubs are 1 to \(maxCount)",
        "put a program there for each command that the test replaces")
    }
    var programs: [Program] = []
    for name in names {
      let file = "\(path)/\(name)"
      let content = try reading { () throws(SystemError) -> [UInt8]? in
        guard try Files.status(file).kind == .file else { return nil }
        return try Files.read(file, limit: maxBytes)
      }
      guard let content else { throw StubError("\(file) is no file", "put only programs there") }
      programs.append(Program(name: name, content: content))
    }
    return programs
  }

  private static func reading<Result>(
    _ body: () throws(SystemError) -> Result
  ) throws(StubError) -> Result {
    do throws(SystemError) {
      return try body()
    } catch {
      throw StubError("the stubs cannot be read: \(error)", "check \"stubs\" in the test")
    }
  }

  /// Writes them where a path can begin.
  func write(to directory: String) throws(SystemError) {
    try Files.makeDirectories(directory, permissions: 0o700)
    for program in programs {
      let file = try Files.open("\(directory)/\(program.name)", .createNew, permissions: 0o700)
      try file.writeAll(program.content)
      try file.close()
    }
  }

  /// The definition with the stubs counted as installed: what `when.commands` asks for is there.
  func satisfying(_ definition: JSON) -> JSON {
    guard !programs.isEmpty, case .object(var object) = definition, let variants = object["run"]
    else { return definition }
    object["run"] = .array((variants.array ?? []).map(without))
    return .object(object)
  }

  private func without(_ variant: JSON) -> JSON {
    guard case .object(var object) = variant, case .object(var when)? = object["when"] else {
      return variant
    }
    let names = programs.map(\.name)
    when["commands"] = .array(
      (when["commands"]?.array ?? []).filter { !names.contains($0.string ?? "") })
    object["when"] = .object(when)
    return .object(object)
  }
}

/// Stubs that cannot be used.
package struct StubError: Error, Sendable, Hashable, CustomStringConvertible {
  package let message: String
  package let remedy: String

  init(_ message: String, _ remedy: String) {
    self.message = message
    self.remedy = remedy
  }

  package var description: String { "\(message); \(remedy)" }
}
