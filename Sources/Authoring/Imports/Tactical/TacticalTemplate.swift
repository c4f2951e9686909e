/// A text with `{{client.name}}` in it, which Tactical RMM fills in from what it knows.
struct TacticalTemplate {
  enum Piece: Equatable {
    case text(String)
    case template(String)
  }

  private(set) var pieces: [Piece] = []

  init(_ text: String) {
    let scalars = Array(text.unicodeScalars)
    var plain = ""
    var index = 0
    while index < scalars.count {
      if let (name, end) = Self.template(in: scalars, at: index) {
        if !plain.isEmpty { pieces.append(.text(plain)) }
        plain = ""
        pieces.append(.template(name))
        index = end
      } else {
        plain.unicodeScalars.append(scalars[index])
        index += 1
      }
    }
    if !plain.isEmpty || pieces.isEmpty { pieces.append(.text(plain)) }
  }

  /// The text, where nothing is filled in.
  var literal: String? {
    guard pieces.count == 1, case .text(let text) = pieces[0] else { return nil }
    return text
  }

  /// The name of what is filled in, where that is all.
  var sole: String? {
    let rest = pieces.filter { $0 != .text("\"") && $0 != .text("'") }
    guard rest.count == 1, case .template(let name) = rest[0] else { return nil }
    return name
  }

  var templates: [String] {
    pieces.compactMap {
      guard case .template(let name) = $0 else { return nil }
      return name
    }
  }

  /// As it was written.
  var source: String {
    pieces.map {
      switch $0 {
      case .text(let text): text
      case .template(let name): "{{\(name)}}"
      }
    }.joined()
  }

  /// - Returns: the name between `{{` and `}}` and where the text goes on.
  static func template(in scalars: [Unicode.Scalar], at start: Int) -> (name: String, end: Int)? {
    guard start + 4 < scalars.count, scalars[start] == "{", scalars[start + 1] == "{" else {
      return nil
    }
    var index = start + 2
    var name = ""
    while index + 1 < scalars.count, name.count <= 200 {
      if scalars[index] == "}", scalars[index + 1] == "}" {
        let trimmed = Draft.line(name)
        return trimmed.isEmpty ? nil : (trimmed, index + 2)
      }
      let scalar = scalars[index]
      guard scalar != "{", scalar != "}", scalar != "\n" else { return nil }
      name.unicodeScalars.append(scalar)
      index += 1
    }
    return nil
  }
}

/// One word of the arguments that a script is given by default.
struct TacticalWord {
  let template: TacticalTemplate
  /// Whether quotation marks were around it, or a part of it.
  let isQuoted: Bool

  /// What PowerShell would see as words: Tactical RMM joins the arguments with blanks and has
  /// PowerShell read them as a command line.
  static func powerShell(_ arguments: [String]) -> [TacticalWord] {
    let scalars = Array(arguments.joined(separator: " ").unicodeScalars)
    var words: [TacticalWord] = []
    var word = String.UnicodeScalarView()
    var isQuoted = false
    var quote: Unicode.Scalar?
    var index = 0
    func finish() {
      if !word.isEmpty || isQuoted {
        words.append(TacticalWord(template: TacticalTemplate(String(word)), isQuoted: isQuoted))
      }
      word = String.UnicodeScalarView()
      isQuoted = false
    }
    while index < scalars.count {
      let scalar = scalars[index]
      if let (_, end) = TacticalTemplate.template(in: scalars, at: index) {
        word.append(contentsOf: scalars[index..<end])
        index = end
        continue
      }
      index += 1
      if let open = quote {
        if scalar == open { quote = nil } else { word.append(scalar) }
      } else if scalar == "\"" || scalar == "'" {
        quote = scalar
        isQuoted = true
      } else if scalar.properties.isWhitespace {
        finish()
      } else {
        word.append(scalar)
      }
    }
    finish()
    return words
  }
}
