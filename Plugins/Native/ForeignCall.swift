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
    var result = [UInt8](repeating: 0, count: Self.returnBytes)
    var number: Int32 = 0
    let status = types.withUnsafeMutableBufferPointer { types in
      ffi_prep_cif(
        &interface, FFI_DEFAULT_ABI, UInt32(types.count), Self.foreign(definition.returns),
        types.baseAddress)
    }
    guard status == FFI_OK else {
      throw NativeStop(
        code: NativeExit.system,
        message: "\(definition.function) cannot be called: libffi said \(status)"
      )
    }
    types.withUnsafeMutableBufferPointer { types in
      // The interface keeps the address of the types, which holds in here only.
      interface.arg_types = types.baseAddress
      slots.withUnsafeMutableBytes { slots in
        var places: [UnsafeMutableRawPointer?] = (0..<types.count).map { index in
          slots.baseAddress.map { $0 + index * 8 }
        }
        result.withUnsafeMutableBytes { result in
          number = signalbox_ffi_call(&interface, symbol, result.baseAddress, &places)
        }
      }
    }
    try checkMemory()
    return try read(result, number)
  }

  // MARK: Values in

  private func place(_ argument: NativeArgument, _ arguments: JSON) throws {
    switch argument {
    case .null: append(signalbox_ffi_pointer(), 0)
    case .number(let type, let number):
      append(Self.foreign(type), UInt64(bitPattern: Int64(number)))
    case .constant(let type, let constant): try append(constant, type)
    case .argument(let type, let pointer):
      let value = (try? JSONPointer(pointer))?.value(in: arguments) ?? .null
      guard let constant = Self.constant(value, type) else {
        throw NativeStop(
          code: NativeExit.badArgument,
          message: "\(definition.function): the argument \(pointer) is no \(type.rawValue)")
      }
      try append(constant, type)
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

  private func append(_ constant: NativeConstant, _ type: NativeType) throws {
    switch constant {
    case .integer(let value): append(Self.foreign(type), UInt64(bitPattern: Int64(value)))
    case .bool(let value): append(Self.foreign(type), value ? 1 : 0)
    case .double(let value):
      let bits = type == .float ? UInt64(Float(value).bitPattern) : value.bitPattern
      append(Self.foreign(type), bits)
    case .text(let text):
      let bytes = Array(text.utf8) + [0]
      let memory = try memory(bytes.count, 1)
      UnsafeMutableRawBufferPointer(start: memory.start, count: bytes.count).copyBytes(from: bytes)
      texts.append(memory)
      append(signalbox_ffi_pointer(), UInt64(UInt(bitPattern: memory.start)))
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
  private func checkMemory() throws {
    guard !outs.allSatisfy(\.memory.isWhole) || !texts.allSatisfy(\.isWhole) else { return }
    let words = "\(definition.function) wrote behind the end of what it was given\n"
    _ = words.utf8.withContiguousStorageIfAvailable { write(2, $0.baseAddress, $0.count) }
    abort()
  }

  // MARK: Values out

  private func read(_ result: [UInt8], _ number: Int32) throws -> JSON {
    var values = JSONObject([("errno", .int(Int(number)))])
    let returned: JSON
    let raw = result.withUnsafeBytes { $0.load(as: UInt64.self) }
    switch definition.returns {
    case .nothing: returned = .null
    case .scalar(let type):
      returned = result.withUnsafeBytes { MemoryReading.scalar(type, $0, at: 0) }
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
    case .nothing, .scalar: return .null
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

  private static func foreign(_ type: NativeType) -> UnsafeMutablePointer<ffi_type>? {
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
    }
  }
}
