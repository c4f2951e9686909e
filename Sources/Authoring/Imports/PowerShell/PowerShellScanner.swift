/// Walks over PowerShell source without understanding more of it than where comments, strings and
/// brackets begin and end. Every nesting is kept on a list of its own, so that hostile depth costs
/// memory and never stack.
struct PowerShellScanner {
  /// What cannot be read.
  struct Unreadable: Error {
    let reason: String
    let line: Int
  }

  let scalars: [Unicode.Scalar]
  var position = 0

  /// Brackets and strings inside each other. People's scripts stay below a tenth of it.
  static let maxDepth = 200

  init(_ text: String) { scalars = Array(text.unicodeScalars) }

  init(_ scalars: [Unicode.Scalar]) { self.scalars = scalars }

  func peek(_ distance: Int = 0) -> Unicode.Scalar? {
    position + distance < scalars.count ? scalars[position + distance] : nil
  }

  var isAtEnd: Bool { position >= scalars.count }

  func text(_ range: Range<Int>) -> String { String(String.UnicodeScalarView(scalars[range])) }

  func unreadable(_ reason: String) -> Unreadable {
    let line = 1 + scalars[..<min(position, scalars.count)].count { $0 == "\n" }
    return Unreadable(reason: reason, line: line)
  }

  // MARK: Kinds of characters

  // PowerShell takes typographic quotation marks for plain ones.
  static func isSingleQuote(_ scalar: Unicode.Scalar?) -> Bool {
    switch scalar {
    case "'", "\u{2018}", "\u{2019}", "\u{201A}", "\u{201B}": true
    default: false
    }
  }

  static func isDoubleQuote(_ scalar: Unicode.Scalar?) -> Bool {
    switch scalar {
    case "\"", "\u{201C}", "\u{201D}", "\u{201E}": true
    default: false
    }
  }

  static func isNameCharacter(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "_" || scalar.properties.isAlphabetic || scalar.properties.numericType != nil
  }

  // MARK: Trivia

  /// A comment that was passed over.
  struct Comment {
    let text: String
    let isBlock: Bool
    let range: Range<Int>
  }

  /// Passes over blanks, line ends and comments.
  /// - Returns: the comments.
  @discardableResult
  mutating func skipTrivia() -> [Comment] {
    var comments: [Comment] = []
    while let scalar = peek() {
      if scalar.properties.isWhitespace || scalar == "`" && peek(1)?.properties.isWhitespace ?? true
      {
        position += 1
      } else if let comment = comment() {
        comments.append(comment)
      } else {
        return comments
      }
    }
    return comments
  }

  /// The comment that begins here.
  mutating func comment() -> Comment? {
    let start = position
    if peek() == "<", peek(1) == "#" {
      position += 2
      while !isAtEnd, !(peek() == "#" && peek(1) == ">") { position += 1 }
      let text = text((start + 2)..<position)
      position = min(position + 2, scalars.count)
      return Comment(text: text, isBlock: true, range: start..<position)
    }
    guard peek() == "#" else { return nil }
    while let scalar = peek(), scalar != "\n" { position += 1 }
    return Comment(text: text((start + 1)..<position), isBlock: false, range: start..<position)
  }

  /// A name without a sigil: a keyword, a type, a part of an attribute.
  mutating func word() -> String? {
    let start = position
    while let scalar = peek(), Self.isNameCharacter(scalar) || scalar == "." && position > start {
      position += 1
    }
    return position > start ? text(start..<position) : nil
  }

  /// `$name` or `${name}`, without a scope such as `script:`.
  mutating func variable() -> String? {
    guard peek() == "$" else { return nil }
    let start = position
    position += 1
    if peek() == "{" {
      position += 1
      let from = position
      while let scalar = peek(), scalar != "}" { position += 1 }
      let name = text(from..<position)
      position = min(position + 1, scalars.count)
      return name
    }
    let from = position
    while let scalar = peek(), Self.isNameCharacter(scalar) { position += 1 }
    guard position > from else {
      position = start
      return nil
    }
    return text(from..<position)
  }
}
