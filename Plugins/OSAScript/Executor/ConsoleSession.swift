package import PluginKit

/// Whose session a script has to run in. Applications belong to the user at the screen: from anywhere
/// else they cannot be reached, and macOS asks nobody for consent.
package enum ConsoleSession {
  /// How to start `osascript` in that session.
  ///
  /// - Parameters:
  ///   - console: the owner of `/dev/console`, whom loginwindow makes the one who is logged in at the
  ///     screen; root, where nobody is.
  ///   - user: whom this process runs as.
  ///   - variables: of the environment, to be kept by sudo(8).
  package static func command(
    _ program: String, _ arguments: [String], console: Int, user: Int, variables: [String]
  ) throws(Refusal) -> [String] {
    guard console != 0 else {
      throw Refusal(
        reason: "osascript.noSession", message: "nobody is logged in at the screen of this Mac",
        remedy: "call again when somebody is; a tool that needs no application can use"
          + " \"with: shell\"")
    }
    if user == console { return [program] + arguments }
    guard user == 0 else {
      throw Refusal(
        reason: "osascript.otherUser",
        message: "user \(console) is logged in at the screen, and the agent runs as user \(user)",
        remedy: "run the agent as root, or as the user at the screen")
    }
    // launchctl(1), "asuser": into the user's bootstrap namespace; it does not change the user.
    var command = ["/bin/launchctl", "asuser", String(console), "/usr/bin/sudo", "-n", "-H"]
    if !variables.isEmpty {
      command.append("--preserve-env=" + variables.joined(separator: ","))
    }
    return command + ["-u", "#\(console)", "--", program] + arguments
  }
}
