import Glibc
import Platform

/// Runs the built `signalbox` as a person at a shell would.
struct Shell {
  struct Result {
    let exit: Int
    let stdout: String
    let stderr: String
  }

  let root: String

  /// The tests run from the bundle that stands beside the products.
  private static let products = (try? Machine.executable()).map(Files.directory) ?? "."

  func run(_ arguments: [String], stdin: String? = nil) throws -> Result {
    let child = try start(arguments, stdin: stdin)
    let how = try child.wait().how
    return Result(exit: Self.code(how), stdout: try text("out"), stderr: try text("err"))
  }

  func start(_ arguments: [String], stdin: String? = nil) throws -> ChildProcess {
    try Files.writeAtomically(Array((stdin ?? "").utf8), to: root + "/in")
    for name in ["out", "err"] { try Files.remove("\(root)/\(name)") }
    let path = Self.products + "/signalbox"
    return try ChildProcess.spawn(
      Launch(
        path, arguments: [path] + arguments,
        environment: [("SIGNALBOX_DATA", root + "/data"), ("USER", "ann"), ("PATH", "/usr/bin")]),
      stdin: try Files.open(root + "/in", .read),
      stdout: try Files.open(root + "/out", .append),
      stderr: try Files.open(root + "/err", .append))
  }

  func text(_ name: String) throws -> String {
    String(decoding: try Files.read("\(root)/\(name)"), as: UTF8.self)
  }

  static func code(_ how: ProcessExit.How) -> Int {
    switch how {
    case .exit(let code): code
    case .signal(let number, _): -Int(number)
    }
  }
}
