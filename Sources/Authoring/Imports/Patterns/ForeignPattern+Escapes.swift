extension ForeignPattern {
  /// What an escape stands for.
  enum Meaning {
    case character(Unicode.Scalar)
    /// Written as it may stand within a class.
    case set(String)
  }

  mutating func escape() throws(Untranslatable) {
    switch peek() {
    case "A":
      position += 1
      out += "^"
    case "z", "Z":
      // `\Z` also lets a line feed follow, which no argument means to have.
      position += 1
      out += "$"
    case "b", "B":
      out += "\\"
      out.unicodeScalars.append(scalars[position])
      position += 1
    case "Q" where dialect == .java: try quotation()
    case "R" where dialect != .dotNet:
      position += 1
      out += "(?:\\r\\n|[\\n\\r])"
    case let digit? where 0x31...0x39 ~= digit.value:
      throw Untranslatable(reason: "a back-reference cannot be matched in linear time")
    case "k", "g", "G", "K", "X", "y", "Y":
      throw Untranslatable(reason: "\"\\\(scalars[position])\" has no counterpart")
    default:
      switch try meaning() {
      case .character(let scalar): literal(scalar)
      case .set(let set): out += set.hasPrefix("\\") && set.count == 2 ? set : "[\(set)]"
      }
    }
  }

  private mutating func quotation() throws(Untranslatable) {
    position += 1
    while position < scalars.count, !take("\\E") {
      literal(scalars[position])
      position += 1
    }
  }

  /// After the backslash.
  mutating func meaning() throws(Untranslatable) -> Meaning {
    guard let scalar = next() else {
      throw Untranslatable(reason: "it ends with a backslash")
    }
    switch scalar {
    case "d", "D", "w", "W", "s", "S": return .set("\\\(scalar)")
    case "h" where dialect == .ruby: return .set("0-9a-fA-F")
    case "h" where dialect == .java: return .set(" \\t\\xA0")
    case "n": return .character("\n")
    case "r": return .character("\r")
    case "t": return .character("\t")
    case "f": return .character("\u{0C}")
    case "v" where dialect != .java: return .character("\u{0B}")
    case "a": return .character("\u{07}")
    case "e": return .character("\u{1B}")
    case "0": return .character("\0")
    case "x": return .character(try hexadecimal(2))
    case "u": return .character(try hexadecimal(4))
    case "p": return .set(try property())
    case "a"..."z", "A"..."Z":
      throw Untranslatable(reason: "\"\\\(scalar)\" has no counterpart")
    default: return .character(scalar)
    }
  }

  private mutating func hexadecimal(_ width: Int) throws(Untranslatable) -> Unicode.Scalar {
    var digits = ""
    if take("{") {
      while let scalar = next(), scalar != "}", digits.count < 8 {
        digits.unicodeScalars.append(scalar)
      }
    } else {
      for _ in 0..<width {
        if let scalar = next() { digits.unicodeScalars.append(scalar) }
      }
    }
    guard let value = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(value) else {
      throw Untranslatable(reason: "\"\(digits)\" is no character's number")
    }
    return scalar
  }

  private static let classes: [String: String] = [
    "alpha": "a-zA-Z", "digit": "0-9", "alnum": "a-zA-Z0-9", "upper": "A-Z", "lower": "a-z",
    "space": "\\s", "blank": " \\t", "xdigit": "0-9a-fA-F", "word": "\\w", "cntrl": "\\x00-\\x1F",
    "punct": "!-\\/:-@\\[-`\\{-~", "graph": "!-~", "print": " -~", "ascii": "\\x00-\\x7F",
  ]

  /// `\p{L}`, `\p{Alpha}`.
  private mutating func property() throws(Untranslatable) -> String {
    var name = ""
    if take("{") {
      while let scalar = next(), scalar != "}", name.count < 32 {
        name.unicodeScalars.append(scalar)
      }
    } else if let scalar = next() {
      name.unicodeScalars.append(scalar)
    }
    if let set = Self.classes[name.lowercased()] { return set }
    let isCategory = (1...2).contains(name.count) && name.utf8.allSatisfy { $0 < 0x80 }
    guard isCategory else { throw Untranslatable(reason: "the property \"\(name)\" is not known") }
    return "\\p{\(name)}"
  }
}

