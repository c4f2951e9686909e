// Groups, and what ECMA-262 has of the form "(?…".

extension Translator {
  mutating func openGroup() throws(PatternError) {
    if openGroups.count == Pattern.maxGroupDepth {
      refuse(
        .groupsLimit, "groups are nested deeper than \(Pattern.maxGroupDepth)", at: position - 1)
    }
    // Nobody asks which part a group matched, so no group captures.
    write("(?:", .nothing)
    guard peek() == "?" else {
      captureCount += 1
      openGroups.append(.atom)
      return
    }
    position += 1
    openGroups.append(try groupKind())
  }

  /// Reads what follows "(?".
  private mutating func groupKind() throws(PatternError) -> Item {
    let start = position
    switch next() {
    case ":": return .atom
    case "=", "!":
      refuseLookAround("ahead")
      return .assertion
    case "<":
      if peek() == "=" || peek() == "!" {
        position += 1
        refuseLookAround("behind")
        return .assertion
      }
      captureCount += 1
      let name = try groupName()
      guard groupNames.insert(name).inserted else {
        throw syntaxError("two groups have the name \"\(name)\"")
      }
      return .atom
    default:
      position = start
      try modifiers()
      return .atom
    }
  }

  /// Reads flags for a group, such as "i:" or "s-m:".
  private mutating func modifiers() throws(PatternError) {
    let start = position - 2
    var seen: Set<Unicode.Scalar> = []
    var hasMinus = false
    while let flag = next() {
      switch flag {
      case "i", "m", "s": if seen.insert(flag).inserted { continue }
      case "-" where !hasMinus:
        hasMinus = true
        continue
      case ":" where !seen.isEmpty:
        refuse(.unsupported, "flags for a group are not supported; write both cases", at: start)
        return
      default: break
      }
      break
    }
    throw syntaxError("\"(?\" begins no group but (?:…) and (?<name>…)", at: start)
  }

  mutating func groupName() throws(PatternError) -> String {
    var name = ""
    while let scalar = next(), scalar != ">" {
      let isFirst = name.isEmpty
      let properties = scalar.properties
      guard
        scalar == "_" || scalar == "$"
          || (isFirst ? properties.isIDStart : properties.isIDContinue)
      else { throw syntaxError("a group's name is made of letters, digits, \"_\" and \"$\"") }
      name.unicodeScalars.append(scalar)
    }
    guard !name.isEmpty, scalars[position - 1] == ">" else {
      throw syntaxError("the name of a group is missing or not ended by \">\"")
    }
    return name
  }

  mutating func closeGroup() throws(PatternError) {
    guard let kind = openGroups.popLast() else {
      throw syntaxError("\")\" closes no group; write \"\\)\" for the character itself", back: 1)
    }
    write(")", kind)
  }

  private mutating func refuseLookAround(_ direction: String) {
    refuse(
      .unsupported,
      "look-\(direction) cannot be matched in linear time; "
        + "use a second pattern under \"allOf\" or \"not\" instead", at: position)
  }
}
