import JSON

extension JSON {
  /// About how much reading the whole value costs: one for each value and each 64 bytes of text.
  var weight: Int {
    switch self {
    case .null, .bool: 1
    case .number(let number): number.weight
    case .string(let text): text.weight
    case .array(let elements): elements.reduce(1) { $0 + $1.weight }
    case .object(let object): object.members.reduce(1) { $0 + $1.key.weight + $1.value.weight }
    }
  }

  /// Values in it, itself included.
  var valueCount: Int {
    switch self {
    case .null, .bool, .number, .string: 1
    case .array(let elements): elements.reduce(1) { $0 + $1.valueCount }
    case .object(let object): object.members.reduce(1) { $0 + $1.value.valueCount }
    }
  }
}

extension String {
  var weight: Int { 1 + utf8.count / 64 }
}

extension JSONNumber {
  /// Digits are compared one by one.
  var weight: Int {
    switch storage {
    case .integer: 1
    case .text(let text): 1 + text.utf8.count / 16
    }
  }
}
