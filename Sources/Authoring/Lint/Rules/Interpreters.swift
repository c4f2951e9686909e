/// Programs that run text as program, and where in their arguments it stands.
enum Interpreters {
  static let shells: Set<String> = ["sh", "bash", "dash", "ash", "ksh", "mksh", "zsh", "fish"]

  private static let flags: [String: Set<String>] = [
    "su": ["-c", "--command"], "runuser": ["-c", "--command"], "python": ["-c"], "python2": ["-c"],
    "python3": ["-c"], "perl": ["-e", "-E", "-ne", "-pe", "-i", "-nE"], "ruby": ["-e"],
    "node": ["-e", "--eval", "-p"], "php": ["-r"], "osascript": ["-e"], "lua": ["-e"],
    "pwsh": ["-c", "-Command", "-command"], "powershell": ["-c", "-Command", "-command"],
    "powershell.exe": ["-c", "-Command", "-command"], "cmd.exe": ["/c", "/C", "/k", "/K"],
  ]

  static func takesCode(_ name: String) -> Bool { flags[name] != nil && name != "su" }

  /// The arguments that are program text.
  static func code(of invocation: ShellInvocation) -> [ShellWord] {
    let name = invocation.name
    let arguments = Array(invocation.arguments)
    if name == "awk" || name == "gawk" || name == "mawk" {
      return invocation.has("-f")
        ? [] : [invocation.operand(after: ["-v", "-F"])].compactMap { $0 }
    }
    if name == "trap" { return arguments.prefix(1).filter { !$0.prefix.hasPrefix("-") } }
    if name == "ssh" { return Array(arguments.dropFirst(2)) }
    return arguments.indices.dropFirst().filter { index in
      let flag = arguments[index - 1].literal ?? ""
      if shells.contains(name) {
        // `sh -c`, `bash -lc`, `sh -euc`.
        return flag.hasPrefix("-") && !flag.hasPrefix("--") && flag.hasSuffix("c")
      }
      return flags[name]?.contains(flag) ?? false
    }.map { arguments[$0] }
  }
}

extension ShellRules {
  /// Text that another interpreter reads as program, with a value in it.
  func checkInterpreted(_ invocation: ShellInvocation) {
    let command = context.command(of: invocation)
    for word in Interpreters.code(of: invocation) {
      guard let part = culprit(in: word, of: invocation, command) else { continue }
      findings.add(
        .interpretedText, in: context.script, part.range,
        "\(text(part.range)) becomes part of the program that \(invocation.name) runs, whatever"
          + " stands in it",
        remedy: Interpreters.shells.contains(invocation.name)
          ? "quote the program with ' and hand the value over: sh -c '… \"$1\"' sh \"$VALUE\""
          : "quote the program with ' and hand the value over by an argument or the environment")
      return
    }
    checkPlaceholder(invocation)
  }

  private func culprit(
    in word: ShellWord, of invocation: ShellInvocation, _ command: ShellCommand
  ) -> ShellWord.Part? {
    // Any value at all becomes program in a shell; elsewhere the arguments of the call count, and
    // where no shell reads them, only those with characters that programs are made of.
    let isShell = Interpreters.shells.contains(invocation.name) || invocation.name == "su"
    let isRead = isShell || ["trap", "ssh", "runuser"].contains(invocation.name)
    return word.parts.first { part in
      switch part.kind {
      case .literal, .arithmetic: false
      case .command: isShell
      case .parameter(let name, let modifier):
        isShell && modifier != "#" && !["?", "#", "$", "!", "-"].contains(name)
          || context.origin(of: part, in: command).map {
            isRead ? $0.isFreeText : $0.isProgramText
          } ?? false
      }
    }
  }

  /// `find -exec sh -c '… {} …' \;`, `xargs -I{} sh -c '… {} …'`
  private func checkPlaceholder(_ invocation: ShellInvocation) {
    guard !invocation.isFirst, Interpreters.shells.contains(invocation.name) else { return }
    for word in Interpreters.code(of: invocation) where word.literal?.holds("{}") ?? false {
      findings.add(
        .interpretedText, in: context.script, word.range,
        "{} becomes part of the program that \(invocation.name) runs, and a file may be called"
          + " $(reboot)",
        remedy: "hand it over: -exec sh -c '… \"$1\"' sh {} \\;")
    }
  }

  /// A file of commands, or a here-document, that holds an argument.
  func checkHereDocuments() {
    for document in context.shell.hereDocuments {
      guard let index = document.command,
        let invocation = context.innermost[index],
        Interpreters.shells.contains(invocation.name) || Interpreters.takesCode(invocation.name)
      else { continue }
      let command = context.shell.commands[index]
      let isShell = Interpreters.shells.contains(invocation.name)
      let part = document.body.parts.first {
        guard let origin = context.origin(of: $0, in: command) else { return false }
        return isShell ? origin.isFreeText : origin.isProgramText
      }
      guard let part else { continue }
      findings.add(
        .interpretedText, in: context.script, part.range,
        "\(text(part.range)) becomes part of the program that \(invocation.name) reads",
        remedy: "quote the end of the here-document (<<'END'), and hand the value over by the"
          + " environment")
    }
  }

  /// `$COMMAND …`, and `. "$FILE"`.
  func checkChosenProgram(_ command: ShellCommand) {
    guard command.kind == .simple, let first = command.words.first else { return }
    let isSourced = first.literal == "." || first.literal == "source"
    let word = isSourced ? command.words.dropFirst().first : first
    for part in word?.parts ?? [] {
      guard context.origin(of: part, in: command)?.isFreeText ?? false else { continue }
      findings.add(
        .interpretedText, in: context.script, part.range,
        "\(text(part.range)) chooses the program that runs",
        remedy: "let the argument be one of a list (\"enum\"), and choose by \"case\"")
      return
    }
  }
}

/// Programs that take options and, as other arguments, names and paths.
enum OptionTakers {
  static let names: Set<String> = [
    "rm", "rmdir", "cp", "mv", "ln", "ls", "cat", "head", "tail", "touch", "mkdir", "chmod",
    "chown",
    "chgrp", "stat", "du", "df", "wc", "file", "readlink", "realpath", "basename", "dirname", "tar",
    "gzip", "gunzip", "grep", "egrep", "fgrep", "sort", "cut", "diff", "cmp", "md5sum", "sha1sum",
    "sha256sum", "sha512sum", "systemctl", "journalctl", "service", "kill", "pkill", "killall",
    "pgrep", "useradd", "userdel", "usermod", "groupadd", "groupdel", "passwd", "id", "getent",
    "host", "dig", "ping", "ping6", "traceroute", "curl", "wget", "ssh", "scp", "rsync", "git",
    "apt-get", "apt", "dpkg", "dnf", "yum", "rpm", "zypper", "snap", "flatpak", "docker", "podman",
    "kubectl", "launchctl", "open", "defaults", "mdfind", "lsof", "mount", "umount", "crontab",
  ]

  /// Whether the argument's own schema lets a value through that begins with `-`.
  static func mayBeOption(_ argument: ArgumentList.Argument) -> Bool {
    argument.probe.admits(["-x", "-", "--help", "-1", "-rf", "--x.service"])
  }
}
