/// What waits for somebody at a terminal that is not there.
extension ShellRules {
  func checkPrompt(_ invocation: ShellInvocation) {
    guard !context.isFunction(invocation.name), let why = prompt(invocation) else { return }
    findings.add(
      .prompt, in: context.script, invocation.nameRange, "\(why), and nobody is there",
      remedy: Self.remedies[invocation.name] ?? "give it all it asks for, and the option that keeps"
        + " it from asking")
  }

  private static let remedies = [
    "read": "read from a file or a pipe, or take the value as an argument",
    "sudo": "write sudo -n, which fails rather than asks",
    "ssh": "write ssh -o BatchMode=yes", "scp": "write scp -o BatchMode=yes",
    "sftp": "write sftp -o BatchMode=yes",
    "apt-get": "write apt-get -y, with DEBIAN_FRONTEND=noninteractive", "apt": "use apt-get -y",
    "passwd": "use chpasswd, which reads from standard input",
  ]

  private static let pagers: Set<String> = [
    "less", "more", "vi", "vim", "nano", "emacs", "dialog", "whiptail", "zenity", "htop", "watch",
    "fdisk", "parted", "gdisk", "cfdisk", "visudo", "vipw", "mc", "screen", "tmux",
  ]
  private static let installers: [String: (verbs: Set<String>, yes: Set<String>)] = [
    "apt-get": (
      ["install", "remove", "purge", "upgrade", "dist-upgrade", "autoremove", "full-upgrade"],
      [
        "-y", "--yes", "--assume-yes", "-qq", "-s", "--simulate", "--dry-run", "--just-print",
        "--no-act", "--assume-no", "-qqy", "-yq", "-yqq", "-qy", "--download-only", "-d",
      ]
    ),
    "apt": (
      ["install", "remove", "purge", "upgrade", "autoremove", "full-upgrade"],
      ["-y", "--yes", "--assume-yes", "-s", "--simulate", "--dry-run", "-qqy", "-yq", "-qy"]
    ),
    "yum": (["install", "remove", "erase", "update", "upgrade", "autoremove"], installing),
    "dnf": (["install", "remove", "erase", "update", "upgrade", "autoremove"], installing),
    "zypper": (
      ["install", "in", "remove", "rm", "update", "up", "dup"],
      ["-n", "--non-interactive", "-y", "--no-confirm", "--dry-run"]
    ),
    "pacman": (["-S", "-R", "-Sy", "-Su", "-Syu", "-Rs", "-U"], ["--noconfirm", "-p", "--print"]),
    "flatpak": (["install", "uninstall", "update"], ["-y", "--assumeyes", "--noninteractive"]),
  ]
  private static let installing: Set<String> = ["-y", "--assumeyes", "--assumeno", "-yq", "-qy"]

  private func prompt(_ invocation: ShellInvocation) -> String? {
    let name = invocation.name
    switch name {
    case "read": return readPrompts(invocation) ? "read waits for somebody to type" : nil
    case "select": return "select asks somebody to choose"
    case "sudo":
      let isSilent = invocation.arguments.contains {
        ["-n", "--non-interactive", "-S", "-nE", "-En", "-Sn"].contains($0.prefix)
      }
      return isSilent || invocation.has("-k", "-K") ? nil : "sudo may ask for a password"
    case "ssh", "scp", "sftp":
      let isBatch = invocation.arguments.contains {
        let text = $0.literals.lowercased()
        return text.holds("batchmode=yes") || text.holds("batchmode yes")
      }
      return isBatch || invocation.has("-V", "-G", "-b")
        ? nil : "\(name) may ask for a password or a key"
    case "passwd": return passwdPrompts(invocation) ? "passwd asks for a password" : nil
    case "mysql", "mysqldump", "mysqladmin":
      return invocation.has("-p", "--password") ? "\(name) -p asks for a password" : nil
    case "htpasswd":
      let isGiven = invocation.arguments.contains { argument in
        argument.prefix.hasPrefix("-") && argument.prefix.contains(where: "bi".contains)
      }
      return isGiven ? nil : "htpasswd asks for a password"
    case "crontab": return invocation.has("-e") ? "crontab -e opens an editor" : nil
    case "fdisk", "parted":
      let isSilent = invocation.has("-l", "--list", "-s", "--script", "-x", "print")
      return isSilent ? nil : "\(name) asks what to do"
    case _ where Self.pagers.contains(name):
      return invocation.has("-V", "--version", "--help") ? nil : "\(name) wants a terminal"
    default: return installerPrompt(invocation)
    }
  }

  private func installerPrompt(_ invocation: ShellInvocation) -> String? {
    guard let (verbs, yes) = Self.installers[invocation.name] else { return nil }
    let words = invocation.arguments.compactMap(\.literal)
    // What stands in a variable may be the option.
    guard !invocation.arguments.contains(where: { $0.literal == nil && $0.prefix.isEmpty }) else {
      return nil
    }
    guard let verb = words.first(where: verbs.contains), !words.contains(where: yes.contains) else {
      return nil
    }
    return "\(invocation.name) \(verb) asks whether to go on"
  }

  private func passwdPrompts(_ invocation: ShellInvocation) -> Bool {
    !invocation.has(
      "-S", "--status", "-l", "--lock", "-u", "--unlock", "-d", "--delete", "-e", "--expire",
      "--stdin")
  }

  /// Whether standard input is the one that the script was started with.
  private func readPrompts(_ invocation: ShellInvocation) -> Bool {
    guard !context.script.takesStdin else { return false }
    let command = context.command(of: invocation)
    if command.isPiped || command.redirects.contains(where: \.isInput) { return false }
    // `read -u 3` reads from elsewhere.
    if invocation.arguments.contains(where: { $0.prefix.hasPrefix("-u") }) { return false }
    // A function reads from where it is called.
    guard command.function == nil else { return false }
    var compound = command.compound
    while let index = compound {
      let around = context.shell.compounds[index]
      if around.isPiped || around.hasInput { return false }
      compound = around.parent
    }
    // `exec < file` changes it for all.
    return !context.redirectsInput
  }
}
