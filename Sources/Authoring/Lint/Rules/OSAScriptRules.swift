/// What can be wrong with a script of AppleScript or JavaScript for Automation, by its tokens.
struct OSAScriptRules {
  let script: Script
  let findings: Findings

  func check() {
    switch script.language {
    case .appleScript: checkAppleScript()
    case .javaScript: checkJavaScript()
    case .shell, .powerShell, .other: break
    }
  }

  private func prompts(_ token: Token, _ what: String) {
    findings.add(
      .prompt, in: script, token.range, "\(what) waits for somebody, and nobody may be there",
      remedy: "take the value as an argument; where the user is to agree, write"
        + " \"approval: user\"")
  }

  // MARK: - AppleScript

  private func checkAppleScript() {
    let tokens = script.tokens
    for (index, token) in tokens.enumerated() where token.kind == .word {
      func comes(_ words: String...) -> Bool {
        let next = tokens[index...].prefix(words.count)
        return next.count == words.count && zip(next, words).allSatisfy { $0.isWord($1) }
      }
      if comes("do", "shell", "script") {
        checkShellScript(Array(tokens[(index + 3)...].prefix { $0.kind != .lineEnd }), token)
      } else if comes("run", "script") {
        if index + 2 < tokens.count, tokens[index + 2].kind != .string {
          evaluates(token, "run script")
        }
      } else if comes("display", "dialog") || comes("display", "alert") {
        prompts(token, "display \(tokens[index + 1].lower)")
      } else if comes("choose") {
        let things = ["file", "folder", "from", "application", "color", "url", "remote"]
        if index + 1 < tokens.count, things.contains(tokens[index + 1].lower) {
          prompts(token, "choose \(tokens[index + 1].lower)")
        }
      } else if comes("administrator", "privileges") {
        let near = tokens[max(0, index - 12)..<min(tokens.count, index + 12)]
        let isGiven = near.contains { $0.isWord("password") }
        if !isGiven { prompts(token, "with administrator privileges") }
      }
    }
  }

  /// `do shell script "…" & value`, unless each value is `quoted form of` it.
  private func checkShellScript(_ line: [Token], _ token: Token) {
    var isQuoted = false
    for (index, part) in line.enumerated() {
      if part.isWord("quoted") { isQuoted = true }
      if part.isSymbol("&") { isQuoted = false }
      guard part.kind == .word else { continue }
      let isValue = index == 0 || line[index - 1].isSymbol("&") || line[index - 1].isSymbol("(")
      if isValue, !isQuoted,
        !part.isWord("quoted", "with", "without", "return", "linefeed", "space", "tab")
      {
        evaluates(token, "do shell script with \(excerpt(part.text))")
        return
      }
    }
  }

  private func evaluates(_ token: Token, _ what: String) {
    findings.add(
      .appleScriptEval, in: script, token.range,
      "\(what) runs text as program: whatever stands in a variable becomes part of it",
      remedy: script.language == .appleScript
        ? "write \"quoted form of\" before each value"
        : "call what you mean by its own function")
  }

  // MARK: - JavaScript

  private func checkJavaScript() {
    let tokens = script.tokens
    for (index, token) in tokens.enumerated() where token.kind == .word {
      let isCalled = index + 1 < tokens.count && tokens[index + 1].isSymbol("(")
      switch token.text {
      case "eval" where isCalled, "Function" where isCalled: evaluates(token, token.text)
      case "doShellScript" where isCalled:
        if isPutTogether(Array(tokens[(index + 2)...].prefix(64))) {
          evaluates(token, "doShellScript")
        }
      case "displayDialog", "displayAlert", "chooseFile", "chooseFolder", "chooseFromList",
        "chooseFileName", "chooseApplication":
        if isCalled { prompts(token, token.text) }
      default: break
      }
    }
  }

  /// Whether the first argument of a call is more than one string.
  private func isPutTogether(_ tokens: [Token]) -> Bool {
    var open = 0
    for token in tokens {
      if token.isSymbol("(") { open += 1 }
      if token.isSymbol(")") {
        if open == 0 { return false }
        open -= 1
      }
      if token.isSymbol(","), open == 0 { return false }
      if token.kind == .word || token.isSymbol("+") || token.isExpanded { return true }
    }
    return false
  }
}
