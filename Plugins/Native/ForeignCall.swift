import CFFI
import JSON
import NativeCalls

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// One function with its values in place. libffi's manual: "Simple Example" and "The Closure API" of
/// ffi_prep_cif and ffi_call.
final class ForeignCall {
  /// libffi: what is returned is at least as wide as ffi_arg, whatever its type.
  private static let returnBytes = 8

  private let definition: NativeFunction
  private let symbol: UnsafeMutableRawPointer
  private var types: [UnsafeMutablePointer<ffi_type>?] = []
  /// One slot of eight bytes for each value.
  private var slots: [UInt64] = []
  private var outs: [(name: String, shape: NativeShape, memory: GuardedMemory)] = []
  private var texts: [GuardedMemory] = []
  /// Of the values that fit no slot, by their place.
  private var structures: [Int: (type: ForeignStructure, memory: GuardedMemory)] = [:]

  init(
    _ definition: NativeFunction, arguments: JSON, library: UnsafeMutableRawPointer
  ) throws {
    self.definition = definition
    guard let symbol = dlsym(library, definition.function) else {
      throw NativeStop(
        code: NativeExit.missing, message: "no function \(definition.function) in the library")
    }
    self.symbol = symbol
    for argument in definition.arguments { try place(argument, arguments) }
  }

  /// - Returns: `{returned, errno, each out parameter}`.
  func call() throws -> JSON {
    var interface = ffi_cif()
    let returned = Self.structure(definition.returns)
    // A number or an address fits a word. What lies around a struct is looked at afterwards.
    var word: UInt64 = 0
    let structure = try returned.map { try memory(max(Self.returnBytes, $0.resultBytes), 16) }
    var number: Int32 = 0
    let status = types.withUnsafeMutableBufferPointer { types in
      ffi_prep_cif(
        &interface, FFI_DEFAULT_ABI, UInt32(types.count),
        returned?.type ?? Self.foreign(definition.returns), types.baseAddress)
    }
    let isAsDescribed =
      (returned?.isAsDescribed ?? true) && structures.values.allSatisfy(\.type.isAsDescribed)
    guard status == FFI_OK, isAsDescribed else {
      let why = status == FFI_OK ? "it lays out a struct in another way" : "\(status)"
      throw NativeStop(
        code: NativeExit.system,
        message: "\(definition.function) cannot be called: libffi said \(why)"
      )
    }
    types.withUnsafeMutableBufferPointer { types in
      // The interface keeps the address of the types, which holds in here only.
      interface.arg_types = types.baseAddress
      slots.withUnsafeMutableBytes { slots in
        var places: [UnsafeMutableRawPointer?] = (0..<types.count).map { index in
          structures[index]?.memory.start ?? slots.baseAddress.map { $0 + index * 8 }
        }
        withUnsafeMutableBytes(of: &word) { word in
          number = signalbox_ffi_call(
            &interface, symbol, structure?.start ?? word.baseAddress, &places)
        }
      }
    }
    try checkMemory(structure)
    if let structure {
      return try read(
        UnsafeRawBufferPointer(start: structure.start, count: structure.byteCount), number)
    }
    return try withUnsafeBytes(of: word) { try read($0, number) }
  }

  // MARK: Values in

  private func place(_ argument: NativeArgument, _ arguments: JSON) throws {
    switch argument {
    case .null: append(signalbox_ffi_pointer(), 0)
    case .number(let type, let number):
      append(Self.foreign(type), UInt64(bitPattern: Int64(number)))
    case .value(let value): append(Self.foreign(value.type), try bits(value, arguments))
    case .structure(let members, let values): try place(members, values, arguments)
    case .out(let name, let shape, let bytes):
      let memory = try memory(bytes, shape.alignment)
      outs.append((name, shape, memory))
      append(signalbox_ffi_pointer(), UInt64(UInt(bitPattern: memory.start)))
    }
  }

  private static func constant(_ value: JSON, _ type: NativeType) -> NativeConstant? {
    switch type {
    case .float, .double: value.number.map { .double($0.double) }
    case .bool: value.bool.map { .bool($0) }
    case .string: value.string.flatMap { $0.utf8.contains(0) ? nil : .text($0) }
    case .int8, .uint8, .int16, .uint16, .int32, .uint32, .int64, .uint64:
      value.int.flatMap { type.holds($0) ? .integer($0) : nil }
    }
  }

  private func place(
    _ members: [NativeMember], _ values: [NativeValue], _ arguments: JSON
  ) throws {
    let type = ForeignStructure(members)
    let memory = try memory(type.byteCount, type.alignment)
    for (member, value) in zip(members, values) {
      let bits = try bits(value, arguments)
      let count = member.shape.byteCount
      withUnsafeBytes(of: bits.littleEndian) { bytes in
        UnsafeMutableRawBufferPointer(start: memory.start + member.offset, count: count)
          .copyBytes(from: bytes[..<count])
      }
    }
    structures[types.count] = (type, memory)
    append(type.type, 0)
  }

  private func bits(_ value: NativeValue, _ arguments: JSON) throws -> UInt64 {
    switch value {
    case .constant(let type, let constant): return try bits(constant, type)
    case .argument(let type, let pointer):
      let value = (try? JSONPointer(pointer))?.value(in: arguments) ?? .null
      guard let constant = Self.constant(value, type) else {
        throw NativeStop(
          code: NativeExit.badArgument,
          message: "\(definition.function): the argument \(pointer) is no \(type.rawValue)")
      }
      return try bits(constant, type)
    }
  }

