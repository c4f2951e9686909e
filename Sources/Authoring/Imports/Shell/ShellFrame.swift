/// What is put before a shell script so that secrets reach it. They come as JSON on standard input,
/// are taken out of it by name, and become variables that are not exported: no other program's
/// environment or argument list ever has them.
struct ShellFrame {
  struct Secret {
    let argument: String
    let variable: String
  }

  /// - Parameter variables: names that are safe in a script.
  static func reading(_ secrets: [Secret]) -> String {
    guard !secrets.isEmpty else { return "" }
    var text = """
      # Signalbox: secrets come as JSON on standard input, and become variables of this shell alone.
      signalbox_input=$(cat)
      signalbox_member() {
        printf '%s\\n' "$signalbox_input" | LC_ALL=C awk -v "name=$1" '\(program)'
      }

      """
    for secret in secrets {
      text += "if signalbox_value=$(signalbox_member \(secret.argument) && printf x); then\n"
      text += "  \(secret.variable)=${signalbox_value%x}\n"
      text += "fi\n"
    }
    return text + "unset signalbox_input signalbox_value\n"
  }

  /// After the first line, which names the interpreter to people.
  static func inserted(_ text: String, into script: String) -> String {
    guard !text.isEmpty else { return script }
    guard script.hasPrefix("#!") else { return text + script }
    let first = script.prefix { $0 != "\n" }
    return first + "\n" + text + script.dropFirst(first.count + 1)
  }

  /// Finds the string that a member of the outermost object has. Exits with 1 where there is none,
  /// and where it has a NUL, which no variable can hold. Our JSON escapes nothing but quotation marks,
  /// backslashes and control characters, so `\u` never stands for more than one byte.
  private static let program = #"""

    function text(  c, out) {
      for (at++; (c = substr(all, at, 1)) != "\""; at++) {
        if (c == "") exit 1
        if (c != "\\") { out = out c; continue }
        c = substr(all, ++at, 1)
        if (c == "u") {
          c = 16 * (index(hex, substr(all, at + 3, 1)) - 1) + index(hex, substr(all, at + 4, 1)) - 1
          if (c == 0) bad = 1
          else out = out sprintf("%c", c)
          at += 4
        } else out = out (c in short ? short[c] : c)
      }
      at++
      return out
    }
    BEGIN {
      hex = "0123456789abcdef"
      short["n"] = "\n"; short["t"] = "\t"; short["r"] = "\r"; short["b"] = "\b"; short["f"] = "\f"
    }
    { all = all $0 }
    END {
      for (at = 1; (c = substr(all, at, 1)) != "";) {
        if (c == "\"") {
          bad = 0; value = text()
          if (depth == 1 && isKey) last = value
          else if (depth == 1 && last == name && !bad) { printf "%s", value; exit 0 }
          continue
        }
        if (c == "{" || c == "[") { depth++; isKey = (c == "{") }
        if (c == "}" || c == "]") depth--
        if (depth == 1 && c == ":") isKey = 0
        if (depth == 1 && c == ",") isKey = 1
        at++
      }
      exit 1
    }

    """#
}
