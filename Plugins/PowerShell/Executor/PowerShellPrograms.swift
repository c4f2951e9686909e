internal import Platform
package import PluginKit

/// Where PowerShell is.
package enum PowerShellPrograms {
  private static let places = [
    "/usr/bin/pwsh", "/usr/local/bin/pwsh", "/opt/microsoft/powershell/7/pwsh",
    "/opt/homebrew/bin/pwsh", "/snap/bin/pwsh",
  ]

  /// The PowerShell of this machine; `nil` where there is none in the usual places.
  package static func installed() -> String? { places.first(where: Files.isExecutable) }

  /// Makes sure that `path` can be executed.
  package static func check(_ path: String) throws(Refusal) {
    guard path.hasPrefix("/") else {
      throw Refusal(
        reason: "interpreter.notAbsolute", message: "the interpreter \(path) is no absolute path",
        remedy: "write its whole path in the tool's definition")
    }
    guard (try? Files.status(path))?.kind == .file else {
      throw Refusal(
        reason: "interpreter.missing", message: "no interpreter at \(path)",
        remedy: "install it on the endpoint, or add a variant to the tool that needs another one")
    }
    guard Files.isExecutable(path) else {
      throw Refusal(
        reason: "interpreter.notExecutable", message: "\(path) may not be executed",
        remedy: "check its permissions on the endpoint")
    }
  }
}
