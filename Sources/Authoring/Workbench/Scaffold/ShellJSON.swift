/// A program for awk(1) that prints one JSON object: shells have no way to write a string as JSON.
enum ShellJSON {
  static func program(_ items: [(argument: Scaffold.Argument, variable: String)]) -> String {
    var lines = [
      "MACHINE=$machine awk '", function,
      "  BEGIN {",
      "    for (i = 1; i < 256; i++) code[sprintf(\"%c\", i)] = i",
      "    printf \"{\\\"machine\\\":%s\", json(ENVIRON[\"MACHINE\"])",
    ]
    for (argument, variable) in items {
      let value = "ENVIRON[\"\(variable)\"]"
      let text = argument.kind == .string ? "json(\(value))" : value
      let line = "printf \",\\\"\(argument.name)\\\":%s\", \(text)"
      lines.append(
        "    " + (argument.isRequired ? line : "if (\"\(variable)\" in ENVIRON) " + line))
    }
    return (lines + ["    print \"}\"", "  }'"]).joined(separator: "\n")
  }

  /// Escapes what has to be, and puts U+FFFD for bytes that are not UTF-8.
  private static let function = #"""
      function json(s,    out, i, c, k, n, t, a) {
        for (i = 1; i <= length(s); i += n + 1) {
          c = substr(s, i, 1); k = code[c]; n = 0
          if (k < 32 || k == 127) out = out sprintf("\\u%04x", k)
          else if (k == 34 || k == 92) out = out "\\" c
          else if (k < 128) out = out c
          else {
            t = k < 194 || k > 244 ? 0 : k < 224 ? 1 : k < 240 ? 2 : 3
            a = code[substr(s, i + 1, 1)]
            if (k == 224 && a < 160 || k == 237 && a > 159) t = 0
            if (k == 240 && a < 144 || k == 244 && a > 143) t = 0
            for (n = 0; n < t; n++) {
              a = code[substr(s, i + n + 1, 1)]
              if (a < 128 || a > 191) break
            }
            if (t && n == t) out = out substr(s, i, n + 1)
            else { n = 0; out = out "\\ufffd" }
          }
        }
        return "\"" out "\""
      }
    """#
}
