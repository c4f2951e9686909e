/// How a shell script or a Python program uses its arguments, as far as its text shows.
struct ScriptUse {
  /// The most arguments that are offered to a script that takes any number of them.
  static let manyArguments = 8

  /// How many arguments it reads.
  let argumentCount: Int

  private init(argumentCount: Int) { self.argumentCount = argumentCount }

  static func shell(_ script: String) -> ScriptUse {
    let text = withoutFunctions(script)
    let scalars = Array(text.unicodeScalars)
    var highest = 0
    var takesAny = false
    for (index, scalar) in scalars.enumerated() where scalar == "$" {
      var next = index + 1
      if next < scalars.count, scalars[next] == "{" { next += 1 }
      guard next < scalars.count else { break }
      switch scalars[next] {
      case "1"..."9": highest = max(highest, Int(scalars[next].value - 0x30))
      case "@", "*", "#": takesAny = takesAny || !(next > index + 1 && scalars[next] == "#")
      default: break
      }
    }
    let words = Set(text.split { !($0.isLetter || $0 == "_") })
    takesAny = takesAny || words.contains("getopts") || words.contains("shift")
    return ScriptUse(argumentCount: takesAny ? max(highest, manyArguments) : highest)
  }

  static func python(_ script: String) -> ScriptUse {
    let signs = [
      "sys.argv", "argparse", "optparse", "getopt", "import click", "import fire", "typer",
    ]
    return ScriptUse(argumentCount: signs.contains(where: script.contains) ? manyArguments : 0)
  }

  /// Within a function `$1` is the function's. Lines from `name() {` to the `}` in the same column
  /// are left out, which is how people lay functions out.
  private static func withoutFunctions(_ script: String) -> String {
    var kept = ""
    var closing: String?
    for line in script.split(separator: "\n", omittingEmptySubsequences: false) {
      if let end = closing {
        if line.hasPrefix(end) { closing = nil }
        continue
      }
      let indentation = line.prefix { $0 == " " || $0 == "\t" }
      let head = line.dropFirst(indentation.count)
      let isFunction =
        head.hasPrefix("function ")
        || head.prefix { $0.isLetter || $0.isNumber || "_-:.".contains($0) }.count > 0
          && head.drop { $0.isLetter || $0.isNumber || "_-:.".contains($0) }
            .filter { $0 != " " }.hasPrefix("()")
      if isFunction {
        let isOneLine = head.contains("}") && head.contains("{")
        if !isOneLine { closing = indentation + "}" }
        continue
      }
      kept += line + "\n"
    }
    return kept
  }
}
