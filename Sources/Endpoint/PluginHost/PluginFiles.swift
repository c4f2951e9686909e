internal import Platform

/// Finds the plugins in a directory. What anyone else could have written is not executed.
package struct PluginFiles {
  package struct Refused: Equatable {
    package let path: String
    package let reason: String
    package let remedy: String
  }

  static let prefix = "signalbox-plugin-"

  package private(set) var found: [(name: String, path: String)] = []
  package private(set) var refused: [Refused] = []

  /// Found elsewhere.
  package init(found: [(name: String, path: String)]) { self.found = found }

  package init(directory: String) {
    let names: [String]
    do throws(SystemError) {
      if let objection = Self.objection(to: try Files.status(directory), kind: .directory) {
        refuse(directory, objection)
        return
      }
      names = try Files.list(directory)
    } catch {
      refuse(directory, ("plugin.directory", "\(error)"))
      return
    }
    for name in names where name.hasPrefix(Self.prefix) {
      look(at: directory + "/" + name, name: String(name.dropFirst(Self.prefix.count)))
    }
  }

  private mutating func look(at path: String, name: String) {
    do throws(SystemError) {
      let status = try Files.status(path)
      // Compilers leave folders such as "signalbox-plugin-shell.product" beside what they build.
      if status.kind == .directory, name.contains(".") { return }
      if let objection = Self.objection(to: status, kind: .file) {
        refuse(path, objection)
      } else if !Files.isExecutable(path) {
        refuse(path, ("plugin.notExecutable", "chmod 755 \(path)"))
      } else {
        found.append((name, path))
      }
    } catch {
      refuse(path, ("plugin.unreadable", "\(error)"))
    }
  }

  private mutating func refuse(_ path: String, _ objection: (reason: String, remedy: String)) {
    refused.append(Refused(path: path, reason: objection.reason, remedy: objection.remedy))
  }

  private static func objection(
    to status: FileStatus, kind: FileStatus.Kind
  ) -> (reason: String, remedy: String)? {
    if status.kind != kind {
      return ("plugin.notAFile", "put the plugin itself there")
    }
    if status.owner != 0, status.owner != Machine.effectiveUser {
      return ("plugin.owner", "it belongs to user \(status.owner); chown it to root")
    }
    if status.permissions & 0o022 != 0 {
      return ("plugin.writable", "others can write to it; chmod go-w")
    }
    return nil
  }
}
