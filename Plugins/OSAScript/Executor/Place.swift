#if os(Linux)
  internal import Platform

  /// Where the script of a call is, and where it runs.
  struct Place {
    let script: String
    let work: String
    /// Whose they are, if they are not our own.
    private let owner: UInt32?
    /// Removed with the call.
    private let scratch: ScratchDirectory?

    static let prefix = "signalbox-osascript"

    init(in directory: String) {
      (script, work) = (directory + "/script", directory + "/work")
      (owner, scratch) = (nil, nil)
    }

    /// For a script that another user runs. It is not below the call's directory, which is closed to
    /// them; they may enter this one, and write nowhere but in `work`.
    init(of user: Int) throws(SystemError) {
      let scratch = try ScratchDirectory(prefix: Self.prefix)
      (script, work) = (scratch.path + "/script", scratch.path + "/work")
      (owner, self.scratch) = (UInt32(user), scratch)
    }

    func write(_ text: String) throws(SystemError) {
      try Files.makeDirectories(work)
      try Files.remove(script)
      let file = try Files.open(script, .createNew, permissions: 0o600)
      try file.writeAll(Array(text.utf8))
      try file.close()
      guard let owner, let scratch else { return }
      for path in [script, work] {
        // chown(2): such a group is left as it is.
        try Files.setOwner(path, user: owner, group: .max)
      }
      try Files.setPermissions(scratch.path, 0o711)
    }
  }
#endif
