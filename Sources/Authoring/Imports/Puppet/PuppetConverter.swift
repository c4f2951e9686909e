internal import JSON

/// Converts one type. The types come from the bounded reader, and an alias counts as a level, so the
/// recursion is never deeper than `maxDepth`.
struct PuppetConverter {
  let argument: String
  let aliases: PuppetSchema.Aliases
  var remarks = Remarks()

  private static let maxDepth = 64
  /// Aliases of aliases could stand for more than memory holds.
  private var budget = 500
  /// The aliases that are being followed.
  private var open: [String] = []

  init(argument: String, aliases: @escaping PuppetSchema.Aliases) {
    self.argument = argument
    self.aliases = aliases
  }

  mutating func outer(_ type: PuppetType) -> PuppetSchema {
    var type = type
    var result = PuppetSchema(schema: JSONObject())
    // `Optional[Sensitive[...]]` and the other way round.
    for _ in 0..<Self.maxDepth {
      guard case .named(let name, let inner) = type else { break }
      if name == "Optional" {
        result.isOptional = true
      } else if name == "Sensitive" {
        result.isSecret = true
        if inner.isEmpty { type = .named("String", []) }
      } else if name != "NotUndef" {
        break
      }
      guard let first = inner.first else { break }
      type = first
    }
    if case .named("Optional", []) = type { type = .named("Any", []) }
    if let text = type.text {
      result.schema = JSONObject([("type", "string"), ("enum", .array([.string(text)]))])
    } else {
      result.schema = schema(type, depth: 0)
    }
    if Self.acceptsNothing(type) { result.isOptional = true }
    return result
  }

  /// Whether a call may leave the argument out.
  private static func acceptsNothing(_ type: PuppetType) -> Bool {
    guard case .named(let name, let inner) = type else { return false }
    if ["Any", "Data", "RichData", "Undef"].contains(name) { return true }
    return name == "Variant"
      && inner.contains { part in
        guard case .named(let name, _) = part else { return false }
        return ["Undef", "Optional", "Any", "Data", "RichData"].contains(name)
      }
  }

  mutating func unsaid(_ what: String) {
    remarks.gap(.argumentType, "\(argument): \(what)")
  }

  mutating func schema(_ type: PuppetType, depth: Int) -> JSONObject {
    guard depth <= Self.maxDepth else {
      unsaid("its type is nested too deep, so any value is taken there")
      return JSONObject()
    }
    budget -= 1
    guard budget > 0 else {
      if budget == 0 { unsaid("its type stands for too much, so any value is taken there") }
      return JSONObject()
    }
    switch type {
    case .named(let name, let inner): return named(name, inner, depth)
    case .string(let text), .word(let text): return JSONObject([("const", .string(text))])
    case .number(let number): return JSONObject([("const", .number(number))])
    case .pattern(let text): return pattern(text)
    case .members:
      unsaid("a list of members stands where a type is expected, so any value is taken there")
      return JSONObject()
    }
  }

  // MARK: By name

  private mutating func named(_ name: String, _ inner: [PuppetType], _ depth: Int) -> JSONObject {
    switch name {
    case "String": return string(inner)
    case "Integer": return number("integer", inner)
    case "Float", "Numeric": return number("number", inner)
    case "Boolean": return boolean(inner)
    case "Enum": return enumeration(inner)
    case "Pattern": return patterns(inner)
    case "Regexp", "SemVer", "SemVerRange", "Timestamp", "Timespan", "URI":
      return JSONObject([("type", "string")])
    case "Undef": return JSONObject([("type", "null")])
    case "Default": return JSONObject([("const", "default")])
    case "Any", "Data", "RichData", "Object": return JSONObject()
    case "NotUndef" where inner.isEmpty, "Optional" where inner.isEmpty: return JSONObject()
    case "Scalar", "ScalarData":
      return JSONObject([("type", ["string", "number", "boolean"])])
    case "Array", "Collection", "Iterable": return array(name == "Array" ? inner : [], name, depth)
    case "Tuple": return tuple(inner, depth)
    case "Hash": return hash(inner, depth)
    case "Struct": return structure(inner, depth)
    case "Variant": return variant(inner, depth)
    case "Optional": return orNull(inner[0], depth)
    case "NotUndef": return schema(inner[0], depth: depth + 1)
    case "Sensitive":
      unsaid("a secret within a value is not replaced where it shows in output")
      return inner.first.map { schema($0, depth: depth + 1) } ?? JSONObject()
    case "TargetSpec", "Boltlib::TargetSpec":
      return JSONObject([("type", ["string", "array"])])
    default: return alias(name, inner, depth)
    }
  }

  private mutating func alias(_ name: String, _ inner: [PuppetType], _ depth: Int) -> JSONObject {
    if inner.isEmpty, let source = aliases(name) ?? PuppetAliases.source(of: name) {
      guard !open.contains(name) else {
        unsaid("the type \(name) is a part of itself, so any value is taken there")
        return JSONObject()
      }
      open.append(name)
      defer { open.removeLast() }
      do throws(PuppetType.Unreadable) {
        return schema(try PuppetType.read(source), depth: depth + 4)
      } catch {
        unsaid("the definition of \(name) cannot be read (\(error.reason)), so any value is taken")
        return JSONObject()
      }
    }
    unsaid(
      name.contains("::")
        ? "the type \(name) is defined in a module that is not here, so any value is taken"
        : "the type \(name) has no counterpart, so any value is taken")
    return JSONObject()
  }
}
