/// What a shell command does to the endpoint, as far as its words tell.
enum ShellEffects {
  /// What restarts or stops the endpoint; `nil` for anything else.
  static func reboot(_ invocation: ShellInvocation) -> String? {
    switch invocation.name {
    case "reboot", "poweroff", "halt": return invocation.name
    case "shutdown": return invocation.has("-c", "-k", "--show") ? nil : "shutdown"
    case "init", "telinit":
      return invocation.has("0", "6") ? "\(invocation.name) \(invocation.operandText ?? "")" : nil
    case "systemctl":
      let verbs = ["reboot", "poweroff", "halt", "kexec", "soft-reboot"]
      guard let verb = invocation.operandText, verbs.contains(verb) else { return nil }
      return "systemctl \(verb)"
    case "kexec": return invocation.has("-e", "--exec") ? "kexec -e" : nil
    default: return nil
    }
  }

  private static let always: Set<String> = [
    "rmdir", "unlink", "shred", "mv", "wipefs", "pkill", "killall", "useradd", "userdel", "usermod",
    "adduser", "deluser", "groupadd", "groupdel", "groupmod", "chpasswd", "truncate", "mkswap",
    "swapoff", "swapon", "umount", "modprobe", "rmmod", "insmod", "update-grub", "logrotate",
    "chattr", "setfacl", "visudo", "chsh",
  ]
  private static let files: Set<String> = [
    "rm", "cp", "chmod", "chown", "chgrp", "ln", "touch", "mkdir",
  ]

  private static let verbs: [String: Set<String>] = [
    "systemctl": [
      "start", "stop", "restart", "reload", "try-restart", "reload-or-restart", "enable", "disable",
      "mask", "unmask", "kill", "isolate", "set-default", "set-property", "edit", "revert",
      "daemon-reload", "daemon-reexec", "reset-failed", "reenable", "preset", "link", "suspend",
      "hibernate", "clean", "freeze",
    ],
    "launchctl": [
      "load", "unload", "bootout", "bootstrap", "kickstart", "kill", "remove", "start", "stop",
      "enable", "disable", "setenv", "unsetenv",
    ],
    "apt-get": [
      "install", "remove", "purge", "upgrade", "dist-upgrade", "full-upgrade", "autoremove",
      "clean", "autoclean", "reinstall",
    ],
    "apt": ["install", "remove", "purge", "upgrade", "full-upgrade", "autoremove", "reinstall"],
    "dpkg": ["-i", "-r", "-P", "--install", "--remove", "--purge", "--configure"],
    "rpm": ["-i", "-U", "-F", "-e", "-Uvh", "-ivh", "--install", "--upgrade", "--erase"],
    "yum": ["install", "remove", "erase", "update", "upgrade", "autoremove", "downgrade"],
    "dnf": ["install", "remove", "erase", "update", "upgrade", "autoremove", "downgrade"],
    "zypper": ["install", "in", "remove", "rm", "update", "up", "dup", "patch"],
    "pacman": ["-S", "-R", "-Sy", "-Su", "-Syu", "-Rs", "-U"],
    "brew": ["install", "uninstall", "upgrade", "reinstall", "link", "unlink", "cleanup"],
    "snap": ["install", "remove", "refresh", "revert", "enable", "disable"],
    "flatpak": ["install", "uninstall", "update"],
    "pip": ["install", "uninstall"], "pip3": ["install", "uninstall"],
    "npm": ["install", "uninstall", "update"],
    "docker": [
      "rm", "rmi", "stop", "kill", "restart", "start", "run", "prune", "pause", "unpause", "update",
    ],
    "podman": ["rm", "rmi", "stop", "kill", "restart", "start", "run", "prune"],
    "kubectl": [
      "delete", "apply", "create", "scale", "drain", "cordon", "uncordon", "patch", "replace",
      "rollout", "edit", "annotate", "label", "taint",
    ],
    "iptables": ["-A", "-D", "-I", "-R", "-F", "-X", "-P", "-N", "-Z"],
    "ip6tables": ["-A", "-D", "-I", "-R", "-F", "-X", "-P", "-N", "-Z"],
    "nft": ["add", "delete", "flush", "insert", "replace", "-f"],
    "ufw": ["enable", "disable", "reset", "allow", "deny", "reject", "delete", "limit"],
    "firewall-cmd": ["--reload", "--complete-reload", "--permanent"],
    "sysctl": ["-w", "--write", "-p", "--load", "--system"],
    "hostnamectl": ["set-hostname", "hostname", "set-chassis"],
    "timedatectl": ["set-time", "set-timezone", "set-ntp", "set-local-rtc"],
    "crontab": ["-r", "-e", "-"],
    "passwd": ["-l", "-u", "-d", "-e", "--lock", "--unlock", "--delete", "--expire"],
    "sed": ["-i", "--in-place"], "perl": ["-i", "-pi"],
    "find": ["-delete"],
    "defaults": ["write", "delete", "import", "rename"],
    "softwareupdate": ["-i", "--install", "-ia", "-iaR", "-R"],
    "diskutil": [
      "eraseDisk", "eraseVolume", "partitionDisk", "unmount", "unmountDisk", "mount", "secureErase",
      "apfs",
    ],
    "nmcli": ["up", "down", "add", "delete", "modify", "reload", "connect", "disconnect"],
    "ip": ["add", "del", "delete", "set", "flush", "replace", "change", "append"],
    "service": ["start", "stop", "restart", "reload", "force-reload"],
    "git": ["push", "reset", "clean", "checkout", "commit", "pull", "merge", "rebase", "rm"],
    "journalctl": ["--rotate", "--vacuum-size", "--vacuum-time", "--vacuum-files", "--flush"],
    "dscl": ["-create", "-delete", "-append", "-passwd", "-change"],
    "mysql": [], "psql": [],
  ]
  private static let harmless: Set<String> = [
    "-s", "--simulate", "--dry-run", "--just-print", "--no-act", "--recon", "--assume-no",
    "--assumeno", "-n", "--print", "--test", "--check", "--list",
  ]

