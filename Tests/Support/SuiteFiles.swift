import Glibc

/// Files of the conformance suites, which lie beside the package or beside the folder of its
/// worktree and are no part of it. Tests that need them say so when they are absent.
package enum SuiteFiles {
  package static let root: String? = {
    let package = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let candidates = ["/\(package)/../shared/suites", "/\(package)/../../shared/suites"]
    return candidates.first { access($0, R_OK) == 0 }
  }()

  package static func names(in folder: String) -> [String] {
    guard let root, let directory = opendir("\(root)/\(folder)") else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      names.append(
        withUnsafePointer(to: &entry.pointee.d_name) { name in
          name.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        })
    }
    return names.filter { $0.hasSuffix(".json") }.sorted()
  }

  /// The paths of all files below a folder, from there on.
  package static func paths(below folder: String) -> [String] {
    guard let root, let directory = opendir("\(root)/\(folder)") else { return [] }
    defer { closedir(directory) }
    var paths: [String] = []
    while let entry = readdir(directory) {
      let type = Int(entry.pointee.d_type)
      let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
        name.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if type == Int(DT_DIR), !name.hasPrefix(".") {
        paths += Self.paths(below: "\(folder)/\(name)").map { "\(name)/\($0)" }
      } else if name.hasSuffix(".json") {
        paths.append(name)
      }
    }
    return paths.sorted()
  }

  package static func bytes(of path: String) -> [UInt8]? {
    guard let root, let file = fopen("\(root)/\(path)", "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = fread(&chunk, 1, chunk.count, file)
      if count == 0 { return bytes }
      bytes.append(contentsOf: chunk[..<count])
    }
  }
}
