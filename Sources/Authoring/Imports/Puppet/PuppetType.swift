internal import JSON

/// A Puppet data type, as it was written.
indirect enum PuppetType: Equatable {
  /// `Integer[1, 10]`; without brackets the list is empty.
  case named(String, [PuppetType])
  /// A string in the place of a type: `Optional['name']`.
  case string(String)
  /// A word without quotes in the place of a type: `Enum[start]`, `String[1, default]`.
  case word(String)
  case number(JSONNumber)
  case pattern(String)
  /// `{ key => Type }`, the parameter of `Struct`.
  case members([Member])

  struct Member: Equatable {
    let key: PuppetType
    let type: PuppetType
  }

  /// What a string or a word says.
  var text: String? {
    switch self {
    case .string(let text), .word(let text): text
    case .named, .number, .pattern, .members: nil
    }
  }

  struct Unreadable: Error {
    let reason: String

    init(_ reason: String) { self.reason = reason }
  }

  /// Types within types. People's stay below 10.
  static let maxDepth = 32

  static func read(_ text: String) throws(Unreadable) -> PuppetType {
    var parser = Parser(tokens: try PuppetTypeLexer.tokens(text))
    let type = try parser.type(depth: 0)
    guard parser.isAtEnd else { throw Unreadable("there is more after the type") }
    return type
  }

  /// Depth is checked before each step down, so the recursion is never deeper than `maxDepth`.
  private struct Parser {
    let tokens: [PuppetTypeLexer.Token]
    var position = 0

    init(tokens: [PuppetTypeLexer.Token]) { self.tokens = tokens }

    var isAtEnd: Bool { position == tokens.count }

    mutating func take(_ token: PuppetTypeLexer.Token) -> Bool {
      guard position < tokens.count, tokens[position] == token else { return false }
      position += 1
      return true
    }

    mutating func type(depth: Int) throws(Unreadable) -> PuppetType {
      guard depth <= maxDepth else {
        throw Unreadable("types are nested more than \(maxDepth) deep")
      }
      guard position < tokens.count else { throw Unreadable("it ends too early") }
      let token = tokens[position]
      position += 1
      switch token {
      case .type(let name):
        guard take(.open) else { return .named(name, []) }
        return .named(name, try list(until: .close, depth: depth + 1))
      case .string(let text): return .string(text)
      case .word(let text): return .word(text)
      case .number(let number): return .number(number)
      case .minus:
        guard position < tokens.count, case .number(let number) = tokens[position],
          let negative = JSONNumber("-" + number.text)
        else { throw Unreadable("a number is expected after \"-\"") }
        position += 1
        return .number(negative)
      case .pattern(let text): return .pattern(text)
      case .openBrace: return .members(try members(depth: depth + 1))
      case .open, .close, .closeBrace, .openParenthesis, .closeParenthesis, .comma, .arrow:
        throw Unreadable("a type is expected")
      }
    }

    private mutating func list(
      until end: PuppetTypeLexer.Token, depth: Int
    ) throws(Unreadable) -> [PuppetType] {
      var types: [PuppetType] = []
      while true {
        if take(end) { return types }
        types.append(try type(depth: depth))
        if take(end) { return types }
        guard take(.comma) else { throw Unreadable("a comma or a bracket is expected") }
      }
    }

    private mutating func members(depth: Int) throws(Unreadable) -> [Member] {
      var members: [Member] = []
      while true {
        if take(.closeBrace) { return members }
        let key = try type(depth: depth)
        guard take(.arrow) else { throw Unreadable("\"=>\" is expected after a key") }
        members.append(Member(key: key, type: try type(depth: depth)))
        if take(.closeBrace) { return members }
        guard take(.comma) else { throw Unreadable("a comma or a brace is expected") }
      }
    }
  }
}
