/// A shell script that brings files along: it writes them into a folder of its own, in the places
/// where Bolt would put them, and then runs one of them.
struct ShellBundle {
  let taskName: String
  private var files: [(place: String, text: String)] = []

  init(taskName: String) { self.taskName = taskName }

  mutating func add(_ place: String, _ text: String) { files.append((place, text)) }

  /// Runs a file of the same shell within this one, so that variables which are not exported reach
  /// it.
  func sourcing(_ place: String) -> String {
    head + ". \"$signalbox_files/\(Self.escaped(place))\"\n"
  }

  /// Runs a file with a program. What Bolt adds to the parameters is added to those that come on
  /// standard input, too.
  func running(_ program: String, _ place: String, givesStdin: Bool) -> String {
    let command = "\(Self.quoted(program)) \"$signalbox_files/\(Self.escaped(place))\""
    guard givesStdin else { return "#!/bin/sh\n" + head + command + "\n" }
    return "#!/bin/sh\n" + head + """
      signalbox_meta="\\"_installdir\\":\\"$signalbox_files\\",\\"_task\\":\\"\(taskName)\\""
      if [ "${PT__noop:-}" = true ]; then signalbox_meta="$signalbox_meta,\\"_noop\\":true"; fi
      sed -e "1s|^{}|{$signalbox_meta}|" -e t -e "1s|^{|{$signalbox_meta,|" | \(command)

      """
  }

  private var head: String {
    var text = """
      # Signalbox: the task and the files that it reads, in the places where Bolt puts them.
      signalbox_files=$(mktemp -d /tmp/signalbox.XXXXXX) || exit 1
      trap 'rm -rf -- "$signalbox_files"' EXIT
      trap 'exit 143' HUP INT TERM

      """
    var folders: [String] = []
    for file in files {
      let folder = LibraryPath.folder(of: file.place)
      if !folders.contains(folder) { folders.append(folder) }
    }
    for folder in folders {
      text += "mkdir -p -- \"$signalbox_files/\(Self.escaped(folder))\" || exit 1\n"
    }
    for file in files {
      let mark = mark(for: file.text)
      text += "cat > \"$signalbox_files/\(Self.escaped(file.place))\" <<'\(mark)' || exit 1\n"
      text += file.text + (file.text.hasSuffix("\n") ? "" : "\n") + mark + "\n"
    }
    return text + """
      PT__installdir=$signalbox_files
      PT__task='\(taskName)'
      export PT__installdir PT__task

      """
  }

  /// A line that the file does not have.
  private func mark(for text: String) -> String {
    let lines = Set(text.split(separator: "\n"))
    var mark = "SIGNALBOX_END"
    var number = 1
    while lines.contains(mark[...]) {
      number += 1
      mark = "SIGNALBOX_END_\(number)"
    }
    return mark
  }

  /// Within double quotes.
  private static func escaped(_ text: String) -> String {
    var out = ""
    for character in text {
      if "\"\\$`".contains(character) { out += "\\" }
      out.append(character)
    }
    return out
  }

  private static func quoted(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
      + "'"
  }
}
