/// Commands that a script calls and its `when` does not ask for.
enum OptionalCommands {
  /// Not on every endpoint of the platform, or not on its path.
  static let names: Set<String> = [
    "jq", "curl", "wget", "python", "python2", "python3", "perl", "ruby", "node", "php", "lua",
    "bash", "zsh", "gawk", "systemctl", "journalctl", "systemd-run", "loginctl", "timedatectl",
    "hostnamectl", "localectl", "resolvectl", "networkctl", "docker", "podman", "kubectl", "helm",
    "apt-get", "apt", "apt-cache", "dpkg", "dnf", "yum", "rpm", "zypper", "pacman", "apk", "snap",
    "flatpak", "brew", "openssl", "getent", "ss", "ip", "lsof", "netstat", "ifconfig", "dig",
    "host",
    "nslookup", "rsync", "git", "sqlite3", "mysql", "mysqldump", "psql", "pg_dump", "redis-cli",
    "timeout", "chronyc", "ntpq", "smartctl", "mdadm", "zpool", "zfs", "lvs", "vgs", "pvs", "lsblk",
    "blkid", "dmidecode", "lspci", "lsusb", "sensors", "nvme", "ethtool", "nmcli", "iptables",
    "nft",
    "ufw", "firewall-cmd", "fail2ban-client", "certbot", "nginx", "apachectl", "postqueue",
    "dscl", "diskutil", "launchctl", "defaults", "plutil", "softwareupdate", "system_profiler",
    "networksetup", "scutil", "profiles", "mdfind", "sw_vers", "xmllint", "unzip", "zip", "7z",
    "sshpass", "expect", "socat", "nc", "tcpdump", "nmap", "traceroute", "mtr", "pwsh", "osascript",
  ]
}

extension ShellRules {
  func checkCommands() {
    let asked = Set(context.script.commands)
    let probed = probedCommands()
    var told: Set<String> = []
    for invocation in context.invocations where OptionalCommands.names.contains(invocation.name) {
      let name = invocation.name
      // A path names one program, and says so itself where it is missing.
      guard !asked.contains(name), !probed.contains(name), !context.isFunction(name),
        context.script.excerpt(invocation.nameRange) == name, told.insert(name).inserted
      else { continue }
      findings.add(
        .undeclaredCommand, in: context.script, invocation.nameRange,
        "\(name) is not on every endpoint, and \"when\" does not ask for it",
        remedy: "add it to \"commands\" of \"when\", or look for it with \"command -v \(name)\"")
    }
  }

  /// Names that the script looks for itself: `command -v jq`, or `has jq` with a function of its
  /// own.
  private func probedCommands() -> Set<String> {
    var probed: Set<String> = []
    for invocation in context.invocations {
      let asks =
        ["which", "type", "hash"].contains(invocation.name)
        || invocation.name == "command" && invocation.has("-v", "-V")
        || context.isFunction(invocation.name)
      if asks { probed.formUnion(invocation.arguments.compactMap(\.literal)) }
    }
    // `for tool in jq curl; do command -v "$tool"`
    for command in context.shell.commands where command.kind == .forList {
      probed.formUnion(command.words.compactMap(\.literal))
    }
    return probed
  }
}