  private func bits(_ constant: NativeConstant, _ type: NativeType) throws -> UInt64 {
    switch constant {
    case .integer(let value): return UInt64(bitPattern: Int64(value))
    case .bool(let value): return value ? 1 : 0
    case .double(let value):
      return type == .float ? UInt64(Float(value).bitPattern) : value.bitPattern
    case .text(let text):
      let bytes = Array(text.utf8) + [0]
      let memory = try memory(bytes.count, 1)
      UnsafeMutableRawBufferPointer(start: memory.start, count: bytes.count).copyBytes(from: bytes)
      texts.append(memory)
      return UInt64(UInt(bitPattern: memory.start))
    }
  }

  private func append(_ type: UnsafeMutablePointer<ffi_type>?, _ bits: UInt64) {
    types.append(type)
    // Both platforms are little-endian: a narrower value is at the slot's beginning.
    slots.append(bits.littleEndian)
  }

  private func memory(_ bytes: Int, _ alignment: Int) throws -> GuardedMemory {
    guard let memory = GuardedMemory(byteCount: bytes, alignment: alignment) else {
      throw NativeStop(code: NativeExit.system, message: "no memory for \(bytes) bytes")
    }
    return memory
  }

  /// abort(3): to go on with memory that was written over would be to guess.
  private func checkMemory(_ result: GuardedMemory?) throws {
    let all = outs.map(\.memory) + texts + structures.values.map(\.memory)
    if all.allSatisfy(\.isWhole), result?.isWhole ?? true { return }
    let words = "\(definition.function) wrote behind the end of what it was given\n"
    _ = words.utf8.withContiguousStorageIfAvailable { write(2, $0.baseAddress, $0.count) }
    abort()
  }

  // MARK: Values out

  private func read(_ result: UnsafeRawBufferPointer, _ number: Int32) throws -> JSON {
    var values = JSONObject([("errno", .int(Int(number)))])
    let returned: JSON
    let raw = result.load(as: UInt64.self)
    switch definition.returns {
    case .nothing: returned = .null
    case .scalar(let type):
      returned = MemoryReading.scalar(type, result, at: 0)
    case .structure(let members):
      returned = MemoryReading.shape(.structure(members), result, at: 0)
    case .text, .pointer:
      guard let pointer = UnsafeMutableRawPointer(bitPattern: UInt(raw)) else {
        returned = .null
        break
      }
      returned = pointed(pointer)
    }
    try checkFailure(returned, number)
    if definition.returns != .nothing { values["returned"] = returned }
    for out in outs {
      let bytes = UnsafeRawBufferPointer(start: out.memory.start, count: out.memory.byteCount)
      values[out.name] = MemoryReading.shape(out.shape, bytes, at: 0)
    }
    return .object(values)
  }

  private func pointed(_ pointer: UnsafeMutableRawPointer) -> JSON {
    switch definition.returns {
    case .text(let owner, let maxBytes):
      let text = MemoryReading.text(UnsafeRawPointer(pointer), upTo: maxBytes)
      if owner == .free { free(pointer) }
      return text
    case .pointer(let shape, let owner):
      let bytes = UnsafeRawBufferPointer(start: pointer, count: shape.byteCount)
      let value = MemoryReading.shape(shape, bytes, at: 0)
      if owner == .free { free(pointer) }
      return value
    case .nothing, .scalar, .structure: return .null
    }
  }

  private func checkFailure(_ returned: JSON, _ number: Int32) throws {
    let value = returned.int ?? 0
    let hasFailed =
      switch definition.fails {
      case .never: false
      case .negative: value < 0
      case .zero: returned == 0 || returned == false
      case .nonzero: returned != 0 && returned != false
      case .null: returned == .null
      case .errno: value < 0 && number != 0
      }
    guard hasFailed else { return }
    // Some functions return the number, and leave errno alone.
    let cause = number == 0 && definition.fails == .nonzero ? Int32(clamping: value) : number
    let name = ErrorNames.name(cause)
    let words = strerror(cause).map { String(cString: $0) } ?? "unknown"
    throw NativeStop(
      code: definition.exits[name].map { Int32($0) } ?? NativeExit.functionFailed,
      message:
        "\(definition.function) returned \(returned.compact): \(name), \(words) (errno \(cause))")
  }

  // MARK: Types

  static func foreign(_ type: NativeType) -> UnsafeMutablePointer<ffi_type>? {
    switch type {
    case .int8: signalbox_ffi_int8()
    case .uint8, .bool: signalbox_ffi_uint8()
    case .int16: signalbox_ffi_int16()
    case .uint16: signalbox_ffi_uint16()
    case .int32: signalbox_ffi_int32()
    case .uint32: signalbox_ffi_uint32()
    case .int64: signalbox_ffi_int64()
    case .uint64: signalbox_ffi_uint64()
    case .float: signalbox_ffi_float()
    case .double: signalbox_ffi_double()
    case .string: signalbox_ffi_pointer()
    }
  }

  private static func foreign(_ returns: NativeReturn) -> UnsafeMutablePointer<ffi_type>? {
    switch returns {
    case .nothing: signalbox_ffi_void()
    case .scalar(let type): foreign(type)
    case .text, .pointer: signalbox_ffi_pointer()
    // It has a description of its own.
    case .structure: nil
    }
  }

  private static func structure(_ returns: NativeReturn) -> ForeignStructure? {
    if case .structure(let members) = returns { ForeignStructure(members) } else { nil }
  }
}
