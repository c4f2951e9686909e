internal import JSON

/// The words of a Puppet data type: `Optional[Enum['start', stop]]`.
struct PuppetTypeLexer {
  enum Token: Equatable {
    /// `Integer`, `Stdlib::Port`.
    case type(String)
    /// A word without quotes.
    case word(String)
    case string(String)
    case number(JSONNumber)
    case pattern(String)
    case open, close, openBrace, closeBrace, openParenthesis, closeParenthesis
    case comma, arrow, minus
  }

  /// Longer types are generated, and nobody reviews them.
  static let maxScalars = 16_000
  static let maxTokens = 4_000

  static func tokens(_ text: String) throws(PuppetType.Unreadable) -> [Token] {
    var lexer = PuppetTypeLexer(scalars: Array(text.unicodeScalars))
    guard lexer.scalars.count <= maxScalars else {
      throw PuppetType.Unreadable("it has more than \(maxScalars) characters")
    }
    var tokens: [Token] = []
    while let token = try lexer.next(after: tokens.last) {
      tokens.append(token)
      guard tokens.count <= maxTokens else {
        throw PuppetType.Unreadable("it has more than \(maxTokens) words")
      }
    }
    return tokens
  }

  private let scalars: [Unicode.Scalar]
  private var position = 0

  private init(scalars: [Unicode.Scalar]) { self.scalars = scalars }

  private func peek(_ distance: Int = 0) -> Unicode.Scalar? {
    position + distance < scalars.count ? scalars[position + distance] : nil
  }

  private mutating func next(after last: Token?) throws(PuppetType.Unreadable) -> Token? {
    skipBlanks()
    guard let scalar = peek() else { return nil }
    switch scalar {
    case "[": return simple(.open)
    case "]": return simple(.close)
    case "{": return simple(.openBrace)
    case "}": return simple(.closeBrace)
    case "(": return simple(.openParenthesis)
    case ")": return simple(.closeParenthesis)
    case ",": return simple(.comma)
    case "-": return simple(.minus)
    case "=":
      guard peek(1) == ">" else { throw PuppetType.Unreadable("\"=\" stands alone") }
      position += 2
      return .arrow
    case "'", "\"": return .string(try string(scalar))
    case "/": return .pattern(try pattern())
    case "0"..."9": return try number()
    case "A"..."Z": return .type(name())
    case ":" where peek(1) == ":":
      position += 2
      return .type(name())
    case "a"..."z", "_": return .word(word())
    default: throw PuppetType.Unreadable("\"\(scalar)\" has no meaning there")
    }
  }

  private mutating func skipBlanks() {
    while let scalar = peek() {
      if scalar == "#" {
        while let next = peek(), next != "\n" {
          _ = next
          position += 1
        }
      } else if scalar.properties.isWhitespace {
        position += 1
      } else {
        return
      }
    }
  }

  private mutating func simple(_ token: Token) -> Token {
    position += 1
    return token
  }

  private mutating func taken(while isPart: (Unicode.Scalar) -> Bool) -> String {
    let start = position
    while let scalar = peek(), isPart(scalar) { position += 1 }
    return String(String.UnicodeScalarView(scalars[start..<position]))
  }

  private static func isLetterOrDigit(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "a"..."z", "A"..."Z", "0"..."9", "_": true
    default: false
    }
  }

  /// `Stdlib::Http::Url`.
  private mutating func name() -> String {
    var name = taken(while: Self.isLetterOrDigit)
    while peek() == ":", peek(1) == ":" {
      position += 2
      name += "::" + taken(while: Self.isLetterOrDigit)
    }
    return name
  }

  /// `puppet7-nightly` and `apt::ppa` are one word each.
  private mutating func word() -> String {
    taken { Self.isLetterOrDigit($0) || $0 == "-" || $0 == "." || $0 == ":" }
  }

  private mutating func string(
    _ quote: Unicode.Scalar
  ) throws(PuppetType.Unreadable) -> String {
    position += 1
    var text = String.UnicodeScalarView()
    while let scalar = peek() {
      position += 1
      if scalar == quote { return String(text) }
      if scalar == "\\", let next = peek() {
        position += 1
        if next != quote, next != "\\" {
          let escapes: [Unicode.Scalar: Unicode.Scalar] = ["n": "\n", "t": "\t", "r": "\r"]
          if quote == "\"", let meant = escapes[next] {
            text.append(meant)
            continue
          }
          text.append("\\")
        }
        text.append(next)
      } else {
        text.append(scalar)
      }
    }
    throw PuppetType.Unreadable("a string is not closed")
  }

  private mutating func pattern() throws(PuppetType.Unreadable) -> String {
    position += 1
    var text = String.UnicodeScalarView()
    while let scalar = peek() {
      position += 1
      if scalar == "/" { return String(text) }
      if scalar == "\\", peek() == "/" {
        text.append("/")
        position += 1
      } else if scalar == "\\", let next = peek() {
        text.append(scalar)
        text.append(next)
        position += 1
      } else {
        text.append(scalar)
      }
    }
    throw PuppetType.Unreadable("a pattern is not closed")
  }

  private mutating func number() throws(PuppetType.Unreadable) -> Token {
    let text = taken { Self.isLetterOrDigit($0) || $0 == "." }
    if text.lowercased().hasPrefix("0x"), let value = Int(text.dropFirst(2), radix: 16) {
      return .number(JSONNumber(value))
    }
    if text.count > 1, text.hasPrefix("0"), let value = Int(text, radix: 8) {
      return .number(JSONNumber(value))
    }
    if let number = JSONNumber(text) { return .number(number) }
    // `Enum[2fa]` is read as a word by people who write it.
    return .word(text + word())
  }
}
