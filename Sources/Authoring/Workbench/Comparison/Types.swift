import JSON

/// The types that a value may have. Whole numbers and others are kept apart, so that sets can be
/// compared.
struct Types: OptionSet {
  let rawValue: Int

  static let null = Types(rawValue: 1)
  static let boolean = Types(rawValue: 2)
  static let integer = Types(rawValue: 4)
  static let fraction = Types(rawValue: 8)
  static let string = Types(rawValue: 16)
  static let array = Types(rawValue: 32)
  static let object = Types(rawValue: 64)

  static let number: Types = [.integer, .fraction]
  static let all: Types = [.null, .boolean, .number, .string, .array, .object]

  init(rawValue: Int) { self.rawValue = rawValue }

  /// Of the keywords of one schema object, what stands in it alone.
  init(_ schema: JSONObject) {
    self = .all
    if let type = schema["type"] {
      let names = type.array?.compactMap(\.string) ?? [type.string ?? ""]
      formIntersection(names.reduce(into: Types()) { $0.formUnion(Types(name: $1)) })
    }
    let values = schema["enum"]?.array ?? schema["const"].map { [$0] }
    if let values {
      formIntersection(values.reduce(into: Types()) { $0.formUnion(Types(of: $1)) })
    }
  }

  private init(name: String) {
    self =
      switch name {
      case "null": .null
      case "boolean": .boolean
      case "integer": .integer
      case "number": .number
      case "string": .string
      case "array": .array
      case "object": .object
      default: []
      }
  }

  private init(of value: JSON) {
    self =
      switch value {
      case .null: .null
      case .bool: .boolean
      case .number(let number): number.isInteger ? .integer : .fraction
      case .string: .string
      case .array: .array
      case .object: .object
      }
  }

  /// Each type alone.
  var each: [Types] {
    let singles: [Types] = [.null, .boolean, .integer, .fraction, .string, .array, .object]
    return singles.filter { !isDisjoint(with: $0) }
  }

  /// In the words of JSON Schema.
  var names: [String] {
    var names: [String] = []
    if contains(.null) { names.append("null") }
    if contains(.boolean) { names.append("boolean") }
    if contains(.number) {
      names.append("number")
    } else if contains(.integer) {
      names.append("integer")
    } else if contains(.fraction) {
      names.append("number that is not whole")
    }
    if contains(.string) { names.append("string") }
    if contains(.array) { names.append("array") }
    if contains(.object) { names.append("object") }
    return names
  }
}
