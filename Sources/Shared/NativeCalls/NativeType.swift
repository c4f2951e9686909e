/// A value as C passes it: integers by their width, because `long` is not the same everywhere.
package enum NativeType: String, Sendable, CaseIterable {
  case int8, uint8, int16, uint16, int32, uint32, int64, uint64
  case float, double
  /// One byte, as C's `_Bool`.
  case bool
  /// A pointer to bytes that end with NUL.
  case string

  package var byteCount: Int {
    switch self {
    case .int8, .uint8, .bool: 1
    case .int16, .uint16: 2
    case .int32, .uint32, .float: 4
    case .int64, .uint64, .double, .string: 8
    }
  }

  package var isInteger: Bool {
    switch self {
    case .int8, .uint8, .int16, .uint16, .int32, .uint32, .int64, .uint64: true
    case .float, .double, .bool, .string: false
    }
  }

  /// The least and the greatest integer, as text, since those of `uint64` fit no `Int`.
  package func holds(_ value: Int) -> Bool {
    switch self {
    case .int8: Int8(exactly: value) != nil
    case .uint8: UInt8(exactly: value) != nil
    case .int16: Int16(exactly: value) != nil
    case .uint16: UInt16(exactly: value) != nil
    case .int32: Int32(exactly: value) != nil
    case .uint32: UInt32(exactly: value) != nil
    case .int64: true
    case .uint64: value >= 0
    case .float, .double, .bool, .string: false
    }
  }
}

/// What lies in memory that a function writes to or points to.
package indirect enum NativeShape: Sendable, Hashable {
  case scalar(NativeType)
  case array(NativeType, count: Int)
  /// Bytes that hold a text which ends with NUL, or with the last of them.
  case text(bytes: Int)
  case structure([NativeMember])

  package var byteCount: Int {
    switch self {
    case .scalar(let type): return type.byteCount
    case .array(let type, let count): return type.byteCount * count
    case .text(let bytes): return bytes
    case .structure(let members):
      let end = members.last.map { $0.offset + $0.shape.byteCount } ?? 0
      return Self.rounded(end, to: alignment)
    }
  }

  package var alignment: Int {
    switch self {
    case .scalar(let type), .array(let type, _): type.byteCount
    case .text: 1
    case .structure(let members): members.map(\.shape.alignment).max() ?? 1
    }
  }

  package static func rounded(_ count: Int, to alignment: Int) -> Int {
    (count + alignment - 1) / alignment * alignment
  }
}

package struct NativeMember: Sendable, Hashable {
  package let name: String
  package let shape: NativeShape
  /// By C's rules: each member at a multiple of its own alignment.
  package let offset: Int
}

/// How a parameter gets its value.
package enum NativeArgument: Sendable, Hashable {
  case value(NativeValue)
  case null
  /// Passed by value, with a value for each of the members.
  case structure([NativeMember], [NativeValue])
  /// Memory that the function writes: zeros before. `bytes` is at least the shape's.
  case out(name: String, NativeShape, bytes: Int)
  /// The size or the number of elements of another parameter's memory.
  case number(NativeType, Int)

  /// All that the definition gives for it.
  package var values: [NativeValue] {
    switch self {
    case .value(let value): [value]
    case .structure(_, let values): values
    case .null, .out, .number: []
    }
  }
}

/// A single value, and where it comes from.
package enum NativeValue: Sendable, Hashable {
  case constant(NativeType, NativeConstant)
  /// From the arguments of the call.
  case argument(NativeType, pointer: String)

  package var type: NativeType {
    switch self {
    case .constant(let type, _), .argument(let type, _): type
    }
  }
}

package enum NativeConstant: Sendable, Hashable {
  case integer(Int)
  case double(Double)
  case bool(Bool)
  case text(String)
}

/// What comes back.
package enum NativeReturn: Sendable, Hashable {
  case nothing
  case scalar(NativeType)
  /// A pointer to text, read up to the limit.
  case text(owner: NativeOwner, maxBytes: Int)
  case pointer(NativeShape, owner: NativeOwner)
  /// By value.
  case structure([NativeMember])
}

/// Whose the memory is that a function returned.
package enum NativeOwner: String, Sendable, CaseIterable {
  /// The library's: it stays.
  case `static`
  /// The caller's: given back with free(3).
  case free
}

/// When a function has failed, by what it returned.
package enum NativeFailure: String, Sendable, CaseIterable {
  case never
  case negative
  case zero
  case nonzero
  case null
  /// It returned something negative and set errno, as sysconf(3).
  case errno
}

package struct NativeFunction: Sendable, Hashable {
  package let name: String
  package let function: String
  package let arguments: [NativeArgument]
  package let returns: NativeReturn
  package let fails: NativeFailure
  /// Exit codes for names of errors, such as ENOENT.
  package let exits: [String: Int]
}

package enum NativeExpression: Sendable, Hashable {
  /// Into `{call: {returned, errno, each out parameter}, arguments}`.
  case value(String)
  case add([String])
  case subtract([String])
  case multiply([String])

  package var pointers: [String] {
    switch self {
    case .value(let pointer): [pointer]
    case .add(let all), .subtract(let all), .multiply(let all): all
    }
  }
}

/// What is wrong with a native section, and where.
package struct NativeFault: Error, Sendable, Hashable, CustomStringConvertible {
  package enum Kind: Sendable {
    case shape
    /// As written, it could read or write memory that is not its own.
    case memory
  }

  package let kind: Kind
  /// Into the section.
  package let pointer: String
  package let message: String
  package let remedy: String

  package var description: String { "\(pointer): \(message); \(remedy)" }
}
