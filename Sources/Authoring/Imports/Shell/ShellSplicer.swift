/// Takes `{{ name }}` out of a shell script, and puts a variable of the environment in its place,
/// quoted as the place asks for. The value then is data wherever the shell reads it, and can no
/// longer be a part of the script. Where that does not hold, the script is refused with the line.
struct ShellSplicer {
  /// What stands where a splice stood.
  struct Value {
    let variable: String
    /// Letters, digits and a few signs only.
    let isTame: Bool
    let isNumeric: Bool
    /// One of a list of words that the document names.
    let isListed: Bool
    /// Whether a value can have blanks or wildcards, and so could have been several words.
    let mayHaveBlanks: Bool
    /// Whether the document itself gives values with blanks, and so means several words.
    let isSeveralWords: Bool
  }

  /// - Returns: `nil` for a name that is no splice of this document.
  typealias Meaning = (String) throws(ItemRefusal) -> Value?

  /// What the shell is in the middle of.
  enum Open: Equatable {
    case doubleQuotes
    case singleQuotes
    case ansiQuotes
    case backquote
    case command
    case group
    case arithmetic
    case parameter
    case cases
  }

  struct Heredoc {
    let mark: String
    /// Where the mark stands in what is written.
    let place: Range<Int>
    let isExpanded: Bool
    let stripsTabs: Bool
    /// The command line that it is for.
    let command: String
  }

  let scalars: [Unicode.Scalar]
  let meaning: Meaning
  var position = 0
  var out: [Unicode.Scalar] = []
  var open: [Open] = []
  var heredocs: [Heredoc] = []
  var flow = ShellFlow()
  var awaitsCommand = true
  var remarks = Remarks()
  /// Of the script, from 1.
  private(set) var line = 1
  /// How many splices were rewritten.
  var splices = 0
  /// Characters that were looked at around them.
  var looked = 0
  /// The quotation mark that a command begins with.
  var commandQuote: Int?

  static let maxDepth = 200
  /// People's scripts have a dozen. Each looks at its whole line.
  static let maxSplices = 1_000

  static func rewrite(
    _ script: String, _ remarks: inout Remarks, meaning: @escaping Meaning
  ) throws(ItemRefusal) -> String {
    var splicer = ShellSplicer(scalars: Array(script.unicodeScalars), meaning: meaning)
    while splicer.position < splicer.scalars.count { try splicer.step() }
    remarks.take(splicer.remarks)
    return String(String.UnicodeScalarView(splicer.out))
  }

  private init(scalars: [Unicode.Scalar], meaning: @escaping Meaning) {
    self.scalars = scalars
    self.meaning = meaning
  }

  func peek(_ distance: Int = 0) -> Unicode.Scalar? {
    position + distance < scalars.count ? scalars[position + distance] : nil
  }

  mutating func copy(_ count: Int = 1) {
    let end = min(position + count, scalars.count)
    for scalar in scalars[position..<end] {
      if scalar == "\n" { line += 1 }
      out.append(scalar)
    }
    position = end
  }

  func refusal(_ why: String) -> ItemRefusal {
    ItemRefusal(.ssmSplice, "line \(line) of the script: \(why)")
  }

  // MARK: One step

  private mutating func step() throws(ItemRefusal) {
    guard open.count <= Self.maxDepth, flow.depth <= Self.maxDepth else {
      throw refusal("quotes and brackets are nested more than \(Self.maxDepth) deep")
    }
    if let (name, end) = TacticalTemplate.template(in: scalars, at: position),
      let value = try meaning(name)
    {
      try splice(value, named: name, end: end)
      return
    }
    switch open.last {
    case .singleQuotes: stepInSingleQuotes()
    case .ansiQuotes: stepInAnsiQuotes()
    case .doubleQuotes: try stepInDoubleQuotes()
    case .parameter: try stepInParameter()
    case .arithmetic: try stepInArithmetic()
    case .backquote, .command, .group, .cases, nil: try stepInCode()
    }
  }

  private mutating func stepInSingleQuotes() {
    if peek() == "'" { open.removeLast() }
    copy()
  }

  private mutating func stepInAnsiQuotes() {
    if peek() == "\\" {
      copy(2)
    } else {
      stepInSingleQuotes()
    }
  }

  private mutating func stepInDoubleQuotes() throws(ItemRefusal) {
    switch peek() {
    case "\\": copy(2)
    case "\"":
      open.removeLast()
      copy()
    case "`": backquote()
    case "$": dollar()
    default: copy()
    }
  }

  mutating func backquote() {
    if open.last == .backquote {
      open.removeLast()
      flow.leave(["`"])
      copy()
      awaitsCommand = false
    } else {
      open.append(.backquote)
      flow.enter("`", at: position)
      copy()
      beginCommand()
    }
  }

  private mutating func stepInParameter() throws(ItemRefusal) {
    switch peek() {
    case "\\": copy(2)
    case "}":
      open.removeLast()
      copy()
    case "\"":
      open.append(.doubleQuotes)
      copy()
    case "$": dollar()
    default: copy()
    }
  }

  private mutating func stepInArithmetic() throws(ItemRefusal) {
    switch peek() {
    case "(":
      open.append(.arithmetic)
      copy()
    case ")":
      open.removeLast()
      // `))` closes what `((` opened, which counts as two.
      copy()
    case "$": dollar()
    case "\"":
      open.append(.doubleQuotes)
      copy()
    default: copy()
    }
  }

  /// `$(`, `$((`, `${`, `$'`.
  mutating func dollar() {
    let isQuoted = open.last == .doubleQuotes
    switch peek(1) {
    case "(" where peek(2) == "(":
      open += [.arithmetic, .arithmetic]
      copy(3)
    case "(":
      open.append(.command)
      flow.enter("$(", at: position)
      copy(2)
      beginCommand()
    case "{" where peek(2) != "{":
      open.append(.parameter)
      copy(2)
    case "'" where !isQuoted:
      open.append(.ansiQuotes)
      copy(2)
    default: copy()
    }
  }

  mutating func beginCommand() {
    flow.commandStart = position
    awaitsCommand = true
  }
}
