package import Platform

/// Our scripts on disk: what a host runs, and what it runs a call with.
enum HostFiles {
  static let prefix = "signalbox-powershell"

  static func host(in directory: String) -> String { directory + "/host.ps1" }

  /// For whoever may enter the directory: nothing in them is anyone's secret.
  static func write(into directory: String) throws(SystemError) {
    let files = [
      (host(in: directory), PackageResources.host_ps1),
      (directory + "/call.ps1", PackageResources.call_ps1),
    ]
    for (path, bytes) in files {
      try Files.writeAtomically(bytes, to: path, isSynced: false)
      try Files.setPermissions(path, 0o644)
    }
  }
}

#if os(Linux)
  /// The directory of a host that runs as another user: that user may enter it, and write nowhere but in
  /// `work`. It is not below the call's, whose directories are closed, because PowerShell wants to see
  /// the whole path of where it is.
  struct OwnDirectory {
    let directory: ScratchDirectory

    init(of account: Confinement.Account) throws(SystemError) {
      directory = try ScratchDirectory(prefix: HostFiles.prefix)
      try HostFiles.write(into: path)
      try Files.makeDirectories(work)
      try Files.setOwner(work, user: account.user, group: account.group)
      // Last: until then nobody is in it.
      try Files.setPermissions(path, 0o711)
    }

    var path: String { directory.path }
    /// The call's working directory.
    var work: String { path + "/work" }
  }
#endif

/// The directory of one plugin's hosts.
package enum HostDirectory {
  package static func make() throws(SystemError) -> ScratchDirectory {
    ScratchDirectory.tidy(prefix: HostFiles.prefix)
    return try ScratchDirectory(prefix: HostFiles.prefix)
  }
}