  /// What a command changes, in words; `nil` if it only reads, as far as can be told.
  static func change(_ invocation: ShellInvocation, temporaries: Set<String>) -> String? {
    let name = invocation.name
    if name.hasPrefix("mkfs") || always.contains(name) {
      return touchesOnlyTemporary(invocation, temporaries) ? nil : name
    }
    if files.contains(name) { return touchesOnlyTemporary(invocation, temporaries) ? nil : name }
    if name == "kill" { return invocation.has("-0", "-l", "-L") ? nil : name }
    if name == "dd" {
      let target = invocation.arguments.first { $0.prefix.hasPrefix("of=") }
      return target.map { $0.literal == "of=/dev/null" } ?? true ? nil : name
    }
    guard let verbs = verbs[name], !isRehearsal(invocation) else { return nil }
    for argument in invocation.arguments {
      let text = argument.prefix
      let word = text.hasPrefix("--") ? String(text.prefix { $0 != "=" }) : text
      if verbs.contains(word) || name == "sed" && text.hasPrefix("-i") {
        return touchesOnlyTemporary(invocation, temporaries) ? nil : "\(name) \(word)"
      }
    }
    return nil
  }

  private static func isRehearsal(_ invocation: ShellInvocation) -> Bool {
    guard !["sed", "find", "perl", "iptables", "ip6tables"].contains(invocation.name) else {
      return false
    }
    return invocation.arguments.contains { $0.literal.map(harmless.contains) ?? false }
  }

  /// Whether every file that is named is one that the script made for itself.
  private static func touchesOnlyTemporary(
    _ invocation: ShellInvocation, _ temporaries: Set<String>
  ) -> Bool {
    let operands = invocation.arguments.filter { !$0.prefix.hasPrefix("-") }
    guard !operands.isEmpty else { return false }
    return operands.allSatisfy { operand in
      operand.prefix.hasPrefix("/tmp/") || operand.prefix.hasPrefix("/dev/")
        || operand.parts.contains { part in
          guard case .parameter(let name, _) = part.kind else { return false }
          return temporaries.contains(name)
        }
    }
  }
}
