extension ShellParser {
  /// What a command takes over from the ones before it.
  struct Flow {
    var open: [Open] = []
    var isPiped = false
    var isConditional = false
    /// The simple command before a `|`.
    var source: Int?
    var last: Int?
    /// A function whose body comes next.
    var function: Int?
  }

  /// Reads commands up to the end, or to `closer`, which stays unread.
  mutating func commands(until closer: UInt8?) {
    var flow = Flow()
    let outer = functions.count
    while at < end {
      skipBlanks()
      guard let next = byte() else { break }
      if let top = flow.open.last, top.word == "case", top.phase == .pattern {
        casePattern(&flow)
      } else if next == UInt8(ascii: "#") {
        skipComment()
      } else if next == UInt8(ascii: "\n") {
        newline()
        endPipeline(&flow, isLine: true)
      } else if next == UInt8(ascii: ")"), closer == next, !flow.open.contains(where: \.isSubshell)
      {
        break
      } else if !control(next, &flow) {
        command(&flow)
      }
    }
    if let top = flow.open.last, script.fault == nil {
      fail("\"\(top.word)\" is never closed", at: top.offset)
    }
    functions.removeLast(functions.count - outer)
  }

  /// After `|` a line may end without ending the pipeline.
  private mutating func endPipeline(_ flow: inout Flow, isLine: Bool) {
    if isLine, flow.isPiped { return }
    flow.isPiped = false
    flow.source = nil
    flow.last = nil
  }

  /// Operators between commands.
  /// - Returns: whether there was one.
  private mutating func control(_ next: UInt8, _ flow: inout Flow) -> Bool {
    switch next {
    case UInt8(ascii: ";"):
      if has(";;") || has(";&") {
        endCase(&flow)
      } else {
        skip(1)
      }
      endPipeline(&flow, isLine: false)
    case UInt8(ascii: "&"):
      if has("&>") { return false }
      let isAnd = has("&&")
      skip(isAnd ? 2 : 1)
      endPipeline(&flow, isLine: false)
      flow.isConditional = isAnd
    case UInt8(ascii: "|"):
      if has("||") {
        skip(2)
        endPipeline(&flow, isLine: false)
      } else {
        skip(has("|&") ? 2 : 1)
        flow.isPiped = true
        flow.source = flow.last
        flow.last = nil
      }
    case UInt8(ascii: "("):
      if !has("((") || !arithmeticCommand() {
        open("(", .subshell, .body, &flow)
        skip(1)
      }
    case UInt8(ascii: ")"):
      if flow.open.last?.isSubshell == true {
        skip(1)
        close(&flow)
      } else {
        unexpected(")", flow)
      }
    default: return false
    }
    return true
  }

  private mutating func endCase(_ flow: inout Flow) {
    guard let top = flow.open.indices.last, flow.open[top].word == "case" else {
      unexpected(";;", flow)
      return
    }
    flow.open[top].phase = .pattern
    skip(has(";;&") ? 3 : 2)
  }

  private mutating func unexpected(_ word: String, _ flow: Flow) {
    guard let top = flow.open.last else {
      fail("\"\(word)\" closes nothing", at: at)
      return
    }
    fail("\"\(word)\" stands where \"\(top.word)\" is still open", at: at)
  }

  // MARK: - Compounds

  mutating func open(
    _ word: String, _ kind: ShellCompound.Kind, _ phase: Open.Phase, _ flow: inout Flow
  ) {
    guard flow.open.count < Self.maxOpen else {
      fail("compounds are nested more than \(Self.maxOpen) deep", at: at)
      return
    }
    let function = flow.function
    flow.function = nil
    if let function { functions.append(function) }
    flow.open.append(
      Open(
        word: word, compound: script.compounds.count, phase: phase, offset: at,
        isFunction: function != nil))
    script.compounds.append(
      ShellCompound(kind: kind, parent: current, isPiped: flow.isPiped, range: at..<at))
    current = script.compounds.count - 1
    endPipeline(&flow, isLine: false)
  }

  mutating func close(_ flow: inout Flow) {
    guard let top = flow.open.popLast() else { return }
    if top.isFunction { functions.removeLast() }
    let start = script.compounds[top.compound].range.lowerBound
    script.compounds[top.compound].range = start..<at
    current = script.compounds[top.compound].parent
    endPipeline(&flow, isLine: false)
    while true {
      skipBlanks()
      guard let redirect = redirect(of: nil) else { return }
      if redirect.isInput { script.compounds[top.compound].hasInput = true }
    }
  }

  /// A word that is reserved where a command begins.
  /// - Returns: whether there was one.
  mutating func reserved(_ word: String, _ flow: inout Flow) -> Bool {
    let top = flow.open.indices.last
    func isOpen(_ words: String..., phase: Open.Phase) -> Bool {
      guard let top else { return false }
      return words.contains(flow.open[top].word) && flow.open[top].phase == phase
    }
    switch word {
    case "if": open(word, .condition, .condition, &flow)
    case "while", "until": open(word, .loop, .condition, &flow)
    case "{": open(word, .group, .body, &flow)
    case "for", "select":
      forLoop(word, &flow)
      return true
    case "case":
      caseSubject(&flow)
      return true
    case "function":
      functionKeyword(&flow)
      return true
    case "[[":
      doubleBracket(&flow)
      return true
    case "!", "time": break
    case "then" where isOpen("if", phase: .condition): flow.open[top ?? 0].phase = .body
    case "elif" where isOpen("if", phase: .body): flow.open[top ?? 0].phase = .condition
    case "else" where isOpen("if", phase: .body): break
    case "do" where isOpen("while", "until", "for", "select", phase: .condition):
      flow.open[top ?? 0].phase = .body
    case "fi" where isOpen("if", phase: .body), "}" where isOpen("{", phase: .body),
      "done" where isOpen("while", "until", "for", "select", phase: .body),
      "esac" where isOpen("case", phase: .body):
      skip(word.utf8.count)
      close(&flow)
      return true
    case "then", "elif", "else", "do", "fi", "}", "done", "esac":
      unexpected(word, flow)
      return true
    default: return false
    }
    skip(word.utf8.count)
    return true
  }
}

extension ShellParser.Open {
  var isSubshell: Bool { word == "(" }
}