// MARK: - Character classes

extension ForeignPattern {
  /// After the `[`.
  mutating func characterClass() throws(Untranslatable) {
    var body = take("^") ? "^" : ""
    var isEmpty = true
    // In all three a `]` that comes first is a member.
    if dialect != .java, peek() == "]" {
      position += 1
      body += "\\]"
      isEmpty = false
    }
    while let scalar = next() {
      if scalar == "]" {
        guard !isEmpty else { throw Untranslatable(reason: "a class without members") }
        out += "[\(body)]"
        return
      }
      body += try member(scalar)
      isEmpty = false
    }
    throw Untranslatable(reason: "a class is not closed")
  }

  private mutating func member(_ first: Unicode.Scalar) throws(Untranslatable) -> String {
    if first == "[" { return try bracket() }
    if first == "-", peek() == "[", dialect == .dotNet {
      throw Untranslatable(reason: "a subtraction of classes has no counterpart")
    }
    if first == "&", peek() == "&", dialect != .dotNet {
      throw Untranslatable(reason: "an intersection of classes has no counterpart")
    }
    let start: Unicode.Scalar
    if first == "\\" {
      if peek() == "b" {
        position += 1
        return "\\x08"
      }
      switch try meaning() {
      case .set(let set): return set + hyphenAfterSet()
      case .character(let scalar): start = scalar
      }
    } else {
      start = first
    }
    guard peek() == "-", let after = peek(1), after != "]" else { return classMember(start) }
    guard after != "[" else { return classMember(start) }
    position += 1
    return try range(from: start)
  }

  /// After the hyphen.
  private mutating func range(from start: Unicode.Scalar) throws(Untranslatable) -> String {
    guard let scalar = next() else { throw Untranslatable(reason: "a class is not closed") }
    var end = scalar
    if scalar == "\\" {
      switch try meaning() {
      case .set(let set): return classMember(start) + "\\-" + set
      case .character(let scalar): end = scalar
      }
    }
    guard start <= end else {
      throw Untranslatable(reason: "a range of characters is out of order")
    }
    return Self.written(start) + "-" + Self.written(end) + otherCases(of: start...end)
  }

  /// A hyphen after `\w` is a member; ours would take it for a range.
  private mutating func hyphenAfterSet() -> String {
    guard peek() == "-", peek(1) != "]" else { return "" }
    position += 1
    return "\\-"
  }

  /// `[:alpha:]`, or a bracket that is a member.
  private mutating func bracket() throws(Untranslatable) -> String {
    if dialect == .ruby, take(":") {
      var name = ""
      while let scalar = next(), scalar != ":", name.count < 16 {
        name.unicodeScalars.append(scalar)
      }
      guard take("]"), let set = Self.classes[name] else {
        throw Untranslatable(reason: "the class \"[:\(name):]\" is not known")
      }
      return set
    }
    guard dialect == .dotNet else {
      throw Untranslatable(reason: "a class within a class has no counterpart")
    }
    return "\\["
  }

  private func classMember(_ scalar: Unicode.Scalar) -> String {
    Self.written(scalar) + otherCases(of: scalar...scalar)
  }

  private static func written(_ scalar: Unicode.Scalar) -> String {
    "\\]^[-/{}()|.*+?$".unicodeScalars.contains(scalar) ? "\\\(scalar)" : String(scalar)
  }

  /// The letters of a range in their other case, where case does not count.
  private func otherCases(of range: ClosedRange<Unicode.Scalar>) -> String {
    guard flags.last?.ignoresCase ?? false else { return "" }
    var out = ""
    for letters in [("a" as Unicode.Scalar)...("z" as Unicode.Scalar), "A"..."Z"] {
      let low = max(range.lowerBound, letters.lowerBound)
      let high = min(range.upperBound, letters.upperBound)
      guard low <= high, let first = Self.otherCase(low), let last = Self.otherCase(high) else {
        continue
      }
      out += low == high ? String(first) : "\(first)-\(last)"
    }
    return out
  }
}
