/// The language of a script. A definition does not name it, and the first lines tell: lint reads them
/// by the same rule.
package enum ScriptLanguage: String, Sendable {
  case appleScript = "AppleScript"
  case javaScript = "JavaScript"

  private static let beginnings = [
    "//", "const ", "let ", "var ", "function ", "ObjC.", "(() =>", "(function",
  ]

  package init(of script: String) {
    for line in script.split(separator: "\n") {
      let line = line.drop { $0 == " " || $0 == "\t" }
      let isNamed = line.hasPrefix("#!") && line.contains("JavaScript")
      if isNamed || Self.beginnings.contains(where: line.hasPrefix) {
        self = .javaScript
        return
      }
    }
    self = .appleScript
  }
}
