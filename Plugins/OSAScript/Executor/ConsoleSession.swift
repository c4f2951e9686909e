package import PluginKit

/// The session that a script has to run in. Applications belong to the user at the screen: from anywhere
/// else they cannot be reached, and macOS asks nobody for consent.
package struct ConsoleSession {
  /// The user at the screen.
  package let owner: Int
  /// Whether that is somebody else than who this process runs as.
  package let isOthers: Bool

  package static let launchctl = "/bin/launchctl"
  package static let sudo = "/usr/bin/sudo"

  /// `_mbsetupuser`, as which Setup Assistant runs: nobody has logged in yet.
  private static let setupAssistant = 248

  /// - Parameters:
  ///   - console: the owner of `/dev/console`, whom loginwindow makes the one who is logged in at the
  ///     screen; root, where nobody is.
  ///   - user: whom this process runs as.
  package init(console: Int, user: Int) throws(Refusal) {
    guard console != 0, console != Self.setupAssistant else {
      throw Refusal(
        reason: "osascript.noSession", message: "nobody is logged in at the screen of this Mac",
        remedy: "call again when somebody is; a tool that needs no application can use"
          + " \"with: shell\"")
    }
    guard user == console || user == 0 else {
      throw Refusal(
        reason: "osascript.otherUser",
        message: "user \(console) is logged in at the screen, and the agent runs as user \(user)",
        remedy: "run the agent as root, or as the user at the screen")
    }
    owner = console
    isOthers = user != console
  }

  /// How to start `command` in that session.
  ///
  /// - Parameter variables: of the environment, to be kept by sudo(8).
  package func entering(
    _ command: [String], launchctl: String = Self.launchctl, sudo: String = Self.sudo,
    variables: [String]
  ) -> [String] {
    guard isOthers else { return command }
    // launchctl(1), "asuser": into the user's bootstrap namespace; it does not change the user.
    var prefix = [launchctl, "asuser", String(owner), sudo, "-n", "-H"]
    if !variables.isEmpty { prefix.append("--preserve-env=" + variables.joined(separator: ",")) }
    return prefix + ["-u", "#\(owner)", "--"] + command
  }
}
