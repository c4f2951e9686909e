internal import JSON

/// What a type of PowerShell is in a schema of arguments.
struct ParameterType {
  enum Kind: Equatable {
    case value
    /// Present or absent.
    case flag
    case secureString
    case credential
    /// A hash table: JSON's objects have to be made into one.
    case table
    /// Code, which is never an argument.
    case code
    /// Some type of .NET that text is turned into, or not.
    case unknown
  }

  var kind: Kind
  var schema: JSONObject

  private init(_ kind: Kind, _ members: [(String, JSON)]) {
    self.kind = kind
    schema = JSONObject(members)
  }

  private static let words: [String: ParameterType] = [
    "string": ParameterType(.value, [("type", "string")]),
    "char": ParameterType(
      .value, [("type", "string"), ("minLength", 1), ("maxLength", 1)]),
    "bool": ParameterType(.value, [("type", "boolean")]),
    "boolean": ParameterType(.value, [("type", "boolean")]),
    "switch": ParameterType(.flag, [("type", "boolean")]),
    "switchparameter": ParameterType(.flag, [("type", "boolean")]),
    "byte": ParameterType(.value, [("type", "integer"), ("minimum", 0), ("maximum", 255)]),
    "double": ParameterType(.value, [("type", "number")]),
    "single": ParameterType(.value, [("type", "number")]),
    "float": ParameterType(.value, [("type", "number")]),
    "decimal": ParameterType(.value, [("type", "number")]),
    "array": ParameterType(.value, [("type", "array")]),
    "arraylist": ParameterType(.value, [("type", "array")]),
    "hashtable": ParameterType(.table, [("type", "object")]),
    "ordereddictionary": ParameterType(.table, [("type", "object")]),
    "idictionary": ParameterType(.table, [("type", "object")]),
    "object": ParameterType(.value, []),
    "psobject": ParameterType(.value, []),
    "pscustomobject": ParameterType(.value, []),
    "securestring": ParameterType(.secureString, [("type", "string")]),
    "pscredential": ParameterType(.credential, [("type", "object")]),
    "scriptblock": ParameterType(.code, []),
  ]

  private static let integers: Set<String> = [
    "int", "int16", "int32", "int64", "long", "short", "sbyte", "bigint", "biginteger",
  ]
  private static let naturals: Set<String> = [
    "uint", "uint16", "uint32", "uint64", "ushort", "ulong",
  ]
  /// Types that PowerShell reads from text.
  private static let texts: Set<String> = [
    "datetime", "datetimeoffset", "timespan", "guid", "uri", "version", "ipaddress", "mailaddress",
    "regex", "fileinfo", "directoryinfo", "cultureinfo", "encoding", "xml", "xmldocument",
    "semanticversion", "physicaladdress",
  ]

  /// - Parameter source: without the brackets around it; `nil` where no type is written.
  init(_ source: String?) {
    guard let source else {
      self.init(.value, [("type", "string")])
      return
    }
    let text = source.filter { !$0.isWhitespace }.lowercased()
    if text.hasSuffix("[]") {
      self.init(listOf: String(text.dropLast(2)))
      return
    }
    if text.hasSuffix("]"), let open = text.firstIndex(of: "[") {
      let inner = String(text[text.index(after: open)...].dropLast())
      switch Self.lastPart(text[..<open]) {
      case "nullable": self.init(inner)
      case "list", "ienumerable", "icollection", "ilist", "collection", "hashset":
        self.init(listOf: inner)
      case "dictionary": self.init(.table, [("type", "object")])
      default: self.init(.unknown, [("type", "string")])
      }
      return
    }
    self = Self.simple(Self.lastPart(text[...]))
  }

  private init(listOf item: String) {
    let inner = Self.simple(Self.lastPart(item[...]))
    guard inner.kind == .value || inner.kind == .unknown else {
      self.init(.unknown, [("type", "array")])
      return
    }
    var members: [(String, JSON)] = [("type", "array")]
    if !inner.schema.isEmpty { members.append(("items", .object(inner.schema))) }
    self.init(inner.kind, members)
  }

  private static func simple(_ name: String) -> ParameterType {
    if let known = words[name] { return known }
    if integers.contains(name) { return ParameterType(.value, [("type", "integer")]) }
    if naturals.contains(name) {
      return ParameterType(.value, [("type", "integer"), ("minimum", 0)])
    }
    return ParameterType(texts.contains(name) ? .value : .unknown, [("type", "string")])
  }

  private static func lastPart(_ name: Substring) -> String {
    name.split(separator: ".").last.map(String.init) ?? String(name)
  }
}
